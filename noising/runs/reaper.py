"""The reaper: workers put back what lost its worker, and delete what is old."""

import time
from dataclasses import dataclass
from datetime import timedelta

from django.db import models, transaction
from django.db.models.functions import Now
from django.utils import timezone
from django_tasks import TaskResultStatus
from django_tasks_db.models import DBTaskResult

from noising.models import MOST_ATTEMPTS, BenchmarkRun, IdempotencyKey, Worker
from noising.models.connections import release_connection
from noising.runs.claims import run_end_cancelled, run_fail, run_release
from noising.runs.queue import enqueue

KEPT = timedelta(hours=24)
"""How long keys and ended tasks are kept at least."""

CONFIRM_SECONDS = 2.0
"""How long a lease that is over is watched before its run counts as lost. A worker
that still measures renews it: then the clock was set, or the host had slept."""

GONE = "The command that measured it ended without a word."
WORE_OUT = (
    f"Its worker went away at each of {MOST_ATTEMPTS} attempts: it may have been "
    "killed for using too much memory."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reaped:
    """What runs_reap() changed.

    Attributes:
        lost: runs whose worker had gone.
        enqueued: queued runs that had no task and have one again.
    """

    lost: int
    enqueued: int


def runs_reap() -> Reaped:
    """Put back what lost its worker, and give queued runs without a task a new one.

    Any number of processes may do this at the same time.
    """
    return Reaped(lost=_end_leases(), enqueued=_enqueue_again())


def worker_register(*, worker_id: str) -> None:
    """Record that a worker is alive."""
    Worker.objects.update_or_create(id=worker_id, defaults={"seen_at": Now()})


def worker_remove(*, worker_id: str) -> None:
    """Record that a worker has ended."""
    Worker.objects.filter(id=worker_id).delete()


def queue_prune() -> int:
    """Delete keys, tasks and workers of no use any more; return how many there were."""
    before = timezone.now() - KEPT
    old = (
        IdempotencyKey.objects.filter(created_at__lt=before),
        Worker.objects.filter(seen_at__lt=before),
        DBTaskResult.objects.finished().filter(finished_at__lt=before),
        # Of a worker that was killed: no queued run has its only task there.
        DBTaskResult.objects.running()
        .filter(started_at__lt=before)
        .exclude(
            id__in=BenchmarkRun.objects.unfinished()
            .filter(task_id__isnull=False)
            .values("task_id")
        ),
    )
    return sum(rows.delete()[0] for rows in old)


def _end_leases() -> int:
    seen = dict(BenchmarkRun.objects.lost().values_list("pk", "lease_until"))
    if not seen:
        return 0
    release_connection()
    time.sleep(CONFIRM_SECONDS)
    with transaction.atomic():
        still = BenchmarkRun.objects.lost().filter(pk__in=seen)
        lost = [
            run
            for run in still.select_for_update(skip_locked=True)
            if run.lease_until == seen[run.pk]
        ]
        for run in lost:
            if run.cancel_requested:
                run_end_cancelled(run=run)
            elif run.task_id is None:
                run_fail(run=run, reason=GONE)
            elif run.attempt >= MOST_ATTEMPTS:
                run_fail(run=run, reason=WORE_OUT)
            else:
                run_release(run=run, counts=True)
    return len(lost)


def _enqueue_again() -> int:
    ready = DBTaskResult.objects.filter(
        id=models.OuterRef("task_id"), status=TaskResultStatus.READY
    )
    without = BenchmarkRun.objects.queued().filter(~models.Exists(ready))
    if not without.exists():
        return 0
    with transaction.atomic():
        runs = list(without.select_for_update(skip_locked=True).only("pk"))
        for run in runs:
            run.task_id = enqueue(run.pk)
            run.save(update_fields=["task_id"])
    return len(runs)
