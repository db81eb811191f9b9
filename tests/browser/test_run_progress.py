"""How the page of an unfinished run updates; the tests supply the responses."""

import subprocess
import sys
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import COMMAND_SECONDS
from tests.browser.visitors import Visitor
from tests.operations.servers import ROOT, Server, environment

pytestmark = pytest.mark.browser

# In the archive, so that no other test finds it.
BEGIN_A_RUN = """
from noising.runs import run_archive, run_start
run = run_start(
    suite="schedules", corpus_name="synthetic",
    config={"schedules": ["cosine"], "baseline": "cosine", "seed": 1, "samples": 4,
            "graph": {"type": "uniform"}, "corpus": "synthetic", "vocab_size": 64,
            "num_timesteps": 1000, "timesteps": [0]},
)
run_archive(run=run)
print(run.pk)
"""


@pytest.fixture(scope="module")
def run_id(server: Server) -> str:
    """A run that is being measured, as far as anybody knows."""
    done = subprocess.run(
        [sys.executable, "manage.py", "shell", "--no-imports", "-c", BEGIN_A_RUN],
        cwd=ROOT,
        env=environment(DATA_DIR=str(server.data_dir)),
        check=True,
        capture_output=True,
        text=True,
        timeout=COMMAND_SECONDS,
    )
    return done.stdout.strip()


# Time stands still but for `wait`, and the run's address is answered at once.
ANSWERED_BY_TESTS = """
const service = window.fetch;
window.asked = 0;
window.answers = [];
window.fetch = (address, options) => {
  if (!String(address).startsWith("/api/v1/runs/")) return service(address, options);
  const answer = window.answers[Math.min(window.asked, window.answers.length - 1)];
  window.asked += 1;
  return Promise.resolve(new Response(JSON.stringify(answer.document), {
    status: answer.status, headers: answer.headers,
  }));
};
window.settled = async () => {
  for (let turn = 0; turn < 20; turn += 1) {
    await new Promise((done) => {
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = done;
      port2.postMessage(null);
    });
  }
};
"""


@dataclass(kw_only=True)
class Follower:
    """The page of a run, which is told by the test how the run goes."""

    page: Page

    @property
    def state(self) -> Locator:
        return self.page.locator("#run-state")

    @property
    def asked(self) -> int:
        """How often the page has asked."""
        return int(self.page.evaluate("window.asked"))

    def is_told(self, *answers: dict[str, Any]) -> None:
        """Set the answers, in their order; the last one is given from then on."""
        self.page.evaluate("(answers) => { window.answers = answers; }", list(answers))

    def wait(self, seconds: int) -> None:
        """Let that much time pass for the page."""
        for _ in range(seconds):
            self.page.clock.run_for(1000)
            self.page.evaluate("window.settled()")

    def is_looked_at(self, *looks: bool) -> None:
        """Let the page be looked at, or not, several times at one moment."""
        self.page.evaluate(
            "(looks) => { for (const look of looks) {"
            "  Object.defineProperty("
            "    document, 'hidden', {value: !look, configurable: true});"
            "  document.dispatchEvent(new Event('visibilitychange'));"
            "} }",
            list(looks),
        )


def answer(document: dict[str, Any], status: int = 200, **headers: str) -> Any:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return {"status": status, "document": document, "headers": named}


def running(progress: float, state: str = "", steps: int = 1) -> dict[str, Any]:
    lines = [
        {"at": f"2026-01-31T12:00:{step:02}+00:00", "text": f"<i>step {step}</i>"}
        for step in range(steps)
    ]
    document = {"status": "running", "progress": progress, "state": state}
    document |= {"phase": lines[-1]["text"], "time_left": "about 20 seconds left"}
    return document | {"log": lines}


@pytest.fixture
def follower(guest: Visitor, run_id: str) -> Follower:
    guest.page.add_init_script(ANSWERED_BY_TESTS)
    guest.page.clock.install(time=0)
    guest.page.clock.pause_at(1)
    guest.visit(f"/runs/{run_id}/")
    return Follower(page=guest.page)


def test_progress_is_shown_as_often_as_the_service_asks_for(follower: Follower) -> None:
    follower.is_told(
        answer(running(0.25, "attempt 2 of 3"), Retry_After="7"), answer(running(0.5))
    )
    follower.wait(2)
    expect(follower.state).to_contain_text("25 %")
    live = follower.page.get_by_role("status")
    expect(live).to_contain_text("running attempt 2 of 3")
    bar = follower.page.get_by_role("progressbar")
    expect(bar).to_have_attribute("value", "0.25")
    follower.wait(6)
    assert follower.asked == 1
    follower.wait(1)
    expect(follower.state).to_contain_text("50 %")
    expect(live).not_to_contain_text("attempt")


def test_phase_time_left_and_log_follow_the_run(follower: Follower) -> None:
    follower.is_told(answer(running(0.25, steps=30)), answer(running(0.5, steps=60)))
    page = follower.page
    log = page.get_by_role("list", name="Log")
    follower.wait(2)
    expect(follower.state).to_contain_text("about 20 seconds left")
    expect(follower.state).to_contain_text("<i>step 29</i>")
    expect(log.get_by_role("listitem")).to_have_count(30)
    expect(log).to_contain_text("12:00:29 <i>step 29</i>")
    assert page.title().startswith("25 % · ")
    # The newest line stays in view, but not for those who read an earlier one.
    at_end = (
        "e => e.scrollTop > 0 && e.scrollTop + e.clientHeight >= e.scrollHeight - 4"
    )
    assert log.evaluate(at_end)
    log.evaluate("e => { e.scrollTop = 40; }")
    follower.wait(2)
    expect(log.get_by_role("listitem")).to_have_count(60)
    assert log.evaluate("e => e.scrollTop") == 40
    # Neither of them is announced: they change every two seconds.
    expect(page.get_by_role("status")).to_have_text("running")


def test_a_service_that_fails_is_asked_less_and_less_often(follower: Follower) -> None:
    busy = answer({"detail": "Too much is asked."}, 503)
    follower.is_told(busy, busy, answer({"detail": "Wait."}, 503, Retry_After="11"))
    times = []
    for second in range(1, 27):
        before = follower.asked
        follower.wait(1)
        if follower.asked > before:
            times.append(second)
    assert times == [2, 6, 14, 25]
    expect(follower.page.get_by_role("status")).to_contain_text("Wait.")


def test_nobody_asks_while_nobody_looks(follower: Follower) -> None:
    follower.is_told(answer(running(0.1)))
    follower.is_looked_at(False)
    follower.wait(10)
    assert follower.asked == 0
    follower.is_looked_at(True, False, True)
    follower.wait(1)
    assert follower.asked == 1
    # Once in two seconds from then on, however often somebody looked away.
    follower.wait(6)
    assert follower.asked == 4


def test_a_run_that_is_gone_is_asked_for_no_more(follower: Follower) -> None:
    follower.is_told(answer({"detail": "There is no such run."}, 404))
    follower.wait(10)
    assert follower.asked == 1
    expect(follower.page.get_by_role("status")).to_contain_text("no such run")


def test_the_page_loads_again_once_the_run_is_over(follower: Follower) -> None:
    follower.is_told(answer({"status": "cancelled", "progress": 0.5, "state": ""}))
    with follower.page.expect_navigation():
        follower.page.clock.run_for(2000)
