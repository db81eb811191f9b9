"""Heavy work waits for its turn, so that it never takes all threads of a worker."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

MOST_DRAWINGS: Final = 2
LONGEST_WAIT_SECONDS: Final = 10.0
RETRY_AFTER_SECONDS: Final = 5


class NoTurnError(Exception):
    """Nobody has finished in time.

    Attributes:
        retry_after: seconds after which to ask again.
    """

    def __init__(self) -> None:
        self.retry_after = RETRY_AFTER_SECONDS
        super().__init__(
            f"Too many plots are being drawn: ask again in {RETRY_AFTER_SECONDS} s."
        )


class Turns:
    """At most a few at once; whoever comes later waits for a while.

    A page asks for several plots together, so that waiting is the rule and refusing
    the exception.

    Args:
        most: how many at once.
        wait_seconds: how long one waits.
    """

    def __init__(self, most: int, wait_seconds: float) -> None:
        self._free = threading.BoundedSemaphore(most)
        self._wait_seconds = wait_seconds

    @contextmanager
    def taken(self) -> Iterator[None]:
        """Hold a turn during the block.

        Raises:
            NoTurnError: none was free in time.
        """
        if not self._free.acquire(timeout=self._wait_seconds):
            raise NoTurnError
        try:
            yield
        finally:
            self._free.release()


DRAWING: Final = Turns(MOST_DRAWINGS, LONGEST_WAIT_SECONDS)
"""The turns at drawing in this process."""
