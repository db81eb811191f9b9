"""The worker process: its loop, and the thread that maintains the queue."""

import logging
import os
import signal
import time
from types import FrameType, TracebackType
from typing import Self

from django.db import Error as DatabaseError
from django.db import connection
from django_tasks_db.management.commands.db_worker import Worker

from noising.models.failures import (
    RETRY_SECONDS,
    failure_line,
    is_database_failure,
)
from noising.runs import (
    STOPPING,
    Heartbeat,
    queue_prune,
    runs_reap,
    worker_register,
    worker_remove,
)

logger = logging.getLogger(__name__)

UPKEEP_SECONDS = 2.0
PRUNE_SECONDS = 3600.0


class QueueWorker(Worker):
    """The loop of django-tasks-db that returns its run to the queue when it stops.

    If it loses the database, it continues when the database is back. The run that it
    measured is then measured again, perhaps by another worker.
    """

    def run(self) -> None:
        """Execute one task after another."""
        while True:
            try:
                super().run()
            except DatabaseError as error:
                if self.batch or not is_database_failure(error):
                    raise
                logger.warning("The queue cannot be read: %s", failure_line(error))
                connection.close()
                time.sleep(RETRY_SECONDS)
            else:
                return

    def shutdown(self, signum: int, frame: FrameType | None) -> None:
        """Stop: at once between two tasks, else at the run's next step."""
        STOPPING.set()
        super().shutdown(signum, frame)


class Upkeep(Heartbeat):
    """Registers the worker as alive, and requeues lost runs.

    It has a thread of its own, so that a worker that measures for an hour still finds
    the runs of workers that were killed.
    """

    def __init__(self, *, worker_id: str, parent: int | None) -> None:
        super().__init__(name="upkeep", seconds=UPKEEP_SECONDS)
        self._worker_id = worker_id
        self._parent = parent
        self._pruned_at: float | None = None

    def __enter__(self) -> Self:
        self._once()
        return super().__enter__()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        super().__exit__(kind, error, traceback)
        try:
            worker_remove(worker_id=self._worker_id)
        except DatabaseError as lost:
            logger.warning("The worker could not be unregistered: %s", lost)

    def beat(self) -> bool:
        """Maintain the queue; stop this process if its parent has ended."""
        if self._is_orphan():
            os.kill(os.getpid(), signal.SIGTERM)
            return False
        self._once()
        return True

    def _is_orphan(self) -> bool:
        return self._parent is not None and os.getppid() != self._parent

    def _once(self) -> None:
        try:
            worker_register(worker_id=self._worker_id)
            reaped = runs_reap()
            if reaped.lost or reaped.enqueued:
                logger.warning(
                    "%s runs had lost their worker, %s had lost their task.",
                    reaped.lost,
                    reaped.enqueued,
                )
            now = time.monotonic()
            if self._pruned_at is None or now > self._pruned_at + PRUNE_SECONDS:
                self._pruned_at = now
                queue_prune()
        except DatabaseError as error:
            # The database may work again at the next beat.
            logger.warning("The queue could not be maintained: %s", failure_line(error))
            connection.close()
