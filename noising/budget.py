"""Limits of one process: memory of requests, and costly work at the same time."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final, Self

from django.conf import settings

COSTLY_FROM_SECONDS: Final = 0.1
"""Work with a lower estimate needs no permit."""

LONGEST_RETRY_SECONDS: Final = 60


class NoMemoryLeftError(Exception):
    """Other requests of this process have reserved all memory of the budget."""


@dataclass(slots=True)
class MemoryBudget:
    """The bytes that the requests of one process may hold. Not thread-safe.

    Attributes:
        limit_bytes: the limit for all requests together.
        used_bytes: the bytes that requests have reserved.
    """

    limit_bytes: int
    used_bytes: int = 0


@dataclass(slots=True)
class Reservation:
    """The bytes of a budget that a request reserves until the end of a `with` block."""

    budget: MemoryBudget
    reserved_bytes: int = 0

    def add(self, count: int) -> None:
        """Reserve further bytes.

        Raises:
            NoMemoryLeftError: other requests have reserved them.
        """
        if self.budget.used_bytes + count > self.budget.limit_bytes:
            raise NoMemoryLeftError
        self.budget.used_bytes += count
        self.reserved_bytes += count

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.budget.used_bytes -= self.reserved_bytes
        self.reserved_bytes = 0


class BusyError(Exception):
    """The process has reached its limit of simultaneous costly work.

    Attributes:
        retry_after: seconds after which the client may repeat the request.
    """

    def __init__(self, retry_after: int) -> None:
        self.retry_after = retry_after
        super().__init__(
            "The service is busy with costly requests; repeat this one in "
            f"{retry_after} s."
        )


class TooCostlyError(Exception):
    """Work would take more time or memory than one request may use.

    Attributes:
        code: the code of the error: too_costly or too_large.
    """

    def __init__(self, message: str, code: str) -> None:
        self.code = code
        super().__init__(message)


def check_seconds(seconds: float, doing: str) -> None:
    """Refuse work whose estimate is above MAX_WORK_SECONDS.

    Args:
        seconds: the estimate.
        doing: the work, such as "to build".

    Raises:
        TooCostlyError: naming the estimate, the limit and what makes work costly.
    """
    if seconds > settings.MAX_WORK_SECONDS:
        raise TooCostlyError(
            f"This would take about {seconds:.3g} s {doing}; at most "
            f"{settings.MAX_WORK_SECONDS:g} s are allowed. Matrix graphs, priors with "
            "many different values, many timesteps, and real times instead of "
            "timesteps take long.",
            "too_costly",
        )


def check_vocab_size(vocab_size: int) -> None:
    """Refuse a vocabulary that is too large for a probability for every token.

    Raises:
        TooCostlyError: naming the limit.
    """
    if vocab_size > settings.MAX_PROBABILITIES:
        raise TooCostlyError(
            "For the linter and curves of the information, `vocab_size` must be at "
            f"most {settings.MAX_PROBABILITIES}, got {vocab_size}.",
            "too_large",
        )


class WorkSemaphore:
    """Limits how many pieces of costly work the threads of a process do at once.

    A process has few threads. If costly work took all of them, requests that need only
    a millisecond would wait.

    Args:
        limit: pieces of work at once.
        timeout_seconds: how long a thread waits for a permit.
        least_retry_seconds: the shortest time after which a refused client repeats its
            request.
    """

    def __init__(
        self,
        limit: int,
        *,
        timeout_seconds: float = 0.0,
        least_retry_seconds: int = 1,
    ) -> None:
        self._semaphore = threading.BoundedSemaphore(limit)
        self._timeout_seconds = timeout_seconds
        self._least_retry_seconds = least_retry_seconds

    @contextmanager
    def permit(self, seconds: float) -> Iterator[None]:
        """Hold a permit during the block, if the work is costly.

        Args:
            seconds: the estimated time of the work.

        Raises:
            BusyError: no permit became free in time.
        """
        if seconds < COSTLY_FROM_SECONDS:
            yield
            return
        if not self._semaphore.acquire(timeout=self._timeout_seconds):
            retry_after = max(self._least_retry_seconds, 1 + int(seconds))
            raise BusyError(min(LONGEST_RETRY_SECONDS, retry_after))
        try:
            yield
        finally:
            self._semaphore.release()


API_WORK: Final = WorkSemaphore(settings.MAX_COSTLY_REQUESTS)
"""For the API. It refuses at once, since programs can repeat a request."""

PAGE_WORK: Final = WorkSemaphore(2, timeout_seconds=10.0, least_retry_seconds=5)
"""For figures and pages. They wait, because a page loads several figures together.

It is a separate semaphore because the API may build a process while it draws a figure.
With only one semaphore, figures could wait for permits that they hold themselves.
"""
