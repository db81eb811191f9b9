"""manage.py worker: real processes, killed at every stage of a run."""

import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import pytest

from tests.operations.servers import (
    ROOT,
    environment,
    wait_for,
)

MANAGE = (sys.executable, "manage.py")
QUICK = (
    *("--corpus", "synthetic", "--vocab-size", "64", "--samples", "4"),
    *("--timesteps", "0,999", "--schedules", "cosine"),
)
QUEUE_FOUR = f"""
from django.core.management import call_command
for _ in range(4):
    call_command("run_benchmarks", "--queue", *{QUICK})
"""
# Enough to be measuring for minutes, and steps as long as the limits allow.
LONG = (
    *("--samples", "10000", "--timesteps", ",".join(map(str, range(100)))),
    *("--schedules", "cosine,sedd_entropy,linear,quadratic,loglinear,geometric"),
)

STALLS = """
import sys, threading
from pathlib import Path
import django
django.setup()
from django.core.management import call_command
from noising.runs import results, worker

def stall(*args, **kwargs):
    Path(sys.argv[2]).touch()
    threading.Event().wait()

def after(function):
    def both(*args, **kwargs):
        function(*args, **kwargs)
        stall()
    return both

POINTS = {
    "before the claim": (worker, "run_measure", stall),
    "after the claim": (worker, "read_config", stall),
    "before the results": (worker, "run_record", stall),
    "among the results": (results, "_throughput", stall),
    "after the results": (worker, "run_record", after(worker.run_record)),
}
module, name, replacement = POINTS[sys.argv[1]]
setattr(module, name, replacement)
call_command("worker")
"""
"""A worker that stands still at a certain point until it is killed there."""

POINTS = {
    "before the claim": ("queued", 0),
    "after the claim": ("running", 0),
    "before the results": ("running", 0),
    "among the results": ("running", 0),
    "after the results": ("succeeded", 4),
}
"""Each with the state and the rows of results that a kill there leaves."""


class Site:
    """A data folder, and the project's commands upon it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.started: list[subprocess.Popen[bytes]] = []

    def start(self, *command: str, log: Path | None = None) -> subprocess.Popen[bytes]:
        with ExitStack() as stack:
            process = subprocess.Popen(
                [*MANAGE, *command] if command[0] != sys.executable else command,
                cwd=ROOT,
                env=self.environment(),
                stdout=subprocess.DEVNULL,
                stderr=stack.enter_context(log.open("wb")) if log else None,
            )
        self.started.append(process)
        return process

    def run(self, *command: str) -> str:
        done = subprocess.run(
            [*MANAGE, *command],
            cwd=ROOT,
            env=self.environment(),
            capture_output=True,
            text=True,
            check=True,
            timeout=120,
        )
        return done.stdout

    def environment(self) -> dict[str, str]:
        return environment(
            DATA_DIR=str(self.folder),
            PYTHONPATH=str(ROOT),
            DJANGO_SETTINGS_MODULE="noising_site.settings",
        )

    def ask(self, query: str) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(self.folder / "noising.sqlite3")) as base:
            rows = base.execute(query).fetchall()
            base.commit()
            return rows

    def state(self) -> tuple[Any, ...]:
        [row] = self.ask("SELECT status, attempt FROM noising_benchmarkrun")
        return row

    def wait_for_status(self, *statuses: str, seconds: float = 60) -> None:
        wait_for(
            lambda: self.state()[0] in statuses,
            lambda: f"not {statuses} but {self.state()}",
            seconds,
        )

    def rows(self) -> tuple[int, ...]:
        [counts] = self.ask(
            "SELECT (SELECT count(*) FROM noising_benchmarkschedule),"
            " (SELECT count(*) FROM noising_benchmarkresult),"
            " (SELECT count(*) FROM noising_throughputresult)"
        )
        return counts

    def close(self) -> None:
        for process in self.started:
            if process.poll() is None:
                process.kill()
            process.wait()

    def end_the_lease(self) -> None:
        """Let the time pass that a worker may be silent."""
        self.ask("UPDATE noising_benchmarkrun SET lease_until = '2020-01-01 00:00:00'")


@pytest.fixture
def site(data_dir: Path) -> Iterator[Site]:
    with closing(Site(data_dir)) as made:
        yield made


@pytest.fixture(scope="module")
def queued_folder(
    prepared_folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """A data folder with a run in the queue: the command takes seconds."""
    folder = tmp_path_factory.mktemp("queued") / "data"
    shutil.copytree(prepared_folder, folder)
    Site(folder).run("run_benchmarks", "--queue", *QUICK)
    return folder


@pytest.fixture
def queued(queued_folder: Path, tmp_path: Path) -> Iterator[Site]:
    """A site of the test's own with a run in its queue."""
    folder = tmp_path / "data"
    shutil.copytree(queued_folder, folder)
    with closing(Site(folder)) as made:
        yield made


@pytest.mark.parametrize(
    "point", [each for each in POINTS if each != "after the claim"]
)
def test_a_worker_killed_anywhere_loses_nothing_and_doubles_nothing(
    queued: Site, tmp_path: Path, point: str
) -> None:
    site = queued
    reached = tmp_path / "reached"
    victim = site.start(sys.executable, "-c", STALLS, point, str(reached))
    wait_for(reached.exists, lambda: f"never {point}: {site.state()}")

    victim.kill()
    victim.wait()

    status, results = POINTS[point]
    assert (site.state()[0], site.rows()[1]) == (status, results)
    if status == "running":
        site.end_the_lease()
    site.run("worker", "--batch")
    attempts = 2 if status == "running" else 1
    assert site.state() == ("succeeded", attempts)
    assert site.rows() == (2, 4, 5)


def test_what_kills_its_worker_each_time_has_failed_in_the_end(
    queued: Site, tmp_path: Path
) -> None:
    site = queued
    for attempt in (1, 2, 3):
        reached = tmp_path / f"reached {attempt}"
        stalls = (sys.executable, "-c", STALLS, "after the claim", str(reached))
        victim = site.start(*stalls)
        wait_for(reached.exists, lambda: f"not claimed: {site.state()}")
        assert site.state() == ("running", attempt)
        victim.kill()
        victim.wait()
        site.end_the_lease()
    site.run("worker", "--batch")
    assert site.state() == ("failed", 3)
    assert site.rows() == (0, 0, 0)


def test_sigterm_gives_the_run_back_at_once(site: Site) -> None:
    site.run("run_benchmarks", "--queue", *LONG)
    worker = site.start("worker")
    site.wait_for_status("running")

    worker.send_signal(signal.SIGTERM)

    site.wait_for_status("queued", seconds=5)
    # That it was told to stop is no attempt of the run's.
    assert site.state() == ("queued", 0)
    assert worker.wait(timeout=30) == 0
    assert site.ask("SELECT count(*) FROM noising_worker") == [(0,)]


def test_a_cancelled_run_ends_within_seconds_while_its_worker_goes_on(
    site: Site,
) -> None:
    run_id = site.run("run_benchmarks", "--queue", *LONG).strip()
    site.start("worker")
    site.wait_for_status("running")
    [(before,)] = site.ask("SELECT lease_until FROM noising_benchmarkrun")
    wait_for(
        lambda: site.ask("SELECT lease_until FROM noising_benchmarkrun") != [(before,)],
        lambda: "the lease was not renewed",
    )

    site.ask("UPDATE noising_benchmarkrun SET cancel_requested = 1")

    site.wait_for_status("cancelled", seconds=5)
    assert site.rows() == (0, 0, 0)
    other = site.run("run_benchmarks", "--queue", "--wait", *QUICK).strip()
    found = site.ask("SELECT status FROM noising_benchmarkrun ORDER BY created_at")
    assert found == [("cancelled",), ("succeeded",)]
    assert other != run_id


def test_a_worker_outlives_a_database_that_is_away(site: Site, tmp_path: Path) -> None:
    file, log = site.folder / "noising.sqlite3", tmp_path / "log"
    worker = site.start("worker", log=log)
    wait_for(
        lambda: site.ask("SELECT count(*) FROM noising_worker") == [(1,)],
        lambda: "no worker",
    )
    file.rename(site.folder / "away")
    wait_for(
        lambda: "The queue cannot be read: unable to open" in log.read_text(),
        log.read_text,
    )
    (site.folder / "away").rename(file)

    site.run("run_benchmarks", "--queue", *QUICK)
    site.wait_for_status("succeeded")
    assert worker.poll() is None
    assert "Traceback" not in log.read_text()


def test_two_workers_measure_each_run_once(site: Site) -> None:
    site.run("shell", "--no-imports", "--command", QUEUE_FOUR)
    workers = [site.start("worker", "--batch") for _ in range(2)]
    assert [worker.wait(timeout=120) for worker in workers] == [0, 0]
    found = site.ask("SELECT status, attempt FROM noising_benchmarkrun")
    assert found == [("succeeded", 1)] * 4
    assert site.rows() == (8, 16, 20)
