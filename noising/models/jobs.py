"""Jobs: work in many parts that a command does, and that another can go on with."""

import re
from datetime import timedelta
from typing import Self

from django.db import models
from django.db.models.functions import Length, Now
from django.urls import reverse

DASHBOARD_JOBS = 5


class JobQuerySet(models.QuerySet["Job"]):
    """Reads of jobs."""

    def held(self, job: "Job") -> Self:
        """Select the job if its command still has the claim of `job`."""
        return self.filter(
            pk=job.pk, status=Job.Status.RUNNING, claim=job.claim, claim__isnull=False
        )

    def free(self) -> Self:
        """Select the jobs that no command works on, by the database's clock."""
        return self.exclude(status=Job.Status.RUNNING, lease_until__gte=Now())

    def with_loss(self) -> Self:
        """Add ``is_lost``, whether the lease has expired by the database's clock."""
        is_over = models.Q(status=Job.Status.RUNNING, lease_until__lt=Now())
        return self.annotate(
            is_lost=models.ExpressionWrapper(is_over, models.BooleanField())
        )

    def with_shown_status(self, status: str) -> Self:
        """Select the jobs that pages show with a status, after `with_loss`."""
        if status == Job.STOPPED:
            return self.filter(is_lost=True)
        return self.filter(status=status, is_lost=False)

    def searched(self, text: str) -> Self:
        """Select the jobs whose titles or errors contain every word, in any case.

        Like titles, it reads only the last part of a name: the folders of the host are
        not for everyone.
        """
        found = self
        for word in text.split():
            last_part = rf"(^|/)[^/]*{re.escape(word)}[^/]*/*$"
            matches = models.Q(kind__icontains=word) | models.Q(error__icontains=word)
            if "/" not in word:
                matches |= models.Q(name__iregex=last_part)
            found = found.filter(matches)
        return found

    def for_list(self) -> Self:
        """Load the columns that a list shows, in one query."""
        return self.with_loss().defer("config")

    def for_dashboard(self) -> Self:
        """Select the latest jobs, in one query."""
        return self.for_list()[:DASHBOARD_JOBS]


class Job(models.Model):
    """Work in parts, such as the shards of a corpus, that one command does at a time.

    The command renews its lease while it works. A job whose lease has expired is
    shown as stopped. A command that goes on with it, and has the same plan, takes the
    same row.
    """

    # Set by with_loss(): whether the lease has expired.
    is_lost: bool | None = None

    # Commands act for no account, so only staff may delete what they have left.
    owner_id: int | None = None

    class Kind(models.TextChoices):
        """What the parts are."""

        NOISE = "noise", "noise of a corpus"
        SWEEP = "sweep", "sweep"

    class Status(models.TextChoices):
        """The statuses; a failed job can be resumed, as a stopped one."""

        RUNNING = "running"
        SUCCEEDED = "succeeded"
        FAILED = "failed"

    STOPPED = "stopped"
    """How pages show a running job whose command has disappeared."""

    SHOWN_STATUSES = (*Status.values, STOPPED)

    id = models.UUIDField(primary_key=True, editable=False)
    kind = models.CharField(max_length=10, choices=Kind.choices)
    name = models.TextField(help_text="What the job makes, such as its folder.")
    digest = models.CharField(max_length=64, help_text="SHA-256 of its plan.")
    config = models.JSONField(help_text="What the job does.")
    status = models.CharField(
        max_length=10, choices=Status.choices, default=Status.RUNNING
    )
    attempt = models.PositiveIntegerField(
        default=1, help_text="Number of commands that have worked on it."
    )
    claim = models.UUIDField(
        null=True, blank=True, help_text="Id of the claim of the command."
    )
    lease_until = models.DateTimeField(
        null=True, blank=True, help_text="When the claim expires unless it is renewed."
    )
    heartbeat_at = models.DateTimeField(null=True, blank=True)
    parts = models.PositiveIntegerField(default=0, help_text="Number of all parts.")
    done_parts = models.PositiveIntegerField(default=0)
    kept_parts = models.PositiveIntegerField(
        default=0, help_text="Parts that were done before this command."
    )
    counts = models.JSONField(
        default=dict, blank=True, help_text="What was written, such as tokens."
    )
    errors = models.JSONField(
        default=list, blank=True, help_text="The first errors, a line each."
    )
    error = models.TextField(blank=True, default="", help_text="Why the job failed.")
    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(
        null=True, blank=True, help_text="When this command began."
    )
    finished_at = models.DateTimeField(null=True, blank=True)

    objects = JobQuerySet.as_manager()

    class Meta:
        """Constraints, which the database checks for every write."""

        ordering = ["-created_at", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(status__in=["running", "succeeded", "failed"]),
                name="job_status_known",
            ),
            models.CheckConstraint(
                condition=models.Q(done_parts__lte=models.F("parts"))
                & models.Q(kept_parts__lte=models.F("done_parts")),
                name="job_parts_in_range",
            ),
            models.CheckConstraint(
                condition=models.Q(status="running", lease_until__isnull=False)
                | (~models.Q(status="running") & models.Q(claim__isnull=True)),
                name="job_running_has_lease",
            ),
            models.CheckConstraint(
                condition=models.lookups.Exact(Length("digest"), 64),
                name="job_digest_complete",
            ),
        ]
        indexes = [
            models.Index(fields=["-created_at", "-id"], name="job_latest"),
            models.Index(fields=["digest"], name="job_digest"),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        """Return the URL of the job's page."""
        return reverse("pages:job", kwargs={"job_id": self.pk})

    def find_use(self) -> str:
        """Return why the job cannot be deleted, with the way out; "" if it can."""
        return "" if self.is_ended else "A command works on the job: stop it first."

    @property
    def title(self) -> str:
        """Return the kind and the last part of the name.

        The pages are for everyone, and the folders of the host are not.
        """
        return f"{self.get_kind_display().capitalize()}: {self.short_name}"

    @property
    def short_name(self) -> str:
        """Return the last part of the name."""
        return self.name.rstrip("/").rpartition("/")[2] or self.name

    @property
    def is_ended(self) -> bool:
        """Return whether no command works on it."""
        return self.shown_status != self.Status.RUNNING

    @property
    def shown_status(self) -> str:
        """Return the status; `stopped` if the command has disappeared."""
        return self.STOPPED if self.is_lost else self.status

    @property
    def state_text(self) -> str:
        """Return details to show next to the status, or ""."""
        if self.is_lost:
            return "its command was killed, or its machine; --resume goes on with it"
        if self.status == self.Status.RUNNING and self.remaining is not None:
            return f"about {describe_time(self.remaining)} left"
        return ""

    @property
    def written(self) -> list[tuple[str, str]]:
        """Return what was written, as pairs of label and number."""
        return [
            (name.replace("_", " "), f"{count:,}")
            for name, count in self.counts.items()
        ]

    @property
    def progress(self) -> float:
        """Return the share of the parts that is done, 0 to 1."""
        return self.done_parts / self.parts if self.parts else 0.0

    @property
    def percent(self) -> int:
        """Return the progress in whole percent, 100 only at the end."""
        return 100 * self.done_parts // self.parts if self.parts else 0

    @property
    def remaining(self) -> timedelta | None:
        """Return the estimated time to the end, from the parts of this command."""
        worked = self.done_parts - self.kept_parts
        if self.started_at is None or self.heartbeat_at is None or worked < 1:
            return None
        return (self.heartbeat_at - self.started_at) / worked * self._left

    @property
    def _left(self) -> int:
        return self.parts - self.done_parts


def describe_time(time: timedelta) -> str:
    """Return a time in its largest unit."""
    seconds = time.total_seconds()
    for unit, length in (("hours", 3600.0), ("minutes", 60.0)):
        if seconds >= 2 * length:
            return f"{seconds / length:.0f} {unit}"
    return f"{seconds:.0f} seconds"
