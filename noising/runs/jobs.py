"""Jobs of commands: their claims, their progress and their ends."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Final
from uuid import uuid4

from django.db import Error as DatabaseError
from django.db import connection, transaction
from django.db.models import F
from django.db.models.functions import Now
from django.utils import timezone

from noising.models import LEASE, Job
from noising.runs.claims import public_reason
from noising.runs.lease import HEARTBEAT_SECONDS, Heartbeat, StoppedError
from noising.services.identifiers import uuid7

logger = logging.getLogger(__name__)

MAX_ERRORS: Final = 20
"""Errors of a job that its row lists."""


class JobRunningError(Exception):
    """Another command works on the job."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JobState:
    """How far a job is.

    Attributes:
        parts: number of all parts.
        done: number of those that are done.
        kept: number of those that were done before this command.
        counts: what was written, by name.
        errors: a line for each error.
    """

    parts: int
    done: int = 0
    kept: int = 0
    counts: Mapping[str, int] = field(default_factory=dict)
    errors: Sequence[str] = ()

    def as_columns(self) -> dict[str, Any]:
        """Return the columns of the row."""
        return {
            "parts": self.parts,
            "done_parts": self.done,
            "kept_parts": self.kept,
            "counts": dict(self.counts),
            "errors": [public_reason(line) for line in self.errors[:MAX_ERRORS]],
        }


def job_start(
    *,
    kind: Job.Kind,
    name: str,
    digest: str,
    config: Mapping[str, Any],
    state: JobState,
    resume: bool,
) -> Job:
    """Claim the row of a job, or store a new one.

    Args:
        kind: what the parts are.
        name: what the job makes, such as the absolute path of its folder.
        digest: SHA-256 of its plan.
        config: what it does, for its page.
        state: how far it is.
        resume: whether to take the row of the same job, if there is one.

    Returns:
        The job, with a claim that the caller must renew.

    Raises:
        JobRunningError: another command works on this job.
    """
    now, claim = timezone.now(), uuid4()
    begun = {"status": Job.Status.RUNNING, "claim": claim, "error": ""}
    begun |= {"finished_at": None, **state.as_columns()}
    times = {"started_at": Now(), "heartbeat_at": Now(), "lease_until": Now() + LEASE}
    with transaction.atomic():
        same = Job.objects.filter(kind=kind, name=name, digest=digest)
        found = same.select_for_update().first()
        if found is not None and not same.free().filter(pk=found.pk).exists():
            raise JobRunningError(f"{name}: another command works on this job")
        if found is None or not resume:
            found = Job(
                id=uuid7(moment=now),
                kind=kind,
                name=name,
                digest=digest,
                config=dict(config),
                claim=claim,
                lease_until=now + LEASE,
                **state.as_columns(),
            )
            found.full_clean()
            found.save(force_insert=True)
            attempt: Any = 1
        else:
            attempt = F("attempt") + 1
        rows = Job.objects.filter(pk=found.pk)
        rows.update(**begun, **times, attempt=attempt)
    return rows.get()


def job_renew(*, job: Job, state: JobState) -> bool:
    """Renew the lease and store the state; return whether the claim is still held."""
    times = {"heartbeat_at": Now(), "lease_until": Now() + LEASE}
    held = Job.objects.held(job)
    return bool(held.update(**state.as_columns(), **times))


def job_end(*, job: Job, state: JobState, error: str) -> bool:
    """End a job: succeeded without an error, else failed.

    Returns:
        Whether the caller still held the claim; if not, nothing changes.
    """
    status = Job.Status.FAILED if error else Job.Status.SUCCEEDED
    return bool(
        Job.objects.held(job).update(
            status=status,
            error=public_reason(error) if error else "",
            claim=None,
            lease_until=None,
            finished_at=Now(),
            heartbeat_at=Now(),
            **state.as_columns(),
        )
    )


class JobLease(Heartbeat):
    """Renews a job's claim every second during a `with` block, and ends the job.

    Args:
        job: the job with its claim.
        state: how far it is.
    """

    def __init__(self, job: Job, state: JobState) -> None:
        self.job = job
        self._state = state
        self._error = ""
        self._is_lost = False
        super().__init__(name=f"lease of job {job.pk}", seconds=HEARTBEAT_SECONDS)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        super().__exit__(kind, error, traceback)
        if isinstance(error, StoppedError):
            return
        reason = self._error if error is None else _describe_error(error)
        job_end(job=self.job, state=self._state, error=reason)

    def report(self, state: JobState, *, error: str = "") -> None:
        """Set the state, which the next renewal stores.

        Args:
            state: how far the job is.
            error: why it has failed, if it ends now.

        Raises:
            StoppedError: another command has taken the job.
        """
        self._state, self._error = state, error
        if self._is_lost:
            raise StoppedError("taken by another command")

    def beat(self) -> bool:
        """Renew the claim, until another command has taken the job."""
        try:
            self._is_lost = not job_renew(job=self.job, state=self._state)
        except DatabaseError:
            # A later renewal may succeed before the lease expires.
            logger.warning("Job %s: the claim was not renewed.", self.job.pk)
            connection.close()
        return not self._is_lost


def _describe_error(error: BaseException) -> str:
    if isinstance(error, KeyboardInterrupt):
        return "It was interrupted."
    if isinstance(error, SystemExit):
        return "It was told to stop."
    return f"{type(error).__name__}: {error}"
