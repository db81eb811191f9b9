"""The reaper: requeues runs whose worker disappeared, and deletes old rows."""

import time
from dataclasses import dataclass
from datetime import timedelta

from django.db import models, transaction
from django.db.models.functions import Now
from django.utils import timezone
from django_tasks import TaskResultStatus
from django_tasks_db.models import DBTaskResult

from noising.metrics import LEASES_LOST
from noising.models import MOST_ATTEMPTS, BenchmarkRun, IdempotencyKey, Worker
from noising.models.connections import release_connection
from noising.runs.claims import run_end_cancelled, run_fail, run_release
from noising.runs.queue import enqueue

KEPT = timedelta(hours=24)
"""How long idempotency keys and ended tasks are kept at least."""

CONFIRM_SECONDS = 2.0
"""How long an expired lease is watched before its run counts as lost. In this time a
worker that is still measuring renews it, for example after its host was suspended."""

GONE = "The command that measured it disappeared."
WORE_OUT = (
    f"Its worker disappeared in each of {MOST_ATTEMPTS} attempts: it may have been "
    "killed for using too much memory."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reaped:
    """Numbers of runs that runs_reap() changed.

    Attributes:
        lost: runs whose worker had disappeared.
        enqueued: queued runs that had lost their task and got a new one.
    """

    lost: int
    enqueued: int


def runs_reap() -> Reaped:
    """Requeue runs whose worker disappeared, and queued runs whose task was lost.

    Any number of processes may call it at the same time.
    """
    return Reaped(lost=_end_leases(), enqueued=_enqueue_again())


def worker_register(*, worker_id: str) -> None:
    """Record that a worker is alive."""
    Worker.objects.update_or_create(id=worker_id, defaults={"seen_at": Now()})


def worker_remove(*, worker_id: str) -> None:
    """Record that a worker has ended."""
    Worker.objects.filter(id=worker_id).delete()


def queue_prune() -> int:
    """Delete old idempotency keys, tasks and workers; return the number of rows."""
    before = timezone.now() - KEPT
    old = (
        IdempotencyKey.objects.filter(created_at__lt=before),
        Worker.objects.filter(seen_at__lt=before),
        DBTaskResult.objects.finished().filter(finished_at__lt=before),
        # Tasks of workers that were killed; those of unfinished runs are kept.
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
                run.add_log_line("the worker disappeared")
                run_release(run=run, counts=True)
    LEASES_LOST.inc(len(lost))
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
