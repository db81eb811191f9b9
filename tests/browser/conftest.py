"""A browser, and a real server with data to show."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.browser.visitors import Visitor, visitor
from tests.operations.servers import ROOT, Server, environment, running

CHROMIUM = Path("/usr/bin/chromium-headless-shell")
PASSWORD = "a password of the tests"
COMMAND_SECONDS = 240
"""How long the preparation of the server may take, on a busy machine."""
TEST_SECONDS = 300
"""What one test may take: several waits for a page, on a busy machine."""

PREPARATION = """
import os
from django.contrib.auth.models import User
from django.core.management import call_command
from noising.management.preparation import prepare
from noising.runs.jobs import JobState, job_end, job_start
from tests.audits import stored
from tests.corpora import stored_corpus

prepare(print)
call_command("load_schedules")
call_command(
    *("run_benchmarks", "--quiet", "--output", os.environ["RESULTS"]),
    *("--corpus", "synthetic", "--vocab-size", "64", "--samples", "4"),
    *("--schedules", "cosine,sedd_entropy", "--timesteps", "0,500,999"),
)
call_command(
    *("createsuperuser", "--noinput", "--username", "admin"),
    *("--email", "admin@example.com"),
)
stored(name="the fault", faulty=True)
owner = User.objects.get(username="admin")
stored_corpus(owner=owner, content=b"if x: y = x " * 9)
state = JobState(parts=3, done=3, counts={"tokens": 4096})
job = job_start(
    kind="noise", name="out", digest=64 * "0", config={"seed": 7}, state=state,
    resume=False,
)
job_end(job=job, state=state, error="")
"""
"""The data of the server, by one program: each start of one takes seconds."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Limit the tests, but not the fixtures that the first of them waits for.

    Those have deadlines of their own. A limit that ended the one server of all tests
    here would fail every one of them.
    """
    folder = Path(__file__).parent
    for item in items:
        has_own = item.get_closest_marker("timeout") is not None
        if folder in item.path.parents and not has_own:
            item.add_marker(pytest.mark.timeout(TEST_SECONDS, func_only=True))


# Ends with this folder's tests: Playwright's event loop would be in others' way.
@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    if not CHROMIUM.exists():
        pytest.skip(f"{CHROMIUM} is not installed: scripts/test-packages does that")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=str(CHROMIUM), args=["--no-sandbox"]
        )
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("browser")
    data_dir = folder / "data"
    subprocess.run(
        [
            *(sys.executable, "manage.py", "shell", "--no-imports", "--command"),
            PREPARATION,
        ],
        cwd=ROOT,
        env=environment(
            DATA_DIR=str(data_dir),
            DJANGO_SUPERUSER_PASSWORD=PASSWORD,
            RESULTS=str(folder / "out"),
        ),
        check=True,
        capture_output=True,
        timeout=COMMAND_SECONDS,
    )
    with running(data_dir) as server:
        yield server


@pytest.fixture
def guest(browser: Browser, server: Server) -> Iterator[Visitor]:
    context, guest = visitor(browser, server)
    yield guest
    context.close()
    assert guest.troubles == []


@pytest.fixture
def admin(guest: Visitor) -> Visitor:
    """Somebody who may do everything, in admin."""
    guest.sign_in("/admin/login/", "admin", PASSWORD)
    guest.page.wait_for_url("**/admin/")
    return guest


@pytest.fixture
def member(guest: Visitor) -> Visitor:
    """Somebody who is signed in."""
    guest.sign_in("/account/login/", "admin", PASSWORD)
    guest.page.wait_for_url("**/account/")
    return guest
