"""A claim that a thread keeps alive while another thread computes."""

import abc
import logging
import threading
from types import TracebackType
from typing import Final, Self

from django.db import Error as DatabaseError
from django.db import connection

from noising.models import BenchmarkRun
from noising.models.connections import release_connection
from noising.runs.claims import Hold, run_end_cancelled, run_release, run_renew

logger = logging.getLogger(__name__)

HEARTBEAT_SECONDS: Final = 1.0
"""Between two renewals: also how long a cancellation may go unnoticed."""

STOPPING: Final = threading.Event()
"""Set once this process has been told to stop: it releases the run that it measures."""


class StoppedError(Exception):
    """This process may no longer measure the run."""


class Heartbeat(abc.ABC):
    """Beats every few seconds during a with block, in a thread of its own.

    Args:
        name: of the thread.
        seconds: from one beat to the next.
    """

    def __init__(self, *, name: str, seconds: float) -> None:
        self._seconds = seconds
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._repeat, name=name, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        # After the beat that is under way.
        self._over.set()
        self._thread.join()

    @abc.abstractmethod
    def beat(self) -> bool:
        """Do it once, and return whether to go on."""

    def _repeat(self) -> None:
        try:
            while not self._over.wait(self._seconds) and self.beat():
                release_connection()  # a process may have only one
        finally:
            connection.close()


class Lease(Heartbeat):
    """Renews a claim every second, from the beginning of the block to its end.

    When the run is cancelled or this process is told to stop, the lease changes the
    run's status at once; the measurement stops at its next report().

    Args:
        run: As it was claimed.
    """

    def __init__(self, run: BenchmarkRun) -> None:
        self.run = run
        self.progress = 0.0
        self._ended: str | None = None
        super().__init__(name=f"lease of {run.pk}", seconds=HEARTBEAT_SECONDS)

    def report(self, done: int, total: int, step: str = "") -> None:
        """Keep how much is done, to be written with the next renewal.

        Raises:
            StoppedError: The run was cancelled, released or taken by another worker.
        """
        self.progress = done / total
        if self._ended is not None:
            raise StoppedError(self._ended)

    def beat(self) -> bool:
        """Renew the claim, until the run has ended."""
        try:
            self._ended = self._renew()
        except DatabaseError:
            # Until the lease is over the next one may come through.
            logger.warning("Run %s: the claim was not renewed.", self.run.pk)
            connection.close()
        return self._ended is None

    def _renew(self) -> str | None:
        """Renew the claim, or return why it has ended."""
        if STOPPING.is_set():
            run_release(run=self.run, counts=False)
            return "given back to the queue"
        hold = run_renew(run=self.run, progress=self.progress)
        if hold is Hold.CANCELLED:
            run_end_cancelled(run=self.run)
            return "cancelled"
        return "no longer this worker's" if hold is Hold.LOST else None
