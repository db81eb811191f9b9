"""Results of a benchmark run, for each schedule, timestep and throughput case."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self
from uuid import UUID

from django.db import models
from django.db.models.functions import Length

from noising.models.ordered_json import OrderedJSONField

if TYPE_CHECKING:
    from noising.models.runs import BenchmarkRun
    from noising.models.schedules import ScheduleConfig

SCHEDULE_PAGE_RUNS = 20


class BenchmarkScheduleQuerySet(models.QuerySet["BenchmarkSchedule"]):
    """Reads of the schedules of runs."""

    def for_schedule_page(self, config: "ScheduleConfig") -> Self:
        """Select the latest runs that measured a stored schedule, in one query."""
        return (
            self.filter(config=config, run__archived_at__isnull=True)
            .select_related("run")
            .only(
                "name",
                "is_baseline",
                "wasted_steps",
                "run__name",
                "run__config",
                "run__baseline",
                "run__corpus_name",
                "run__status",
                "run__created_at",
            )
            .order_by("-run__created_at", "-run_id")[:SCHEDULE_PAGE_RUNS]
        )


class BenchmarkSchedule(models.Model):
    """A schedule as one run measured it.

    The row has its own copy of the specification: vocabulary size and graph come from
    the corpus and the command line, and not every schedule is a stored one.
    """

    run = models.ForeignKey(
        "noising.BenchmarkRun", on_delete=models.CASCADE, related_name="schedules"
    )
    position = models.PositiveSmallIntegerField()
    name = models.CharField(max_length=100)
    config = models.ForeignKey(
        "noising.ScheduleConfig",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="measurements",
        help_text="The stored schedule that was requested, if there is one.",
    )
    specification = OrderedJSONField()
    fingerprint = models.CharField(max_length=64)
    is_baseline = models.BooleanField(default=False)
    lint_findings = OrderedJSONField(default=list)
    curves = OrderedJSONField()
    wasted_steps = models.PositiveIntegerField()
    details = OrderedJSONField(
        default=dict, help_text="Other results about the schedule."
    )

    objects = BenchmarkScheduleQuerySet.as_manager()

    class Meta:
        """Constraints, which the database checks for every write."""

        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(
                fields=["run", "name"], name="benchmarkschedule_once_per_run"
            ),
            models.UniqueConstraint(
                fields=["run", "position"], name="benchmarkschedule_position"
            ),
            models.UniqueConstraint(
                fields=["run"],
                condition=models.Q(is_baseline=True),
                name="benchmarkschedule_one_baseline",
            ),
            models.CheckConstraint(
                condition=models.lookups.Exact(Length("fingerprint"), 64),
                name="benchmarkschedule_fingerprint_is_sha256",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def entry(self) -> dict[str, Any]:
        """Return the schedule in the form of ``results.json``."""
        return {
            "name": self.name,
            "specification": self.specification,
            "fingerprint": self.fingerprint,
            "is_baseline": self.is_baseline,
            "lint": self.lint_findings,
            "curves": self.curves,
            "wasted_steps": self.wasted_steps,
            **self.details,
            "results": [result.entry() for result in self.results.all()],
        }


class BenchmarkResultQuerySet(models.QuerySet["BenchmarkResult"]):
    """Reads of results."""

    def of_run(self, run: "BenchmarkRun") -> Self:
        """Select the results of a run by schedule and timestep, in one query."""
        return (
            self.filter(schedule__run=run)
            .select_related("schedule")
            .only(
                "timestep",
                "alpha",
                "metrics",
                "schedule__name",
                "schedule__is_baseline",
            )
            .order_by("schedule__position", "timestep")
        )

    def of_runs(
        self, timesteps: Mapping[UUID, int]
    ) -> dict[UUID, list["BenchmarkResult"]]:
        """Return the results of each run at its timestep, by schedule, in one query."""
        found: dict[UUID, list[BenchmarkResult]] = {}
        results = self.filter(
            schedule__run__in=list(timesteps), timestep__in=set(timesteps.values())
        )
        for result in (
            results.select_related("schedule")
            .only(
                *("timestep", "metrics", "schedule__name", "schedule__run_id"),
                "schedule__wasted_steps",
            )
            .order_by("schedule__position")
        ):
            run_id = result.schedule.run_id
            if result.timestep == timesteps[run_id]:
                found.setdefault(run_id, []).append(result)
        return found


class BenchmarkResult(models.Model):
    """The metrics of one schedule of one run at one timestep.

    Every metric has the measured value, its 95 % interval, and the exact value.
    """

    schedule = models.ForeignKey(
        BenchmarkSchedule, on_delete=models.CASCADE, related_name="results"
    )
    timestep = models.PositiveIntegerField()
    alpha = models.FloatField()
    metrics = OrderedJSONField()

    objects = BenchmarkResultQuerySet.as_manager()

    class Meta:
        """Constraints, which the database checks for every write."""

        ordering = ["timestep"]
        constraints = [
            # A schedule row belongs to one run, so this is also unique within a run.
            models.UniqueConstraint(
                fields=["schedule", "timestep"],
                name="benchmarkresult_once_per_timestep",
            ),
            models.CheckConstraint(
                condition=models.Q(alpha__range=(0.0, 1.0)),
                name="benchmarkresult_alpha_in_range",
            ),
        ]

    def __str__(self) -> str:
        return f"timestep {self.timestep}"

    def entry(self) -> dict[str, Any]:
        """Return the timestep in the form of ``results.json``."""
        return {
            "timestep": self.timestep,
            "alpha": self.alpha,
            "metrics": self.metrics,
        }


class ThroughputResult(models.Model):
    """The speed of the engine in one case, compared with the usual NumPy code."""

    run = models.ForeignKey(
        "noising.BenchmarkRun",
        on_delete=models.CASCADE,
        related_name="throughput_results",
    )
    position = models.PositiveSmallIntegerField()
    case = models.CharField(max_length=100)
    engine_ns_per_token = models.FloatField()
    naive_ns_per_token = models.FloatField()
    speedup = models.FloatField(help_text="How many times faster the engine is.")
    details = OrderedJSONField(default=dict, help_text="Other results about the case.")

    class Meta:
        """Constraints, which the database checks for every write."""

        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(
                fields=["run", "case"], name="throughputresult_once_per_case"
            ),
            models.UniqueConstraint(
                fields=["run", "position"], name="throughputresult_position"
            ),
            models.CheckConstraint(
                condition=models.Q(
                    engine_ns_per_token__gt=0.0,
                    naive_ns_per_token__gt=0.0,
                    speedup__gt=0.0,
                ),
                name="throughputresult_positive",
            ),
        ]

    def __str__(self) -> str:
        return self.case

    def entry(self) -> dict[str, Any]:
        """Return the case in the form of ``results.json``."""
        return {
            "case": self.case,
            "engine_ns_per_token": self.engine_ns_per_token,
            "naive_ns_per_token": self.naive_ns_per_token,
            "speedup": self.speedup,
            **self.details,
        }
