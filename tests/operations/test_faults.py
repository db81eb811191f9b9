"""What a server does while the machine around it fails: docs/operations.md lists it."""

import os
import signal
from pathlib import Path

from tests.operations.load import Load, under_load
from tests.operations.servers import Server, children, kill, running, wait_for


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
