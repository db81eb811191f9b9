"""Claims: only the process that holds a run's claim may write to the run.

Each write in this module is one UPDATE with the claim as a condition. A worker that
was suspended or disconnected from the database for longer than its lease finds no row
to change if another worker has claimed the run.

All times are the database's, so the clocks of hosts that share it need not agree.
"""

import re
from collections.abc import Mapping
from enum import Enum, auto
from typing import Any, Final
from uuid import UUID, uuid4

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now
from django.utils import timezone

from noising.models import LEASE, BenchmarkRun
from noising.services.identifiers import uuid7

UNCLAIMED = {"claim": None, "lease_until": None}

LONGEST_REASON: Final = 2_000

QUOTED_PATH: Final = re.compile(r"""(?P<quote>['"])(?:file://)?/(?:(?!(?P=quote)).)*""")
PLAIN_PATH: Final = re.compile(r"""(?<![\w.:/~])(?:file://)?/[^\s'",;:()<>]+""")


class Hold(Enum):
    """The state of a claim after an attempt to renew it."""

    HELD = auto()
    CANCELLED = auto()
    LOST = auto()


def run_claim(*, run_id: UUID) -> BenchmarkRun | None:
    """Claim a queued run and mark it as running.

    Returns:
        The run with the new claim; None if the run is not queued or another worker
        claimed it first.
    """
    claim = uuid4()
    queued = BenchmarkRun.objects.queued().filter(pk=run_id, cancel_requested=False)
    taken = queued.update(
        status=BenchmarkRun.Status.RUNNING,
        claim=claim,
        attempt=F("attempt") + 1,
        progress=0.0,
        seconds_left=None,
        started_at=Now(),
        **_new_lease(),
    )
    # Also by the claim: another worker may have claimed it in the meantime.
    return (
        BenchmarkRun.objects.filter(pk=run_id, claim=claim).first() if taken else None
    )


def run_start(
    *,
    suite: str,
    corpus_name: str,
    config: Mapping[str, Any],
    specifications: Mapping[str, Any] | None = None,
    name: str = "",
) -> BenchmarkRun:
    """Store a run that the caller itself is about to measure.

    Args:
        suite: Name of the set of measurements.
        corpus_name: Name of the corpus.
        config: All parameters, in the form of ``results.json``; with ``seed`` and
            ``baseline``.
        specifications: Each schedule's specification by its name.
        name: Name of the run; empty for a default.

    Returns:
        The run, with the status `running` and a claim that the caller must renew.
    """
    now = timezone.now()
    run = BenchmarkRun(
        id=uuid7(moment=now),
        name=name,
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
    # Read it back, because the database computed the times.
    run.full_clean()
    times = {"started_at": Now(), **_new_lease()}
    for name, expression in times.items():
        setattr(run, name, expression)
    with transaction.atomic():
        run.save(force_insert=True)
        run.refresh_from_db(fields=list(times))
    return run


def run_renew(
    *, run: BenchmarkRun, progress: float, seconds_left: float | None = None
) -> Hold:
    """Renew the lease; store the progress, the estimated time left and the log."""
    held = BenchmarkRun.objects.held(run)
    changes = {"progress": progress, "seconds_left": seconds_left, "log": run.log}
    if not held.update(**changes, **_new_lease()):
        return Hold.LOST
    if held.filter(cancel_requested=True).exists():
        return Hold.CANCELLED
    return Hold.HELD


def run_release(*, run: BenchmarkRun, counts: bool) -> bool:
    """Put a run back into the queue.

    Args:
        run: As it was claimed.
        counts: Whether this counts as an attempt. It does not if the worker was told
            to stop.

    Returns:
        Whether the caller still held the claim.
    """
    return bool(
        BenchmarkRun.objects.held(run).update(
            status=BenchmarkRun.Status.QUEUED,
            attempt=F("attempt") if counts else F("attempt") - 1,
            progress=0.0,
            seconds_left=None,
            log=run.log,
            **UNCLAIMED,
        )
    )


def run_fail(*, run: BenchmarkRun, reason: str, progress: float | None = None) -> bool:
    """End a run as failed.

    Args:
        run: As it was claimed or started.
        reason: Why, in a sentence; see public_reason().
        progress: The progress until then; by default that of the last renewal.

    Returns:
        Whether the caller still held the claim; if not, nothing changes.
    """
    done = {} if progress is None else {"progress": progress}
    error = public_reason(reason)
    run.add_log_line(f"failed: {error}")
    return _end(run, status=BenchmarkRun.Status.FAILED, error=error, **done)


def run_end_cancelled(*, run: BenchmarkRun) -> bool:
    """End a run as cancelled; return whether the caller still held the claim."""
    run.add_log_line("cancelled")
    return _end(run, status=BenchmarkRun.Status.CANCELLED)


def public_reason(text: str) -> str:
    """Return a reason without the names of the host's folders, for everyone to read.

    An absolute path is cut to its last name, by which a corpus is recognized.
    """
    shortened = QUOTED_PATH.sub(
        lambda match: match["quote"] + _last_name(match[0][1:]), text.strip()
    )
    shortened = PLAIN_PATH.sub(lambda match: _last_name(match[0]), shortened)
    return shortened[:LONGEST_REASON] or "It failed without an error message."


def _last_name(path: str) -> str:
    return path.rstrip("/").rpartition("/")[2] or path


def _new_lease() -> dict[str, Any]:
    """Return the values of the columns of a lease that starts now."""
    return {"heartbeat_at": Now(), "lease_until": Now() + LEASE}


def _end(run: BenchmarkRun, **changes: object) -> bool:
    held = BenchmarkRun.objects.held(run)
    changes |= {"finished_at": Now(), "seconds_left": None, "log": run.log}
    return bool(held.update(**UNCLAIMED, **changes))
