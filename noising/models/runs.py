"""Benchmark runs: which schedules were measured, on what, where and how it went."""

from datetime import timedelta
from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models.functions import Length
from django.urls import reverse

from noising.models.results import BenchmarkSchedule
from noising.models.tags import check_tags

DASHBOARD_RUNS = 10


class BenchmarkRunQuerySet(models.QuerySet["BenchmarkRun"]):
    """Reads of benchmark runs."""

    def active(self) -> Self:
        """Those that are not archived."""
        return self.filter(archived_at__isnull=True)

    def with_schedule_names(self) -> Self:
        """With the schedules' names and none of what was measured, in two queries."""
        return self.prefetch_related(
            models.Prefetch("schedules", BenchmarkSchedule.objects.for_lists())
        )

    def for_dashboard(self) -> Self:
        """The latest active runs, in two queries."""
        return self.active().with_schedule_names()[:DASHBOARD_RUNS]

    def for_page(self) -> Self:
        """With everything that one run measured, in five queries."""
        return self.select_related("owner").prefetch_related(
            "schedules__config", "schedules__results", "throughput_results"
        )


class BenchmarkRun(models.Model):
    """One benchmark: what was asked for, where it ran, and its state.

    The service that creates a run also chooses its id, which begins with the time
    (UUID version 7), so that ids sort as runs were created.
    """

    class Status(models.TextChoices):
        """The states; `succeeded`, `failed` and `cancelled` are final."""

        QUEUED = "queued"
        RUNNING = "running"
        SUCCEEDED = "succeeded"
        FAILED = "failed"
        CANCELLED = "cancelled"

    ENDED = (Status.SUCCEEDED, Status.FAILED, Status.CANCELLED)

    id = models.UUIDField(primary_key=True, editable=False)
    suite = models.CharField(max_length=50)
    status = models.CharField(
        max_length=10, choices=Status.choices, default=Status.QUEUED
    )
    attempt = models.PositiveSmallIntegerField(
        default=0, help_text="How often the run was started."
    )
    progress = models.FloatField(default=0.0, help_text="The part done, 0 to 1.")
    heartbeat_at = models.DateTimeField(null=True, blank=True)
    cancel_requested = models.BooleanField(default=False)
    error = models.TextField(
        blank=True, default="", help_text="Why a failed run failed."
    )
    # A seed goes up to 2**64 - 1, which no integer column of every database holds.
    seed = models.CharField(max_length=20)
    corpus_name = models.CharField(max_length=255)
    baseline = models.CharField(max_length=100)
    config = models.JSONField(help_text="All parameters of the benchmark.")
    corpus = models.JSONField(
        null=True, blank=True, help_text="The corpus: size, source, licence, hash."
    )
    environment = models.JSONField(
        null=True, blank=True, help_text="Revision, versions, processor, threads."
    )
    schema_version = models.PositiveSmallIntegerField(null=True, blank=True)
    measured_at = models.DateTimeField(
        null=True, blank=True, help_text="The time that the results themselves name."
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
        """Database rules: they hold whichever way a row is written."""

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
            models.Index(
                fields=["status", "heartbeat_at"], name="benchmarkrun_heartbeat"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.suite} on {self.corpus_name}, {self.created_at:%Y-%m-%d %H:%M}"

    def get_absolute_url(self) -> str:
        """The run's page."""
        return reverse("pages:run", kwargs={"run_id": self.pk})

    def clean(self) -> None:
        """Check what no database constraint can express on every database."""
        check_tags(self.tags)

    @property
    def is_ended(self) -> bool:
        """Whether the state is final."""
        return self.status in self.ENDED

    @property
    def duration(self) -> timedelta | None:
        """How long a run that has ended took."""
        if self.started_at is None or self.finished_at is None:
            return None
        return self.finished_at - self.started_at

    def document(self) -> dict[str, Any]:
        """The results of a run that succeeded, as ``results.json`` holds them.

        Returns:
            The document that was recorded, equal to the file's key by key.
        """
        if self.measured_at is None:
            raise ValueError(
                f"only a run that succeeded has results, and {self.pk} is {self.status}"
            )
        return {
            "schema_version": self.schema_version,
            "created_at": self.measured_at.isoformat(),
            "suite": self.suite,
            "environment": self.environment,
            "config": self.config,
            "corpus": self.corpus,
            "schedules": [schedule.entry() for schedule in self.schedules.all()],
            "throughput": [case.entry() for case in self.throughput_results.all()],
        }
