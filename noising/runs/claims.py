"""Claims: only the process that holds a run's claim may write to the run.

Each write here is one UPDATE that names the claim in its condition. A worker that
stood still for longer than its lease, or that was cut off from the database, finds
no row to change once another worker has the run.

All times are the database's: the clocks of hosts that share it need not agree.
"""

import re
from collections.abc import Mapping
from datetime import timedelta
from enum import Enum, auto
from typing import Any, Final
from uuid import UUID, uuid4

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now
from django.utils import timezone

from noising.models import BenchmarkRun
from noising.services.identifiers import uuid7

LEASE = timedelta(seconds=30)
"""How long a run stays its worker's without a sign of life."""

UNCLAIMED = {"claim": None, "lease_until": None}

LONGEST_REASON: Final = 2_000

QUOTED_PATH: Final = re.compile(r"""(?P<quote>['"])(?:file://)?/(?:(?!(?P=quote)).)*""")
PLAIN_PATH: Final = re.compile(r"""(?<![\w.:/~])(?:file://)?/[^\s'",;:()<>]+""")


class Hold(Enum):
    """What a worker learns when it renews its claim."""

    HELD = auto()
    CANCELLED = auto()
    LOST = auto()


def run_claim(*, run_id: UUID) -> BenchmarkRun | None:
    """Take a queued run.

    Returns:
        The run, running under a claim of the caller's; None where it is not queued
        or another worker was quicker.
    """
    claim = uuid4()
    queued = BenchmarkRun.objects.queued().filter(pk=run_id, cancel_requested=False)
    taken = queued.update(
        status=BenchmarkRun.Status.RUNNING,
        claim=claim,
        attempt=F("attempt") + 1,
        progress=0.0,
        started_at=Now(),
        **_new_lease(),
    )
    # Not by its id alone: it may have been released and taken again meanwhile.
    return (
        BenchmarkRun.objects.filter(pk=run_id, claim=claim).first() if taken else None
    )


def run_start(
    *,
    suite: str,
    corpus_name: str,
    config: Mapping[str, Any],
    specifications: Mapping[str, Any] | None = None,
) -> BenchmarkRun:
    """Store a run that the caller measures itself, before anything is measured.

    Args:
        suite: Name of the set of measurements.
        corpus_name: What it measures on.
        config: All parameters, as ``results.json`` holds them; with ``seed`` and
            ``baseline``.
        specifications: Each schedule's specification by its name.

    Returns:
        The run, in state `running`, under a claim that the caller has to renew.
    """
    now = timezone.now()
    run = BenchmarkRun(
        id=uuid7(moment=now),
        suite=suite,
        status=BenchmarkRun.Status.RUNNING,
        attempt=1,
        claim=uuid4(),
        lease_until=now + LEASE,
        seed=str(config["seed"]),
        corpus_name=corpus_name,
        baseline=config["baseline"],
        config=config,
        specifications=dict(specifications or {}),
        started_at=now,
        heartbeat_at=now,
    )
    # It cannot read the database's times, which replace this host's.
    run.full_clean()
    times = {"started_at": Now(), **_new_lease()}
    for name, expression in times.items():
        setattr(run, name, expression)
    with transaction.atomic():
        run.save(force_insert=True)
        run.refresh_from_db(fields=list(times))
    return run


def run_renew(*, run: BenchmarkRun, progress: float) -> Hold:
    """Say that the run is alive and how much of it is done."""
    held = BenchmarkRun.objects.held(run)
    if not held.update(progress=progress, **_new_lease()):
        return Hold.LOST
    if held.filter(cancel_requested=True).exists():
        return Hold.CANCELLED
    return Hold.HELD


def run_release(*, run: BenchmarkRun, counts: bool) -> bool:
    """Put a run back into the queue.

    Args:
        run: As it was claimed.
        counts: Whether this counts as an attempt. That a worker was told to stop is
            not the run's fault.

    Returns:
        Whether the caller still held it.
    """
    return bool(
        BenchmarkRun.objects.held(run).update(
            status=BenchmarkRun.Status.QUEUED,
            attempt=F("attempt") if counts else F("attempt") - 1,
            progress=0.0,
            **UNCLAIMED,
        )
    )


def run_fail(*, run: BenchmarkRun, reason: str, progress: float | None = None) -> bool:
    """End a run as failed.

    Args:
        run: As it was claimed or started.
        reason: Why, in a sentence; see public_reason().
        progress: How much was done by then; by default as last renewed.

    Returns:
        Whether the caller still held it; where not, it stays as it is.
    """
    done = {} if progress is None else {"progress": progress}
    error = public_reason(reason)
    return _end(run, status=BenchmarkRun.Status.FAILED, error=error, **done)


def run_end_cancelled(*, run: BenchmarkRun) -> bool:
    """End a run as cancelled; return whether the caller still held it."""
    return _end(run, status=BenchmarkRun.Status.CANCELLED)


def public_reason(text: str) -> str:
    """Return a reason that everybody may read: it names no folder of the host.

    Of an absolute path the last name is left, so that a corpus is still recognized.
    """
    shortened = QUOTED_PATH.sub(
        lambda match: match["quote"] + _last_name(match[0][1:]), text.strip()
    )
    shortened = PLAIN_PATH.sub(lambda match: _last_name(match[0]), shortened)
    return shortened[:LONGEST_REASON] or "It failed without a reason."


def _last_name(path: str) -> str:
    return path.rstrip("/").rpartition("/")[2] or path


def _new_lease() -> dict[str, Any]:
    """Return the columns of a run that was renewed just now, as expressions."""
    return {"heartbeat_at": Now(), "lease_until": Now() + LEASE}


def _end(run: BenchmarkRun, **changes: object) -> bool:
    held = BenchmarkRun.objects.held(run)
    return bool(held.update(finished_at=Now(), **UNCLAIMED, **changes))
