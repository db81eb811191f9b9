"""Workers that measure runs, and when they last reported."""

from datetime import timedelta
from typing import Self

from django.db import models
from django.db.models.functions import Now

SILENCE = timedelta(seconds=30)
"""After this time without a report, a worker does not count as alive."""


class WorkerQuerySet(models.QuerySet["Worker"]):
    """Reads of workers."""

    def alive(self) -> Self:
        """Select the workers that have reported recently, by the database's clock.

        A report from the future was made before the clock was set back.
        """
        return self.filter(seen_at__range=(Now() - SILENCE, Now() + SILENCE))


class Worker(models.Model):
    """A process that measures runs; it deletes its row when it ends normally."""

    id = models.CharField(primary_key=True, max_length=64)
    started_at = models.DateTimeField(auto_now_add=True)
    seen_at = models.DateTimeField(db_index=True)

    objects = WorkerQuerySet.as_manager()

    def __str__(self) -> str:
        return self.id
