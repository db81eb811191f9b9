"""Runs, their results and comparisons in responses."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from noising.models import BenchmarkResult, BenchmarkRun

RETRY_SECONDS = 2
"""How long a client should wait before it reads an unfinished run again."""

MEASUREMENT = ("measured", "low", "high", "exact")


class RunSerializer(serializers.ModelSerializer[BenchmarkRun]):
    """A run: its parameters and its progress."""

    name = serializers.CharField(
        source="title",
        read_only=True,
        help_text="The given name, or one made from the schedules and the baseline.",
    )
    state = serializers.CharField(
        source="state_text",
        read_only=True,
        help_text="More about the status, such as the number of the attempt; or empty.",
    )
    time_left = serializers.CharField(
        read_only=True,
        help_text="`seconds_left` in words, such as `about 2 minutes left`; or empty.",
    )
    corpus = serializers.CharField(source="corpus_name", read_only=True)
    schedules = serializers.ListField(
        source="config.schedules", read_only=True, child=serializers.CharField()
    )
    graph = serializers.DictField(source="config.graph", read_only=True)
    num_timesteps = serializers.IntegerField(
        source="config.num_timesteps", read_only=True, min_value=1
    )
    timesteps = serializers.ListField(
        source="config.timesteps",
        read_only=True,
        child=serializers.IntegerField(min_value=0),
    )
    samples = serializers.IntegerField(
        source="config.samples", read_only=True, min_value=1
    )
    seed = serializers.IntegerField(read_only=True, min_value=0)
    decision = serializers.BooleanField(
        source="config.decision",
        default=False,
        read_only=True,
        help_text="Whether the run computes which schedule to take.",
    )
    tags = serializers.ListField(read_only=True, child=serializers.CharField())
    owner = serializers.CharField(
        source="owner.username", read_only=True, allow_null=True
    )
    url = serializers.HyperlinkedIdentityField(
        view_name="v1:run-detail", lookup_url_kwarg="run_id"
    )

    class Meta:
        """The keys, in the order of the response."""

        model = BenchmarkRun
        fields: tuple[str, ...] = (
            "id",
            "name",
            "status",
            "state",
            "progress",
            "seconds_left",
            "time_left",
            "attempt",
            "cancel_requested",
            "error",
            "suite",
            "corpus",
            "schedules",
            "baseline",
            "graph",
            "num_timesteps",
            "timesteps",
            "samples",
            "seed",
            "decision",
            "notes",
            "tags",
            "owner",
            "created_at",
            "started_at",
            "heartbeat_at",
            "finished_at",
            "archived_at",
            "url",
        )
        read_only_fields = fields
        extra_kwargs = {
            "progress": {"min_value": 0.0, "max_value": 1.0},
            "seconds_left": {
                "min_value": 0.0,
                "help_text": "Estimated from the progress so far; null if the run is "
                "not running, or has just begun.",
            },
            "attempt": {
                "min_value": 0,
                "help_text": "How often the run was started, three times at most.",
            },
            "error": {"help_text": "Why the run failed; otherwise empty."},
        }


class LogLineSerializer(serializers.Serializer[Any]):
    """A line of a run's log."""

    at = serializers.DateTimeField()
    text = serializers.CharField()


class RunDetailSerializer(RunSerializer):
    """A run with its log, corpus and environment."""

    phase = serializers.CharField(
        read_only=True,
        help_text="What its worker is doing; empty if it is not running.",
    )
    log = LogLineSerializer(
        many=True, read_only=True, help_text="The last lines, the oldest first."
    )
    corpus_details = serializers.DictField(
        source="corpus",
        read_only=True,
        allow_null=True,
        help_text="Size, source, licence, hash; null before the run has succeeded.",
    )
    environment = serializers.DictField(
        read_only=True,
        allow_null=True,
        help_text="Revision, versions, machine; null before the run has succeeded.",
    )

    class Meta(RunSerializer.Meta):
        """The same keys, and four more."""

        fields = (
            *RunSerializer.Meta.fields,
            "phase",
            "log",
            "corpus_details",
            "environment",
        )


class KeyResultsSerializer(serializers.Serializer[Any]):
    """The key results of a schedule, measured at the middle timestep."""

    preserved = serializers.FloatField()
    information_nats = serializers.FloatField()
    edit_distance = serializers.FloatField()
    wasted_steps = serializers.IntegerField(min_value=0)


class ExportedRunSerializer(serializers.Serializer[Any]):
    """A run as a line of an export; `export_runs` makes it."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    status = serializers.ChoiceField(choices=BenchmarkRun.Status.values)
    created_at = serializers.DateTimeField()
    finished_at = serializers.DateTimeField(allow_null=True)
    corpus = serializers.CharField()
    schedules = serializers.ListField(child=serializers.CharField())
    baseline = serializers.CharField()
    graph = serializers.CharField()
    num_timesteps = serializers.IntegerField(min_value=1)
    samples = serializers.IntegerField(min_value=1)
    seed = serializers.IntegerField(min_value=0)
    suite = serializers.CharField()
    tags = serializers.ListField(child=serializers.CharField())
    notes = serializers.CharField()
    owner = serializers.CharField(allow_null=True)
    archived_at = serializers.DateTimeField(allow_null=True)
    error = serializers.CharField()
    timestep = serializers.IntegerField(
        min_value=0, help_text="The timestep of the results, next to the middle."
    )
    results = serializers.DictField(
        child=KeyResultsSerializer(),
        help_text="By schedule; empty if the run has not succeeded.",
    )


class MeasurementSerializer(serializers.Serializer[Any]):
    """A measured value with its 95 % interval, and the exact value."""

    measured = serializers.FloatField()
    low = serializers.FloatField(allow_null=True)
    high = serializers.FloatField(allow_null=True)
    exact = serializers.FloatField(allow_null=True)


class ResultSerializer(serializers.ModelSerializer[BenchmarkResult]):
    """The results of one schedule at one timestep."""

    schedule = serializers.CharField(source="schedule.name", read_only=True)
    is_baseline = serializers.BooleanField(
        source="schedule.is_baseline", read_only=True
    )
    metrics = serializers.SerializerMethodField()

    class Meta:
        """The keys, in the order of the response."""

        model = BenchmarkResult
        fields = ("schedule", "is_baseline", "timestep", "alpha", "metrics")
        read_only_fields = fields
        extra_kwargs = {
            "timestep": {"min_value": 0},
            "alpha": {"min_value": 0.0, "max_value": 1.0},
        }

    @extend_schema_field(serializers.DictField(child=MeasurementSerializer()))
    def get_metrics(self, result: BenchmarkResult) -> Any:
        """Return the metrics as they were recorded, digit by digit."""
        return result.metrics


class RunDifferenceSerializer(serializers.Serializer[Any]):
    """A value that differs between the runs."""

    name = serializers.CharField()
    values = serializers.DictField(help_text="Values by the run's id.")


class ComparedValueSerializer(serializers.Serializer[Any]):
    """A value of one run, compared with the baseline's."""

    measured = serializers.FloatField()
    low = serializers.FloatField(allow_null=True)
    high = serializers.FloatField(allow_null=True)
    exact = serializers.FloatField(required=False, allow_null=True)
    engine_ns_per_token = serializers.FloatField(required=False)
    delta_percent = serializers.FloatField(
        allow_null=True,
        help_text="Change from the baseline; null if the baseline has 0.",
    )
    within_noise = serializers.BooleanField(
        allow_null=True, help_text="Whether the intervals overlap."
    )


class ComparedMetricSerializer(serializers.Serializer[Any]):
    """One metric of one schedule at one timestep."""

    schedule = serializers.CharField()
    timestep = serializers.IntegerField(min_value=0)
    metric = serializers.CharField()
    values = serializers.DictField(
        child=ComparedValueSerializer(), help_text="Values by the run's id."
    )


class ComparedSpeedSerializer(serializers.Serializer[Any]):
    """The speedup over naive NumPy in one case."""

    case = serializers.CharField()
    values = serializers.DictField(
        child=ComparedValueSerializer(), help_text="Values by the run's id."
    )


class RunComparisonSerializer(serializers.Serializer[Any]):
    """A comparison of runs."""

    baseline = serializers.UUIDField()
    ids = serializers.ListField(child=serializers.UUIDField())
    parameters = RunDifferenceSerializer(many=True)
    corpus = RunDifferenceSerializer(many=True)
    environment = RunDifferenceSerializer(many=True)
    metrics = ComparedMetricSerializer(many=True)
    throughput = ComparedSpeedSerializer(many=True)


def waiting_headers(run: BenchmarkRun) -> dict[str, str]:
    """Return the header that says when to read an unfinished run again."""
    return {} if run.is_ended else {"Retry-After": str(RETRY_SECONDS)}


def tabulate_results(document: Mapping[str, Any]) -> Iterator[list[Any]]:
    """Yield a table: a header, then a row for each schedule and timestep.

    Args:
        document: the results, in the form of ``results.json``.
    """
    metrics = list(
        dict.fromkeys(
            name
            for schedule in document["schedules"]
            for result in schedule["results"]
            for name in result["metrics"]
        )
    )
    columns = [f"{name}_{part}" for name in metrics for part in MEASUREMENT]
    yield ["run", "schedule", "is_baseline", "timestep", "alpha", *columns]
    for schedule in document["schedules"]:
        for result in schedule["results"]:
            yield [
                document["name"],
                schedule["name"],
                schedule["is_baseline"],
                result["timestep"],
                result["alpha"],
                *(
                    result["metrics"].get(name, {}).get(part)
                    for name in metrics
                    for part in MEASUREMENT
                ),
            ]


def tabulate_several(runs: Iterable[BenchmarkRun]) -> Iterator[Sequence[Any]]:
    """Yield the tables of several runs as one, which has the columns of them all."""
    tables = [(run, list(tabulate_results(run.document()))) for run in runs]
    columns = list(dict.fromkeys(name for _, [head, *_] in tables for name in head))
    yield ["run_id", *columns]
    for run, [head, *rows] in tables:
        places = [head.index(name) if name in head else None for name in columns]
        for row in rows:
            yield [
                str(run.pk),
                *(None if place is None else row[place] for place in places),
            ]
