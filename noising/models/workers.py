"""Workers that measure runs, as far as the database has heard of them."""

from datetime import timedelta
from typing import Self

from django.db import models
from django.db.models.functions import Now

SILENCE = timedelta(seconds=30)
"""After that a worker counts as gone."""


class WorkerQuerySet(models.QuerySet["Worker"]):
    """Reads of workers."""

    def alive(self) -> Self:
        """Those that have been heard of lately, by the database's clock."""
        return self.filter(seen_at__gte=Now() - SILENCE)


class Worker(models.Model):
    """A process that measures runs; the row goes when the process ends in order."""

    id = models.CharField(primary_key=True, max_length=64)
    started_at = models.DateTimeField(auto_now_add=True)
    seen_at = models.DateTimeField(db_index=True)

    objects = WorkerQuerySet.as_manager()

    def __str__(self) -> str:
        return self.id
