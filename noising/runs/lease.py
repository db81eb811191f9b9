"""A thread that renews a claim while another thread measures."""

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
from noising.runs.estimate import Estimate

logger = logging.getLogger(__name__)

HEARTBEAT_SECONDS: Final = 1.0
"""Time between two renewals, and so until a cancellation is noticed."""

STOPPING: Final = threading.Event()
"""Set when this process is told to stop; it then releases its run."""


class StoppedError(Exception):
    """This process may no longer measure the run."""


class Heartbeat(abc.ABC):
    """Calls beat() at intervals during a `with` block, in a thread of its own.

    Args:
        name: of the thread.
        seconds: the interval.
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
        # Wait for a beat in progress.
        self._over.set()
        self._thread.join()

    @abc.abstractmethod
    def beat(self) -> bool:
        """Do the work once, and return whether to continue."""

    def _repeat(self) -> None:
        try:
            while not self._over.wait(self._seconds) and self.beat():
                release_connection()  # the process may have only this one
        finally:
            connection.close()


class Lease(Heartbeat):
    """Renews a claim every second during a `with` block.

    When the run is cancelled or this process is told to stop, the lease changes the
    run's status at once. The measurement stops at its next report().

    Args:
        run: The run with its claim.
    """

    def __init__(self, run: BenchmarkRun) -> None:
        self.run = run
        self.progress = 0.0
        self._estimate = Estimate()
        self._step = ""
        self._ended: str | None = None
        super().__init__(name=f"lease of {run.pk}", seconds=HEARTBEAT_SECONDS)

    def report(self, done: int, total: int, step: str = "") -> None:
        """Set the progress, which the next renewal stores; a new step gets a log line.

        Raises:
            StoppedError: The run was cancelled, released or taken by another worker.
        """
        self.progress = done / total
        self._estimate.update(self.progress)
        if step != self._step:
            self._step = step
            self.run.add_log_line(step)
        if self._ended is not None:
            raise StoppedError(self._ended)

    def beat(self) -> bool:
        """Renew the claim, until the run has ended."""
        try:
            self._ended = self._renew()
        except DatabaseError:
            # A later renewal may succeed before the lease expires.
            logger.warning("Run %s: the claim was not renewed.", self.run.pk)
            connection.close()
        return self._ended is None

    def _renew(self) -> str | None:
        """Renew the claim, or return why it has ended."""
        if STOPPING.is_set():
            self.run.add_log_line("the worker was told to stop")
            run_release(run=self.run, counts=False)
            return "returned to the queue"
        hold = run_renew(
            run=self.run,
            progress=self.progress,
            seconds_left=self._estimate.seconds_left(),
        )
        if hold is Hold.CANCELLED:
            run_end_cancelled(run=self.run)
            return "cancelled"
        return "taken by another worker" if hold is Hold.LOST else None
