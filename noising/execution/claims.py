"""Who may write to a run: whoever holds its claim, and nobody else.

Each write here is one UPDATE that names the claim in its condition. A worker that
stood still for longer than its lease, or that was cut off from the database, finds
no row to change once the run is another's.

All times are the database's: the clocks of hosts that share it need not agree.
"""

import uuid
from datetime import timedelta
from enum import Enum, auto
from typing import Any

from django.db.models import F
from django.db.models.functions import Now

from noising.execution.reasons import public_reason
from noising.models import BenchmarkRun

LEASE = timedelta(seconds=30)
"""How long a run stays its worker's without a sign of life."""

UNCLAIMED = {"claim": None, "lease_until": None}


class Hold(Enum):
    """What a worker learns when it renews its claim."""

    HELD = auto()
    CANCELLED = auto()
    LOST = auto()


def fresh_lease() -> dict[str, Any]:
    """Return the columns of a run that has just been heard of, as expressions."""
    return {"heartbeat_at": Now(), "lease_until": Now() + LEASE}


def claim_run(run_id: uuid.UUID) -> BenchmarkRun | None:
    """Take a queued run.

    Returns:
        The run, running under a claim of the caller's; None where it is not queued
        or somebody else was quicker.
    """
    claim = uuid.uuid4()
    queued = BenchmarkRun.objects.queued().filter(pk=run_id, cancel_requested=False)
    taken = queued.update(
        status=BenchmarkRun.Status.RUNNING,
        claim=claim,
        attempt=F("attempt") + 1,
        progress=0.0,
        started_at=Now(),
        **fresh_lease(),
    )
    # Not by its id alone: it may have been given back and taken again meanwhile.
    return (
        BenchmarkRun.objects.filter(pk=run_id, claim=claim).first() if taken else None
    )


def renew(run: BenchmarkRun, progress: float) -> Hold:
    """Say that the run is alive and how much of it is done."""
    held = BenchmarkRun.objects.held(run)
    if not held.update(progress=progress, **fresh_lease()):
        return Hold.LOST
    if held.filter(cancel_requested=True).exists():
        return Hold.CANCELLED
    return Hold.HELD


def give_back(run: BenchmarkRun, *, counts: bool) -> bool:
    """Put a run back into the queue.

    Args:
        run: As it was claimed.
        counts: Whether this counts as an attempt. That a worker was told to stop is
            nothing that the run can help.

    Returns:
        Whether it was the caller's to give back.
    """
    return bool(
        BenchmarkRun.objects.held(run).update(
            status=BenchmarkRun.Status.QUEUED,
            attempt=F("attempt") if counts else F("attempt") - 1,
            progress=0.0,
            **UNCLAIMED,
        )
    )


def end_failed(
    run: BenchmarkRun, reason: str, *, progress: float | None = None
) -> bool:
    """End a run as failed, with the reason, if it is still the caller's."""
    error = public_reason(reason)
    done = {} if progress is None else {"progress": progress}
    return _end(run, status=BenchmarkRun.Status.FAILED, error=error, **done)


def end_cancelled(run: BenchmarkRun) -> bool:
    """End a run as cancelled, if it is still the caller's."""
    return _end(run, status=BenchmarkRun.Status.CANCELLED)


def _end(run: BenchmarkRun, **changes: object) -> bool:
    held = BenchmarkRun.objects.held(run)
    return bool(held.update(finished_at=Now(), **UNCLAIMED, **changes))
