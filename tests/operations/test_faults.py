"""What a server does while the machine around it fails: docs/operations.md lists it."""

import os
import shutil
import signal
import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from itertools import count
from pathlib import Path

import pytest

from tests.operations.load import ALPHA, NOISE, Load, Request, under_load
from tests.operations.mounts import MOUNT, NEEDS_MOUNT, can_mount
from tests.operations.runs import NO_LIMITS, Runs, create_token
from tests.operations.servers import (
    SERVE,
    Answer,
    Server,
    children,
    kill,
    running,
    wait_for,
)

CORE = (NOISE, ALPHA, Request(method="GET", path="/info"))
IS_ROOT = os.geteuid() == 0
NUMBERS = count()


def wait_for_more(load: Load, server: Server, count: int = 200) -> None:
    """Wait until so many more requests have had their response."""
    target = len(load.outcomes) + count
    wait_for(lambda: len(load.outcomes) >= target, lambda: f"stuck:\n{server.lines}")


def test_kills_cost_only_requests_in_flight_and_sigterm_none(data_dir: Path) -> None:
    """First two web workers are killed and the worker of runs, then all stop."""
    kills, probes = [], []
    with running(data_dir) as server, under_load(server.port) as load:
        gunicorn, worker = server.child("gunicorn"), server.child("noising: worker")
        for _ in range(2):
            victim = server.both_workers()[0]
            wait_for_more(load, server)
            kills.append(kill(victim))
            wait_for(lambda: victim not in server.workers(), lambda: server.lines)  # noqa: B023
        kill(worker)
        wait_for(
            lambda: worker not in children(server.process.pid), lambda: "still there"
        )
        assert server.child("noising: worker") != worker
        assert server.child("gunicorn") == gunicorn
        # Requests come first.
        wait_for(
            lambda: (
                os.getpriority(os.PRIO_PROCESS, server.child("noising: worker"))
                > os.getpriority(os.PRIO_PROCESS, gunicorn)
            ),
            lambda: "not nice",
        )
        assert "The worker was killed by SIGKILL; it restarts in 1 s." in server.lines
        server.both_workers()
        wait_for_more(load, server)
        assert load.lost_without(kills) == []
        assert load.unsent == 0

        lost = len(load.lost)
        server.process.send_signal(signal.SIGTERM)
        while server.process.poll() is None and load.unsent == 0:
            probes.append(probe(server))
        assert server.process.wait(timeout=35) == 0

    assert len(load.lost) == lost
    assert set(load.statuses) == {200}
    # Until the signal has arrived, /readyz is as before.
    told = [each for each in probes if each != 200]
    assert told[0] == 503
    assert set(told) <= {503, None}
    seeds = [
        each.headers["noise-seed"]
        for each in load.outcomes
        if "noise-seed" in each.headers
    ]
    seeds = seeds[:1500] + seeds[1500:][-1500:]
    # Seeds have 53 bits: two of 3,000 are equal by chance once in 10^9 runs.
    assert len(set(seeds)) == len(seeds) > 300


def probe(server: Server) -> int | None:
    """Return the status of /readyz; None if the server does not listen."""
    try:
        return server.ask("GET", "/readyz").status
    except OSError:
        return None


@pytest.fixture(scope="module")
def secret(
    prepared_folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, str]:
    """A data folder with an account, and the secret of its token."""
    folder = tmp_path_factory.mktemp("account") / "data"
    shutil.copytree(prepared_folder, folder)
    return folder, create_token(folder)


def create_schedule(server: Server, secret: str) -> Answer:
    document = {
        "name": f"made-{next(NUMBERS)}",
        "specification": {"vocab_size": 27, "schedule": {"type": "linear"}},
        "notes": "n" * 20_000,
    }
    bearer = {"Authorization": f"Bearer {secret}"}
    return server.ask("POST", "/api/v1/schedules", document, **bearer)


def store_schedule(server: Server, secret: str) -> int:
    """Create a schedule, and repeat it where others keep the database for too long."""
    for _ in range(20):
        answer = create_schedule(server, secret)
        if answer.status != 503:
            break
        assert_refused(answer)
    return answer.status


def assert_refused(answer: Answer) -> None:
    assert answer.status == 503, answer.body
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert int(answer.headers["Retry-After"]) > 0


@contextmanager
def locked(file: Path) -> Iterator[None]:
    with closing(sqlite3.connect(file)) as other:
        other.execute("BEGIN EXCLUSIVE")
        yield


@contextmanager
def read_only(file: Path) -> Iterator[None]:
    file.chmod(0o400)
    yield
    file.chmod(0o600)


@contextmanager
def gone(file: Path) -> Iterator[None]:
    file.rename(file.with_name("away"))
    yield
    file.with_name("away").rename(file)


def test_the_core_does_not_notice_the_database_and_all_come_back(
    secret: tuple[Path, str], tmp_path: Path
) -> None:
    """Faults of the database, many writers, and a kill with a full queue, in turn."""
    folder = tmp_path / "data"
    shutil.copytree(secret[0], folder)
    variables = NO_LIMITS | {"MAX_QUEUED_RUNS": "2"}
    # The mode of a file is no limit for root.
    no_rights = ("setpriv", "--bounding-set=-dac_override,-dac_read_search")
    command = (*no_rights, *SERVE) if IS_ROOT else SERVE
    with running(folder, variables=variables, command=command) as server:
        for fault in (locked, read_only, gone):
            with under_load(server.port, CORE, clients=4) as load:
                with fault(folder / "noising.sqlite3"):
                    assert_refused(create_schedule(server, secret[1]))
                assert create_schedule(server, secret[1]).status == 201, fault
            assert set(load.statuses) == {200}
            assert load.lost == []
            assert load.unsent == 0

        with ThreadPoolExecutor(8) as writers:
            each = [secret[1]] * 200
            made = list(writers.map(store_schedule, [server] * 200, each))
        assert made == [201] * 200
        listed = server.ask("GET", "/api/v1/schedules?search=made-&page_size=1")
        assert listed.json()["count"] == 203

        runs = Runs(folder, secret[1])
        answers = [runs.request(server, samples=4) for _ in range(3)]
        assert [answer and answer.status for answer in answers] == [202, 202, 429]
        left = [*server.both_workers(), *children(server.process.pid)]
        server.process.kill()
        server.process.wait()
    wait_for(
        lambda: not any(Path(f"/proc/{pid}").exists() for pid in left),
        lambda: f"still there: {left}",
    )
    # As a supervisor would: on the same port.
    again = variables | {"PORT": str(server.port)}
    with running(folder, variables=again, command=command):
        wait_for(lambda: not runs.unfinished(), lambda: f"stuck: {runs.states()}")
    assert runs.states() == {"succeeded": 2}
    assert runs.missing() == set()
    assert runs.wrong() == []
    assert runs.longest_lease <= 30.5


ON_A_SMALL_DISK = """
mount -t tmpfs -o size=40m,mode=700 tmpfs "$DATA_DIR"
cp -a "$DATA_DIR-source/." "$DATA_DIR"
exec "$@"
"""


@pytest.mark.skipif(not can_mount(), reason=NEEDS_MOUNT)
def test_a_full_disk_damages_nothing_and_stops_nobody(
    secret: tuple[Path, str], tmp_path: Path
) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    shutil.copytree(secret[0], f"{folder}-source")
    command = (*MOUNT, "sh", "-ec", ON_A_SMALL_DISK, "sh", *SERVE)
    with running(folder, command=command) as server:
        disk = Path(f"/proc/{server.process.pid}/root") / folder.relative_to("/")
        assert create_schedule(server, secret[1]).status == 201
        with under_load(server.port, CORE, clients=4) as load:
            fill(disk / "ballast")
            assert_refused(create_schedule(server, secret[1]))
            assert "disk" in server.ask("GET", "/readyz").json()["degraded"]
            # A new process has to create its files.
            victim = server.both_workers()[0]
            moments = kill(victim)
            wait_for(lambda: victim not in server.workers(), lambda: server.lines)
            server.both_workers()
            wait_for_more(load, server, 40)
            assert server.ask("GET", "/metrics").status == 200
            (disk / "ballast").unlink()
            assert create_schedule(server, secret[1]).status == 201
        assert set(load.statuses) == {200}
        assert load.lost_without([moments]) == []
        with closing(sqlite3.connect(disk / "noising.sqlite3")) as database:
            assert database.execute("PRAGMA quick_check").fetchall() == [("ok",)]
        assert server.lines.count("Booting worker") == 3


def fill(path: Path) -> None:
    """Write a file that takes all the space there is."""
    with suppress(OSError), path.open("wb", 0) as file:
        while True:
            file.write(bytes(4096))
