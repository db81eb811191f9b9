"""A claim that is kept alive from a thread, while another one computes."""

import logging
import threading
from typing import Final

from django.db import Error as DatabaseError
from django.db import connection

from noising.execution.claims import Hold, end_cancelled, give_back, renew
from noising.execution.heartbeat import Heartbeat
from noising.models import BenchmarkRun

logger = logging.getLogger(__name__)

HEARTBEAT_SECONDS: Final = 1.0
"""Between two renewals: also how long a cancellation may go unnoticed."""

STOPPING: Final = threading.Event()
"""Set once this process has been told to stop: what it measures goes back."""


class StoppedError(Exception):
    """The run is no longer this process's to measure."""


class Lease(Heartbeat):
    """Renews a claim every second, from the beginning of the block to its end.

    It also is what ends the run where that was asked for: the database says at once
    that the run is cancelled or queued again, and what still computes stops at its
    next step.
    """

    def __init__(self, run: BenchmarkRun) -> None:
        """Keep the run, as it was claimed."""
        self._run = run
        self.progress = 0.0
        self._ended: str | None = None
        super().__init__(name=f"lease of {run.pk}", seconds=HEARTBEAT_SECONDS)

    def report(self, done: int, total: int, step: str = "") -> None:
        """Keep how much is done, to be written with the next renewal.

        Raises:
            StoppedError: The run was cancelled, given back, or became another's.
        """
        self.progress = done / total
        if self._ended is not None:
            raise StoppedError(self._ended)

    def beat(self) -> bool:
        """Renew the claim, until the run has ended."""
        self._renew_once()
        return self._ended is None

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
