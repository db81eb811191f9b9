"""Processes that requests describe: judged, built once, kept while there is room."""

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import orjson
from django.conf import settings
from rest_framework.exceptions import ErrorDetail, ValidationError

from noising.budget import API_WORK, WorkSemaphore
from noising.configured import default_process
from noising.engine import ForwardProcess, build_process
from noising.engine.effort import Effort, effort_of
from noising.engine.graphs import MatrixGraph


@dataclass(frozen=True, slots=True, kw_only=True)
class CachedProcess:
    """A process that is ready, and what working with it costs."""

    process: ForwardProcess
    effort: Effort


@dataclass(slots=True, kw_only=True)
class _Entry:
    """A process that is kept, or is being built."""

    effort: Effort
    future: "Future[CachedProcess]" = field(default_factory=Future)


class ProcessCache:
    """Processes by key, the least recently used leaving first.

    A process is built once, by whoever asks first and outside the lock; others who
    ask for the same one meanwhile wait for it, and all others are not held up.

    Args:
        semaphore: limits the costly builds.
    """

    def __init__(self, semaphore: WorkSemaphore) -> None:
        """Start empty."""
        self._semaphore = semaphore
        self._lock = threading.Lock()
        self._entries: OrderedDict[str, _Entry] = OrderedDict()

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self._entries)

    def clear(self) -> None:
        """Forget all of them."""
        with self._lock:
            self._entries.clear()

    def find(self, key: str) -> CachedProcess | None:
        """Return what is kept under the key, or None."""
        with self._lock:
            entry = self._entries.get(key)
            if entry is None or not entry.future.done():
                return None
            self._entries.move_to_end(key)
        return entry.future.result()

    def get(
        self, key: str, effort: Effort, build: Callable[[], ForwardProcess]
    ) -> CachedProcess:
        """Return what is kept under the key, built now if need be.

        Args:
            key: the same for the same process.
            effort: what building it costs.
            build: makes it.

        Raises:
            BusyError: other requests do all the costly work that is allowed.
            EngineError: whatever `build` raises, for all who wait.
        """
        with self._lock:
            entry = self._entries.get(key)
            is_new = entry is None
            if entry is None:
                entry = self._entries[key] = _Entry(effort=effort)
            self._entries.move_to_end(key)
        if is_new:
            self._fill(key, entry, build)
        elif not entry.future.done():
            with self._semaphore.permit(effort.build_seconds):
                return entry.future.result()
        return entry.future.result()

    def _fill(
        self, key: str, entry: _Entry, build: Callable[[], ForwardProcess]
    ) -> None:
        try:
            with self._semaphore.permit(entry.effort.build_seconds):
                process = prepare_process(build())
        except BaseException as error:
            with self._lock:
                self._entries.pop(key, None)
            entry.future.set_exception(error)
            raise
        entry.future.set_result(CachedProcess(process=process, effort=entry.effort))
        with self._lock:
            self._shrink()

    def _shrink(self) -> None:
        total = sum(entry.effort.memory_bytes for entry in self._entries.values())
        for key, entry in list(self._entries.items()):
            if total <= settings.PROCESS_CACHE_BYTES:
                return
            if entry.future.done():
                del self._entries[key]
                total -= entry.effort.memory_bytes


PROCESSES = ProcessCache(API_WORK)


def prepare_process(process: ForwardProcess) -> ForwardProcess:
    """Return the process with its tables made, which else the first call would do."""
    process.fingerprint  # noqa: B018 - made on first use
    process.alphas  # noqa: B018
    process.small_batches  # noqa: B018
    if not isinstance(process.graph, MatrixGraph):
        process.levels.outcome  # noqa: B018
        process.levels.table  # noqa: B018
    return process


def get_default_process() -> CachedProcess:
    """Return the server's own process."""
    return _with_effort(default_process())


@lru_cache(maxsize=2)
def _with_effort(process: ForwardProcess) -> CachedProcess:
    return CachedProcess(process=process, effort=effort_of(process.parts))


def get_process(specification: dict[str, Any]) -> CachedProcess:
    """Return the process of a specification, completed by the engine's defaults.

    Raises:
        EngineError: it describes no process.
        ValidationError: it would take too long to build.
        BusyError: other requests do all the costly work that is allowed.
    """
    text = orjson.dumps(specification, option=orjson.OPT_SORT_KEYS)
    # For a specification in canonical form this is the fingerprint.
    return get_process_by_key(hashlib.sha256(text).hexdigest(), specification)


def get_process_by_key(key: str, specification: dict[str, Any]) -> CachedProcess:
    """Return the process of a specification that is known by a key.

    Raises:
        as `get_process`.
    """
    kept = PROCESSES.find(key)
    if kept is not None:
        return kept
    effort = effort_of(specification)
    check_seconds(effort.build_seconds, "to build")
    return PROCESSES.get(key, effort, lambda: build_process(specification))


def check_seconds(seconds: float, doing: str) -> None:
    """Refuse work that is estimated to take too long.

    Raises:
        ValidationError: naming the estimate, the limit and what makes work costly.
    """
    if seconds > settings.MAX_WORK_SECONDS:
        text = (
            f"This would take about {seconds:.3g} s {doing}; at most "
            f"{settings.MAX_WORK_SECONDS:g} s are allowed. Matrix graphs, priors with "
            "many different values, many timesteps, and real times instead of "
            "timesteps take long."
        )
        raise ValidationError([ErrorDetail(text, "too_costly")])
