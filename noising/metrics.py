"""What the service counts and times, for Prometheus.

`manage.py serve` gives its processes one folder, PROMETHEUS_MULTIPROC_DIR, in which
prometheus-client keeps the values of each, so that any of them can return the sums.

A plain request takes 23 microseconds, and five values of prometheus-client take five.
So requests and noised tokens are first added up in memory, which takes about one, and
`flush` moves the sums to the metrics: once a second, and before they are read.
"""

import os
import threading
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from time import perf_counter
from typing import Any, Final

from numpy.typing import NDArray
from prometheus_client import (
    CollectorRegistry,
    Counter,
    Histogram,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

FOLDER_VARIABLE: Final = "PROMETHEUS_MULTIPROC_DIR"
"""prometheus-client reads this variable when it is imported."""

FLUSH_SECONDS: Final = 1.0

# Several processes together have no such metrics, so one has none either.
disable_created_metrics()  # type: ignore[no-untyped-call]  # untyped

REGISTRY: Final = CollectorRegistry()

REQUEST_BUCKETS: Final = (
    *(0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0),
)

REQUESTS: Final = Counter(
    "noising_requests",
    "Responses by method, template of the route, and status.",
    ["method", "route", "status"],
    registry=REGISTRY,
)
REQUEST_SECONDS: Final = Histogram(
    "noising_request_seconds",
    "Time from the end of a request's body to the first part of its response.",
    ["route"],
    buckets=REQUEST_BUCKETS,
    registry=REGISTRY,
)
TOKENS: Final = Counter(
    "noising_tokens_noised", "Tokens that went through the sampler.", registry=REGISTRY
)
KERNEL_SECONDS: Final = Counter(
    "noising_kernel_seconds", "Time in the sampler.", registry=REGISTRY
)
LEASES_LOST: Final = Counter(
    "noising_leases_lost",
    "Runs whose worker disappeared without returning them to the queue.",
    registry=REGISTRY,
)
UPSTREAM_REQUESTS: Final = Counter(
    "noising_upstream_requests",
    "Calls to the tokenizer and denoiser services.",
    ["service"],
    registry=REGISTRY,
)
UPSTREAM_ERRORS: Final = Counter(
    "noising_upstream_errors",
    "Calls to other services that failed, by reason: failed, timeout or suspended.",
    ["service", "reason"],
    registry=REGISTRY,
)
AUDITS: Final = Counter(
    "noising_audits",
    "Audits that were stored, by verdict.",
    ["verdict"],
    registry=REGISTRY,
)
RENDER_SECONDS: Final = Histogram(
    "noising_render_seconds",
    "Time to draw a figure that was not in the cache.",
    ["format"],
    buckets=(0.03, 0.1, 0.3, 1.0, 3.0, 10.0),
    registry=REGISTRY,
)


class Tally:
    """Sums that any thread may add to; `flush` moves them to the metrics."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.clear()
        # gunicorn forks while only one thread runs, so this lock is free in a child.

    def clear(self) -> None:
        """Drop the sums."""
        self._requests: dict[tuple[str, str, int], int] = {}
        self._durations: dict[str, tuple[list[int], list[float]]] = {}
        self._tokens = 0
        self._seconds = 0.0

    def add_request(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count a response.

        Args:
            method: of the request; one that HTTP does not define counts as "other".
            route: the template of its route, so that the number of series is small.
            status: of the response.
            seconds: how long it took.
        """
        key = (method, route, status)
        bucket = bisect_left(REQUEST_BUCKETS, seconds)
        with self._lock:
            self._requests[key] = self._requests.get(key, 0) + 1
            durations = self._durations.get(route)
            if durations is None:
                durations = ([0] * (len(REQUEST_BUCKETS) + 1), [0.0])
                self._durations[route] = durations
            durations[0][bucket] += 1
            durations[1][0] += seconds

    def add_noise(self, tokens: int, seconds: float) -> None:
        """Count tokens that went through the sampler."""
        with self._lock:
            self._tokens += tokens
            self._seconds += seconds

    def flush(self) -> None:
        """Move the sums to the metrics."""
        with self._lock:
            requests, durations = self._requests, self._durations
            tokens, seconds = self._tokens, self._seconds
            self.clear()
        for (method, route, status), count in requests.items():
            known = method if method in METHODS else "other"
            REQUESTS.labels(known, route, status).inc(count)
        for route, (counts, [total]) in durations.items():
            _observe_many(REQUEST_SECONDS.labels(route), counts, total)
        if tokens:
            TOKENS.inc(tokens)
            KERNEL_SECONDS.inc(seconds)


METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"})

TALLY: Final = Tally()


def count_states(states: Iterable[NDArray[Any]]) -> Iterator[NDArray[Any]]:
    """Return the states of a trajectory, counting the tokens and time of each."""
    iterator = iter(states)
    while True:
        started = perf_counter()
        state = next(iterator, None)
        if state is None:
            return
        TALLY.add_noise(state.size, perf_counter() - started)
        yield state


def _observe_many(histogram: Histogram, counts: list[int], total: float) -> None:
    """Add observations by bucket.

    Histogram.observe() adds one, and there is no public function that adds many. A
    test compares the two, so that a release that changes the attributes is noticed.
    """
    for bucket, count in zip(histogram._buckets, counts, strict=True):
        if count:
            bucket.inc(count)
    histogram._sum.inc(total)


def export(*collectors: Collector) -> bytes:
    """Return all metrics in Prometheus' text format, over all processes of `serve`.

    Args:
        collectors: further ones, whose values are computed now.
    """
    TALLY.flush()
    registry = CollectorRegistry()
    if os.environ.get(FOLDER_VARIABLE):
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]  # untyped
    else:
        registry.register(REGISTRY)
    for collector in collectors:
        registry.register(collector)
    return generate_latest(registry)
