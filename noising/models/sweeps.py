"""The configurations of a sweep, and what was measured."""

from typing import TYPE_CHECKING, Any, Self

from django.db import models

if TYPE_CHECKING:
    from noising.models.jobs import Job


class SweepPointQuerySet(models.QuerySet["SweepPoint"]):
    """Reads of the configurations of sweeps."""

    def of_job(self, job: "Job") -> Self:
        """Select the configurations of a job."""
        return self.filter(job=job)

    def measured(self) -> Self:
        """Select those that could be measured."""
        return self.filter(error="")

    def on_front(self) -> Self:
        """Select those that no other one beats, by group and information wasted."""
        return self.filter(is_on_front=True).order_by(
            *("corpus", "graph", "num_timesteps"),
            *("information_wasted", "position"),
        )

    def list_errors(self, most: int) -> list[tuple[str, int]]:
        """Return the commonest errors with the number of configurations."""
        failed = self.exclude(error="").order_by().values("error")
        counted = failed.annotate(points=models.Count("pk"))
        rows = counted.order_by("-points", "error").values_list("error", "points")
        return list(rows[:most])


class SweepPoint(models.Model):
    """One configuration of a sweep with its exact quantities.

    Those that plots and the Pareto list need have columns of their own.
    """

    job = models.ForeignKey(
        "noising.Job", on_delete=models.CASCADE, related_name="points"
    )
    position = models.PositiveIntegerField(help_text="Its place in the grid.")
    schedule = models.JSONField()
    graph = models.JSONField()
    corpus = models.CharField(max_length=255)
    num_timesteps = models.PositiveIntegerField()
    values = models.JSONField(default=dict, blank=True)
    information_wasted = models.FloatField(null=True, blank=True)
    weight_variance = models.FloatField(null=True, blank=True)
    is_on_front = models.BooleanField(
        default=False,
        help_text="Whether no other one of its graph, corpus and number of timesteps "
        "wastes less information at a smaller variance of the weight.",
    )
    error = models.TextField(
        blank=True, default="", help_text="Why it could not be measured."
    )

    objects = SweepPointQuerySet.as_manager()

    class Meta:
        """Constraints, which the database checks for every write."""

        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(
                fields=["job", "position"], name="sweeppoint_once_per_job"
            ),
        ]

    def __str__(self) -> str:
        return self.label

    @property
    def label(self) -> str:
        """Return the schedule with its parameters, such as `loglinear epsilon=0.1`."""
        return describe_part(self.schedule)

    @property
    def group(self) -> tuple[str, str, int]:
        """Return graph, corpus and timesteps: only points that share them compare."""
        return describe_part(self.graph), self.corpus, self.num_timesteps


def describe_part(part: dict[str, Any]) -> str:
    """Return the type of a schedule or graph and its parameters."""
    values = (f"{name}={value}" for name, value in part.items() if name != "type")
    return " ".join([str(part["type"]), *values])
