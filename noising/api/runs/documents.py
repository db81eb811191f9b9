"""The forms of the answers, for the OpenAPI document."""

from typing import Any

from rest_framework import serializers

from noising.models import BenchmarkRun

STATUSES = [str(status) for status in BenchmarkRun.Status]


class RunSerializer(serializers.Serializer[Any]):
    """A run: its parameters and its progress."""

    id = serializers.UUIDField()
    status = serializers.ChoiceField(choices=STATUSES)
    state = serializers.CharField(
        help_text="More about the status, such as the number of the attempt; or empty."
    )
    progress = serializers.FloatField(min_value=0.0, max_value=1.0)
    attempt = serializers.IntegerField(
        min_value=0, help_text="How often the run was started, three times at most."
    )
    cancel_requested = serializers.BooleanField()
    error = serializers.CharField(help_text="Why the run failed; otherwise empty.")
    suite = serializers.CharField()
    corpus = serializers.CharField()
    schedules = serializers.ListField(child=serializers.CharField())
    baseline = serializers.CharField()
    graph = serializers.DictField()
    num_timesteps = serializers.IntegerField(min_value=1)
    timesteps = serializers.ListField(child=serializers.IntegerField(min_value=0))
    samples = serializers.IntegerField(min_value=1)
    seed = serializers.IntegerField(min_value=0)
    notes = serializers.CharField()
    tags = serializers.ListField(child=serializers.CharField())
    owner = serializers.CharField(allow_null=True)
    created_at = serializers.DateTimeField()
    started_at = serializers.DateTimeField(allow_null=True)
    heartbeat_at = serializers.DateTimeField(allow_null=True)
    finished_at = serializers.DateTimeField(allow_null=True)
    archived_at = serializers.DateTimeField(allow_null=True)
    url = serializers.URLField()


class RunDetailSerializer(RunSerializer):
    """A run with its corpus and environment."""

    corpus_details = serializers.DictField(
        allow_null=True,
        help_text="Size, source, licence, hash; null before the run has succeeded.",
    )
    environment = serializers.DictField(
        allow_null=True,
        help_text="Revision, versions, machine; null before the run has succeeded.",
    )


class MeasurementSerializer(serializers.Serializer[Any]):
    """A measured value with its 95 % interval, and the exact value."""

    measured = serializers.FloatField()
    low = serializers.FloatField(allow_null=True)
    high = serializers.FloatField(allow_null=True)
    exact = serializers.FloatField(allow_null=True)


class ResultSerializer(serializers.Serializer[Any]):
    """The results of one schedule at one timestep."""

    schedule = serializers.CharField()
    is_baseline = serializers.BooleanField()
    timestep = serializers.IntegerField(min_value=0)
    alpha = serializers.FloatField(min_value=0.0, max_value=1.0)
    metrics = serializers.DictField(child=MeasurementSerializer())


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
