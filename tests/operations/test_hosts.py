"""Web processes and workers with one PostgreSQL, which are killed at random."""

import os
import random
import signal
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from http.client import HTTPException
from typing import Any

from tests.operations.servers import Server, wait_for
from tests.operations.sites import Site

RUNS = 6
SEED = 7

NEW_RUN = {
    "schedules": ["cosine"],
    "corpus": "synthetic",
    "timesteps": [0, 999],
    "samples": 4,
}

COUNTS = """
SELECT (SELECT count(*) FROM noising_benchmarkrun WHERE status = 'succeeded'),
       (SELECT count(*) FROM noising_benchmarkrun),
       (SELECT count(*) FROM noising_benchmarkschedule),
       (SELECT count(*) FROM noising_benchmarkresult),
       (SELECT count(*) FROM noising_throughputresult)
"""


def request_until_accepted(server: Server, headers: dict[str, str]) -> str:
    """Repeat a request as a client does whose connection was cut; return the run."""
    answers: list[Any] = []

    def is_accepted() -> bool:
        try:
            answer = server.ask("POST", "/api/v1/runs", NEW_RUN, **headers)
        except (OSError, HTTPException):
            return False
        assert answer.status == 202, answer.body
        answers.append(answer.json()["id"])
        return True

    wait_for(is_accepted, lambda: f"not accepted:\n{server.lines}")
    return str(answers[0])


def finished(site: Site) -> int:
    [(count,)] = site.ask(
        "SELECT count(*) FROM noising_benchmarkrun WHERE finished_at IS NOT NULL"
    )
    return int(count)


def test_killed_processes_lose_nothing_and_double_nothing(site: Site) -> None:
    """Two web processes, three workers, and every request sent twice at once."""
    with ExitStack() as stack, ThreadPoolExecutor(4) as threads:
        others = [site.start("worker") for _ in range(2)]
        for other in others:
            stack.callback(other.communicate, timeout=60)
            stack.callback(other.terminate)
        server = stack.enter_context(site.serving(WEB_CONCURRENCY="2"))
        server.both_workers()
        wait_for(
            lambda: site.ask("SELECT count(*) FROM noising_worker") == [(3,)],
            lambda: f"not three workers:\n{server.lines}",
        )
        headers = [site.bearer | {"Idempotency-Key": f"k{key}"} for key in range(RUNS)]
        requests = [
            threads.submit(request_until_accepted, server, each)
            for each in headers
            for _ in range(2)
        ]
        # `serve` replaces its processes, nobody the other workers.
        victims = [
            lambda: server.child("noising: worker"),
            lambda: server.both_workers()[0],
            lambda: others[0].pid,
        ]
        random.Random(SEED).shuffle(victims)  # noqa: S311 - a fixed order
        for victim in victims:
            next_one = min(finished(site) + 1, RUNS)
            os.kill(victim(), signal.SIGKILL)
            wait_for(
                lambda expected=next_one: finished(site) >= expected,
                lambda: f"nobody measures:\n{server.lines}",
            )
        runs = [request.result(timeout=120) for request in requests]
        wait_for(
            lambda: finished(site) == RUNS,
            lambda: f"only {finished(site)} of {RUNS}:\n{server.lines}",
        )
    assert runs[::2] == runs[1::2]
    assert len(set(runs)) == RUNS
    assert site.ask(COUNTS) == [(RUNS, RUNS, 2 * RUNS, 4 * RUNS, 5 * RUNS)]
