"""A circuit breaker, which stops calls to a service that is down."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from noising.integrations.errors import ServiceSuspendedError

FAILURES = 5
"""Consecutive failed calls that open the breaker."""

PAUSE_SECONDS = 30.0


class CircuitBreaker:
    """Blocks calls after several failures in a row.

    While it is closed, all calls pass. While it is open, no call passes; after a pause
    one call is let through. It counts failures in all threads of this process.
    """

    def __init__(
        self,
        name: str,
        *,
        failures: int = FAILURES,
        pause_seconds: float = PAUSE_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Make a closed breaker.

        Args:
            name: name of the service in messages.
            failures: number of consecutive failed calls that open it.
            pause_seconds: time until an open breaker lets one call through.
            clock: returns the time in seconds.
        """
        self._name = name
        self._failures = failures
        self._pause = pause_seconds
        self._clock = clock
        self._lock = threading.Lock()
        self._failed = 0
        self._closed_again_at = 0.0

    @contextmanager
    def call(self) -> Iterator[None]:
        """Guard one call; an exception in the block counts as a failure.

        Raises:
            ServiceSuspendedError: the breaker is open; the block does not run.
        """
        self._enter()
        try:
            yield
        except BaseException:
            with self._lock:
                self._failed += 1
                self._closed_again_at = self._clock() + self._pause
            raise
        with self._lock:
            self._failed = 0

    def _enter(self) -> None:
        with self._lock:
            if self._failed < self._failures:
                return
            now = self._clock()
            left = self._closed_again_at - now
            if left > 0:
                raise ServiceSuspendedError(
                    f"The {self._name} has failed {self._failed} times in a row and "
                    "is not called for a while.",
                    seconds=left,
                )
            # Let this call through; all others wait for another pause.
            self._closed_again_at = now + self._pause
