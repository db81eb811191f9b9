"""Benchmark runs: parameters, status, claim, corpus and environment."""

import re
from collections.abc import Iterable
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Self
from uuid import UUID

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.functions import Cast, Length, Now
from django.urls import reverse
from django.utils import timezone

from benchmarks.names import LONGEST_RUN_NAME, explain_refusal, make_default_name
from noising.models.jobs import describe_time
from noising.models.json_lists import ListHolds
from noising.models.ordered_json import OrderedJSONField, text_at
from noising.models.search import filter_words
from noising.models.tags import check_tags

if TYPE_CHECKING:
    from noising.models.schedules import ScheduleConfig

DASHBOARD_RUNS = 10
COMPARABLE_RUNS = 100
"""How many runs are offered for a comparison."""

MEASURED_RUNS = 10
"""From how many runs the speed of the machine is estimated."""

SEARCHED = (
    *("name", "notes", "tags", "corpus_name", "config__schedules", "error"),
    "owner__username",
)
"""What the search of a list reads."""

LEASE = timedelta(seconds=30)
"""How long a claim is valid after it was last renewed."""

CLOCK_ERROR = timedelta(seconds=5)
"""How far a clock is set back without a jump."""

MOST_ATTEMPTS = 3
"""After this many unsuccessful attempts a run fails."""

MOST_LOG_LINES = 100
LONGEST_LOG_LINE = 300
FAILURE_LINES = 5
"""Lines of the log that are shown next to the reason of a failure."""

BETWEEN_WORDS = re.compile(r"[\s,]+")
WORD_OF_DEFAULT_NAMES = "vs"
"""Default names are not stored, so a search cannot find this word of theirs."""


def lease_is_over() -> models.Q:
    """Return the condition that a lease has expired, by the database's clock.

    A lease that ends later than a new one would, is as old as the time at which the
    clock was set back, or older. A worker that still measures renews it.
    """
    too_late = Now() + (LEASE + CLOCK_ERROR)
    return models.Q(lease_until__lt=Now()) | models.Q(lease_until__gt=too_late)


class BenchmarkRunQuerySet(models.QuerySet["BenchmarkRun"]):
    """Reads of benchmark runs."""

    def active(self) -> Self:
        """Select the runs that are not archived."""
        return self.filter(archived_at__isnull=True)

    def held(self, run: "BenchmarkRun") -> Self:
        """Select the run if it is running and has the same claim as `run`.

        A worker that has lost its claim finds no row, and so writes nothing.
        """
        return self.filter(pk=run.pk, status=BenchmarkRun.Status.RUNNING).filter(
            claim=run.claim
        )

    def queued(self) -> Self:
        """Select the runs that wait for a worker."""
        return self.filter(status=BenchmarkRun.Status.QUEUED)

    def running(self) -> Self:
        """Select the runs that workers measure."""
        return self.filter(status=BenchmarkRun.Status.RUNNING)

    def oldest_wait_seconds(self) -> float:
        """Return how long the first of the selected runs has waited, in seconds."""
        age = self.aggregate(age=Now() - models.Min("created_at"))["age"]
        return max(0.0, age.total_seconds()) if age is not None else 0.0

    def unfinished(self) -> Self:
        """Select the runs that are queued or running."""
        return self.exclude(status__in=BenchmarkRun.ENDED)

    def lost(self) -> Self:
        """Select the runs whose lease has expired, by the database's clock."""
        return self.filter(lease_is_over(), status=BenchmarkRun.Status.RUNNING)

    def with_loss(self) -> Self:
        """Add ``is_lost``, whether the lease has expired by the database's clock."""
        return self.annotate(
            is_lost=models.ExpressionWrapper(lease_is_over(), models.BooleanField())
        )

    def tagged(self, tag: str) -> Self:
        """Select the runs with a tag."""
        return self.filter(ListHolds("tags", models.Value(tag)))

    def with_schedule(self, name: str) -> Self:
        """Select the runs with a schedule of this name, measured or requested."""
        return self.filter(ListHolds("config__schedules", models.Value(name)))

    def on_corpus(self, reference: str) -> Self:
        """Select the runs on a stored corpus, by its reference."""
        return self.alias(measured_on=text_at("config__corpus")).filter(
            measured_on=reference
        )

    def comparable(self, run: "BenchmarkRun | None") -> Self:
        """Select the latest runs with results that can be compared with a run.

        Args:
            run: the run, with which the others share a schedule; None for any others.
        """
        others = self.active().filter(status=BenchmarkRun.Status.SUCCEEDED)
        if run is not None:
            shares = models.Q()
            for name in run.config["schedules"]:
                shares |= models.Q(ListHolds("config__schedules", models.Value(name)))
            others = others.exclude(pk=run.pk).filter(shares)
        return others.for_list()[:COMPARABLE_RUNS]

    def recently_measured(self) -> Self:
        """Load parameters and times of the latest runs with results, in one query."""
        columns = ("config", "specifications", "started_at", "finished_at")
        measured = self.filter(status=BenchmarkRun.Status.SUCCEEDED)
        return measured.only(*columns)[:MEASURED_RUNS]

    def result_counts(self, ids: Iterable[UUID]) -> dict[UUID, int]:
        """Return the number of results of succeeded runs by id, in one query."""
        counted = (
            self.filter(pk__in=ids, status=BenchmarkRun.Status.SUCCEEDED)
            .order_by()
            .annotate(count=models.Count("schedules__results"))
        )
        return dict(counted.values_list("pk", "count"))

    def searched(self, text: str) -> Self:
        """Select the runs that contain every word, in upper or lower case."""
        words = BETWEEN_WORDS.split(text)
        asked = (word for word in words if word not in {"", WORD_OF_DEFAULT_NAMES})
        return filter_words(self, asked, SEARCHED)

    def naming_schedule(self, slug: str) -> Self:
        """Select the runs with a specification for this schedule, measured or not."""
        # PostgreSQL can look up a key in jsonb, but not in json.
        as_jsonb = Cast("specifications", models.JSONField())
        return self.alias(requested=as_jsonb).filter(requested__has_key=slug)

    def referring_to(self, schedule: "ScheduleConfig") -> Self:
        """Select the runs that have measured a stored schedule, or name it."""
        # Not DISTINCT, which PostgreSQL has not for json.
        measured = self.filter(schedules__config=schedule)
        named = self.naming_schedule(schedule.slug)
        return self.filter(
            models.Q(pk__in=measured.values("pk")) | models.Q(pk__in=named.values("pk"))
        )

    def for_list(self) -> Self:
        """Load the columns that a list shows, in one query, without results."""
        return (
            self.with_loss()
            .select_related("owner")
            .defer("corpus", "environment", "specifications", "log")
        )

    def for_dashboard(self) -> Self:
        """Select the latest runs that are not archived, in one query."""
        return self.active().for_list()[:DASHBOARD_RUNS]

    def for_page(self) -> Self:
        """Load all results of a run, in five queries."""
        return (
            self.with_loss()
            .select_related("owner")
            .prefetch_related(
                "schedules__config", "schedules__results", "throughput_results"
            )
        )


class BenchmarkRun(models.Model):
    """One benchmark: its parameters, its environment and its status.

    The id begins with the time of creation (UUID version 7), so ids sort as runs were
    created.

    The process that measures a run holds its claim until the lease expires, and
    renews the lease meanwhile. Every write of a worker has the claim as a condition,
    because another worker may hold the run in the meantime.
    """

    # Set by with_loss(): whether the lease has expired.
    is_lost: bool | None = None

    class Status(models.TextChoices):
        """The statuses; `succeeded`, `failed` and `cancelled` are final."""

        QUEUED = "queued"
        RUNNING = "running"
        SUCCEEDED = "succeeded"
        FAILED = "failed"
        CANCELLED = "cancelled"

    ENDED = (Status.SUCCEEDED, Status.FAILED, Status.CANCELLED)

    id = models.UUIDField(primary_key=True, editable=False)
    name = models.CharField(
        max_length=LONGEST_RUN_NAME,
        blank=True,
        default="",
        help_text="Empty: a name made from the schedules and the baseline.",
    )
    suite = models.CharField(max_length=50)
    status = models.CharField(
        max_length=10, choices=Status.choices, default=Status.QUEUED
    )
    attempt = models.PositiveSmallIntegerField(
        default=0, help_text="Number of times the run was started."
    )
    progress = models.FloatField(
        default=0.0, help_text="The share that is done, 0 to 1."
    )
    seconds_left = models.FloatField(
        null=True, blank=True, help_text="The estimated time that is left."
    )
    log = models.JSONField(
        default=list, blank=True, help_text="What happened last: times and texts."
    )
    claim = models.UUIDField(
        null=True,
        blank=True,
        help_text="Id of the claim of the process that measures it.",
    )
    lease_until = models.DateTimeField(
        null=True, blank=True, help_text="When the claim expires unless it is renewed."
    )
    task_id = models.UUIDField(
        null=True,
        blank=True,
        help_text="The id of its newest task; empty if a command measures it.",
    )
    heartbeat_at = models.DateTimeField(null=True, blank=True)
    cancel_requested = models.BooleanField(default=False)
    error = models.TextField(blank=True, default="", help_text="Why the run failed.")
    # The parameters are JSON because a seed can be 2**64 - 1, too large for integer
    # columns.
    seed = models.CharField(max_length=20)
    corpus_name = models.CharField(max_length=255)
    baseline = models.CharField(max_length=100)
    config = OrderedJSONField(help_text="All parameters of the benchmark.")
    specifications = OrderedJSONField(
        default=dict,
        blank=True,
        help_text="The specification of each requested schedule, by name.",
    )
    corpus = OrderedJSONField(
        null=True, blank=True, help_text="The corpus: size, source, licence, hash."
    )
    environment = OrderedJSONField(
        null=True, blank=True, help_text="Revision, versions, processor, threads."
    )
    schema_version = models.PositiveSmallIntegerField(null=True, blank=True)
    measured_at = models.DateTimeField(
        null=True, blank=True, help_text="The time that the results state."
    )
    notes = models.TextField(blank=True, default="")
    tags = models.JSONField(default=list, blank=True)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="benchmark_runs",
    )
    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    archived_at = models.DateTimeField(null=True, blank=True)

    objects = BenchmarkRunQuerySet.as_manager()

    class Meta:
        """Constraints, which the database checks for every write."""

        verbose_name = "run"
        ordering = ["-created_at", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(progress__range=(0.0, 1.0)),
                name="benchmarkrun_progress_in_range",
            ),
            models.CheckConstraint(
                condition=models.Q(status__in=["queued", "cancelled"])
                | models.Q(started_at__isnull=False, attempt__gte=1),
                name="benchmarkrun_started",
            ),
            models.CheckConstraint(
                condition=models.Q(
                    status="running", claim__isnull=False, lease_until__isnull=False
                )
                | (
                    ~models.Q(status="running")
                    & models.Q(claim__isnull=True, lease_until__isnull=True)
                ),
                name="benchmarkrun_claimed_while_running",
            ),
            models.CheckConstraint(
                condition=models.Q(
                    status__in=["queued", "running"], finished_at__isnull=True
                )
                | models.Q(
                    status__in=["succeeded", "failed", "cancelled"],
                    finished_at__isnull=False,
                ),
                name="benchmarkrun_known_and_ended",
            ),
            models.CheckConstraint(
                condition=models.Q(status="failed", error__gt="")
                | (~models.Q(status="failed") & models.Q(error="")),
                name="benchmarkrun_failed_with_reason",
            ),
            models.CheckConstraint(
                condition=~models.Q(status="succeeded")
                | models.Q(
                    corpus__isnull=False,
                    environment__isnull=False,
                    schema_version__isnull=False,
                    measured_at__isnull=False,
                ),
                name="benchmarkrun_succeeded_complete",
            ),
            models.CheckConstraint(
                condition=models.lookups.GreaterThan(Length("seed"), 0),
                name="benchmarkrun_seed_given",
            ),
        ]
        indexes = [
            models.Index(
                fields=["archived_at", "-created_at", "-id"], name="benchmarkrun_latest"
            ),
            models.Index(fields=["status", "lease_until"], name="benchmarkrun_lease"),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        """Return the URL of the run's page."""
        return reverse("pages:run", kwargs={"run_id": self.pk})

    def clean(self) -> None:
        """Check rules that cannot be constraints on every database."""
        if refusal := explain_refusal(self.name):
            raise ValidationError({"name": f"A name {refusal}."})
        check_tags(self.tags)

    @property
    def title(self) -> str:
        """Return the name, given or made from what the run measures."""
        if self.name:
            return self.name
        return make_default_name(self.config["schedules"], self.baseline)

    def add_log_line(self, text: str) -> None:
        """Add a line to the log, without storing it; the first lines drop out."""
        line = {
            "at": timezone.now().isoformat(timespec="seconds"),
            "text": text[:LONGEST_LOG_LINE],
        }
        # A new list, since another thread may be storing the old one.
        self.log = [*self.log, line][-MOST_LOG_LINES:]

    @property
    def phase(self) -> str:
        """Return what its worker is doing, or "" if it is not running."""
        if self.status != self.Status.RUNNING or not self.log:
            return ""
        text: str = self.log[-1]["text"]
        return text

    @property
    def time_left(self) -> str:
        """Return the estimated time that is left, or "" if it is unknown."""
        if self.status != self.Status.RUNNING or self.seconds_left is None:
            return ""
        if self.seconds_left < 10:
            return "a few seconds left"
        rounded = timedelta(seconds=round(self.seconds_left, -1))
        return f"about {describe_time(rounded)} left"

    @property
    def last_log_lines(self) -> list[dict[str, str]]:
        """Return the lines to show next to the reason of a failure."""
        return list(self.log[-FAILURE_LINES:])

    @property
    def percent(self) -> int:
        """Return the progress in whole percent, 100 only at the end."""
        return int(100 * self.progress)

    @property
    def is_ended(self) -> bool:
        """Return whether the status is final."""
        return self.status in self.ENDED

    def find_use(self) -> str:
        """Return why the run cannot be deleted, with the way out; "" if it can."""
        return "" if self.is_ended else f"The run is {self.status}: cancel it first."

    @property
    def state_text(self) -> str:
        """Return details to show next to the status, or ""."""
        if self.status == self.Status.QUEUED and self.attempt:
            return f"waits for attempt {self.attempt + 1} of {MOST_ATTEMPTS}"
        if self.is_lost:
            return "its worker does not respond"
        if self.cancel_requested and not self.is_ended:
            return "is being cancelled"
        if self.status == self.Status.RUNNING and self.attempt > 1:
            return f"attempt {self.attempt} of {MOST_ATTEMPTS}"
        return ""

    @property
    def duration(self) -> timedelta | None:
        """Return how long a run took that has ended."""
        if self.started_at is None or self.finished_at is None:
            return None
        return self.finished_at - self.started_at

    def document(self) -> dict[str, Any]:
        """Return the results of a succeeded run, in the form of ``results.json``.

        Returns:
            The recorded document, with the same keys and values as the file.
        """
        if self.measured_at is None:
            raise ValueError(
                f"only a run that succeeded has results, but {self.pk} is {self.status}"
            )
        return {
            "schema_version": self.schema_version,
            "created_at": self.measured_at.isoformat(),
            "suite": self.suite,
            "name": self.title,
            "environment": self.environment,
            "config": self.config,
            "corpus": self.corpus,
            "schedules": [schedule.entry() for schedule in self.schedules.all()],
            "throughput": [case.entry() for case in self.throughput_results.all()],
        }
