"""A claim that is kept alive from a thread, while another one computes."""

import logging
import threading
from types import TracebackType
from typing import Final, Self

from django.db import Error as DatabaseError
from django.db import connection

from noising.execution.claims import Hold, end_cancelled, give_back, renew
from noising.models import BenchmarkRun

logger = logging.getLogger(__name__)

HEARTBEAT_SECONDS: Final = 1.0
"""Between two renewals: also how long a cancellation may go unnoticed."""

STOPPING: Final = threading.Event()
"""Set once this process has been told to stop: what it measures goes back."""


class StoppedError(Exception):
    """The run is no longer this process's to measure."""


class Lease:
    """Renews a claim every second, from the beginning of the block to its end.

    It also is what ends the run where that was asked for: the database says at once
    that the run is cancelled or queued again, and what still computes stops at its
    next step.
    """

    def __init__(self, run: BenchmarkRun) -> None:
        """Keep the run, as it was claimed."""
        self._run = run
        self.progress = 0.0
        self._over = threading.Event()
        self._ended: str | None = None
        name = f"lease of {run.pk}"
        self._thread = threading.Thread(target=self._keep, name=name, daemon=True)

    def __enter__(self) -> Self:
        """Begin to renew."""
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Renew no more."""
        self._over.set()
        self._thread.join()

    def report(self, done: int, total: int, step: str = "") -> None:
        """Keep how much is done, to be written with the next renewal.

        Raises:
            StoppedError: The run was cancelled, given back, or became another's.
        """
        self.progress = done / total
        if self._ended is not None:
            raise StoppedError(self._ended)

    def _keep(self) -> None:
        try:
            while self._ended is None and not self._over.wait(HEARTBEAT_SECONDS):
                self._renew_once()
        finally:
            connection.close()

    def _renew_once(self) -> None:
        try:
            if STOPPING.is_set():
                give_back(self._run, counts=False)
                self._ended = "given back to the queue"
                return
            hold = renew(self._run, self.progress)
            if hold is Hold.CANCELLED:
                end_cancelled(self._run)
                self._ended = "cancelled"
            elif hold is Hold.LOST:
                self._ended = "no longer this worker's"
        except DatabaseError:
            # Until the lease is over the next one may come through.
            logger.warning("Run %s: the claim was not renewed.", self._run.pk)
            connection.close()
