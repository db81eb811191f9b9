"""Measures service and peer alternately and summarises the rounds."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from benchmarks.environment import environment
from benchmarks.requests import servers
from benchmarks.requests.cases import BATCH_CASES, CORE_CASES, RequestCase
from benchmarks.requests.client import Load, load
from benchmarks.statistics import median

SCHEMA_VERSION: Final = 1
SUITE: Final = "requests"
PROGRAMS: Final = ("service", "peer")
WARM_UP_SECONDS: Final = 0.5

GAP: Final = 1.25
"""Least ratio between two groups of rates that count as two modes."""

ProgressListener = Callable[[int, int, str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestsConfig:
    """The configuration of the suite.

    Attributes:
        rounds: number of measurements of each program, >= 1.
        seconds: duration of each measurement.
        connections: number of keep-alive connections.
        workers: number of processes of each server.
        seed: determines the requests.
    """

    rounds: int = 15
    seconds: float = 0.5
    connections: int = 8
    workers: int = 2
    seed: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """Cases that are measured with the same servers.

    Attributes:
        name: name of the row.
        cases: the cases.
        logs: whether both servers write an access log.
    """

    name: str
    cases: Sequence[RequestCase]
    logs: bool = False


ROWS: Final[Mapping[str, Row]] = {
    row.name: row
    for row in (
        Row(name="bare", cases=CORE_CASES),
        Row(name="logged", cases=CORE_CASES, logs=True),
        Row(name="batch", cases=BATCH_CASES),
    )
}


@dataclass(slots=True)
class _Rounds:
    """The measurements of one program and case."""

    loads: list[Load] = field(default_factory=list)

    @property
    def rates(self) -> list[float]:
        return [load.rate for load in self.loads]


def measure(
    rows: Sequence[Row], config: RequestsConfig, *, on_progress: ProgressListener
) -> dict[str, Any]:
    """Measure the rows one after the other.

    Args:
        rows: the rows.
        config: the configuration.
        on_progress: called with (number of rounds done, total number, next step).

    Returns:
        The document of the suite, which docs/performance.md describes.

    Raises:
        ServerError: a server does not start.
        LoadError: a request fails.
    """
    before = os.getloadavg()[0]
    results: list[dict[str, Any]] = []
    for index, row in enumerate(rows):

        def progress(done: int, *, row: Row = row, index: int = index) -> None:
            total = len(rows) * config.rounds
            on_progress(index * config.rounds + done, total, row.name)

        results += _measure_row(row, config, progress)
    on_progress(len(rows) * config.rounds, len(rows) * config.rounds, "done")
    return {
        "schema_version": SCHEMA_VERSION,
        "created_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "suite": SUITE,
        "environment": environment(),
        "load_average": {"before": before, "after": os.getloadavg()[0]},
        "config": {
            "rounds": config.rounds,
            "seconds": config.seconds,
            "connections": config.connections,
            "workers": config.workers,
            "seed": config.seed,
        },
        "requests": results,
    }


def _measure_row(
    row: Row, config: RequestsConfig, on_progress: Callable[[int], None]
) -> list[dict[str, Any]]:
    with ExitStack() as stack:
        started = {
            "service": stack.enter_context(
                servers.service(workers=config.workers, logs=row.logs)
            ),
            "peer": stack.enter_context(
                servers.peer(workers=config.workers, logs=row.logs)
            ),
        }
        requests = {
            (case.name, program): case.requests(program, config.seed)
            for case in row.cases
            for program in PROGRAMS
        }
        rounds = {key: _Rounds() for key in requests}
        for round_ in range(-1, config.rounds):
            on_progress(max(0, round_))
            order = list(PROGRAMS)[:: -1 if round_ % 2 else 1]
            for case in row.cases:
                for program in order:
                    one = load(
                        started[program].port,
                        requests[case.name, program],
                        connections=config.connections,
                        seconds=config.seconds if round_ >= 0 else WARM_UP_SECONDS,
                    )
                    if round_ >= 0:  # round -1 is a warm-up
                        rounds[case.name, program].loads.append(one)
    return [
        _entry(row, case, {name: rounds[case.name, name] for name in PROGRAMS})
        for case in row.cases
    ]


def _entry(
    row: Row, case: RequestCase, by_program: Mapping[str, _Rounds]
) -> dict[str, Any]:
    pairs = zip(by_program["service"].rates, by_program["peer"].rates, strict=True)
    ratio, low, high = median([ours / theirs for ours, theirs in pairs])
    entry: dict[str, Any] = {
        "row": row.name,
        "case": case.name,
        "tokens": case.tokens,
        "ratio": ratio,
        "ratio_low": low,
        "ratio_high": high,
        "target": case.target,
    }
    for program, rounds in by_program.items():
        rate = median(rounds.rates)[0]
        latencies = [_percentiles(one.latencies_ns) for one in rounds.loads]
        entry[program] = {
            "requests_per_second": rate,
            "tokens_per_second": rate * case.tokens,
            "p50_us": median([p50 for p50, _ in latencies])[0] / 1e3,
            "p99_us": median([p99 for _, p99 in latencies])[0] / 1e3,
            "p99_over_p50": median([p99 / p50 for p50, p99 in latencies])[0],
            "client_share": median(
                [one.client_seconds / one.seconds for one in rounds.loads]
            )[0],
            "has_two_modes": has_two_modes(rounds.rates),
            "rates": rounds.rates,
        }
    return entry


def _percentiles(latencies_ns: Sequence[int]) -> tuple[float, float]:
    """Return the nearest ranks of 50 % and 99 %."""
    ordered = sorted(latencies_ns)
    last = len(ordered) - 1
    return float(ordered[last // 2]), float(ordered[round(0.99 * last)])


def has_two_modes(rates: Sequence[float]) -> bool:
    """Return whether rates form two groups, such as those of one and of two workers.

    A group has at least two rounds and a quarter of all rounds. The lowest rate of the
    upper group is at least GAP times the highest rate of the lower group.
    """
    ordered = sorted(rates)
    least = max(2, len(ordered) // 4)
    return any(
        ordered[split] >= GAP * ordered[split - 1]
        for split in range(least, len(ordered) - least + 1)
    )
