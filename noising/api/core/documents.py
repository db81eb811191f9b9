"""The forms of the answers, for the OpenAPI document."""

from typing import Any

from rest_framework import serializers


class StatusSerializer(serializers.Serializer[Any]):
    """The answer of GET /."""

    service = serializers.CharField()
    version = serializers.CharField()
    status = serializers.CharField()


class LimitsSerializer(serializers.Serializer[Any]):
    """The limits of one request."""

    max_tokens = serializers.IntegerField()
    max_body_bytes = serializers.IntegerField()
    max_trajectory_tokens = serializers.IntegerField(
        help_text="Tokens of a trajectory, summed over its timesteps."
    )
    max_probabilities = serializers.IntegerField(
        help_text="Rows times states in one request for exact quantities."
    )
    max_work_seconds = serializers.FloatField(
        help_text="Estimated seconds to build a noise process, or for a request's "
        "computations other than noising its tokens."
    )
    max_costly_requests = serializers.IntegerField(
        help_text="Costly requests at once in each worker process."
    )
    max_text_characters = serializers.IntegerField()
    max_run_schedules = serializers.IntegerField(
        help_text="Schedules in one run, not counting the baseline."
    )
    max_run_timesteps = serializers.IntegerField()
    max_run_samples = serializers.IntegerField()
    max_queued_runs = serializers.IntegerField(
        help_text="Unfinished runs of one account."
    )


class VersionsSerializer(serializers.Serializer[Any]):
    """The versions of the parts."""

    service = serializers.CharField()
    engine = serializers.CharField()


class InfoSerializer(serializers.Serializer[Any]):
    """The response of GET /info."""

    vocab_size = serializers.IntegerField()
    num_timesteps = serializers.IntegerField()
    schedule_type = serializers.CharField()
    beta_min = serializers.FloatField(help_text="Used by linear and quadratic.")
    beta_max = serializers.FloatField(help_text="Used by linear and quadratic.")
    graph = serializers.CharField()
    mask_id = serializers.IntegerField(allow_null=True)
    num_states = serializers.IntegerField(
        help_text="Number of states: ids that noised tokens can have."
    )
    hyperschedule = serializers.DictField(help_text="Used if a request names none.")
    token_type_weights = serializers.DictField(child=serializers.FloatField())
    limits = LimitsSerializer()
    kernel = serializers.CharField(help_text="numpy, numba or auto.")
    versions = VersionsSerializer()
    fingerprint = serializers.CharField(help_text="SHA-256 of the specification.")
    specification = serializers.DictField()


class AlphaSerializer(serializers.Serializer[Any]):
    """The response of GET /alpha/{timestep}."""

    timestep = serializers.IntegerField()
    alpha = serializers.FloatField(min_value=0.0, max_value=1.0)


class MetricsSerializer(serializers.Serializer[Any]):
    """How many tokens are unchanged."""

    unchanged_tokens = serializers.IntegerField()
    percent_unchanged = serializers.FloatField(help_text="With two decimals.")
    total_tokens = serializers.IntegerField()


class MasksSerializer(serializers.Serializer[Any]):
    """A boolean for each position."""

    resampled = serializers.ListField(
        child=serializers.BooleanField(),
        help_text="Resampled, possibly to the same id.",
    )
    changed = serializers.ListField(
        child=serializers.BooleanField(), help_text="The id differs from the clean one."
    )


class NoiseSerializer(serializers.Serializer[Any]):
    """The response of POST /noise; the last three keys only if `return` names them."""

    noised_tokens = serializers.ListField(child=serializers.IntegerField())
    alpha = serializers.FloatField(
        help_text="At the timestep, without a hyperschedule."
    )
    metrics = MetricsSerializer()
    alphas = serializers.ListField(
        child=serializers.FloatField(), required=False, help_text="By position."
    )
    seed = serializers.IntegerField(required=False, min_value=0)
    masks = MasksSerializer(required=False)


class FieldErrorSerializer(serializers.Serializer[Any]):
    """One refused value."""

    pointer = serializers.CharField(help_text="JSON pointer, such as #/tokens/3.")
    code = serializers.CharField()
    detail = serializers.CharField()


class ProblemSerializer(serializers.Serializer[Any]):
    """An error in the format of RFC 9457."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField()
    errors = FieldErrorSerializer(  # type: ignore[assignment]  # a field, not the property
        many=True, help_text="At most ten."
    )
    request_id = serializers.CharField()
