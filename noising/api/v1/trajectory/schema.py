"""What POST trajectory says about itself in the OpenAPI document."""

from typing import Any

from drf_spectacular.utils import (
    OpenApiExample,
    OpenApiResponse,
    extend_schema,
    extend_schema_field,
)
from rest_framework import serializers

from noising.api.documents import MetricsSerializer
from noising.api.schema import answer
from noising.api.v1 import examples
from noising.api.v1.schema import COMPUTED, FINGERPRINT, RETRY_AFTER, SEED
from noising.api.v1.trajectory.renderers import MEDIA_TYPE
from noising.api.v1.trajectory.serializers import TrajectoryRequestSerializer


class TrajectoryStateSerializer(serializers.Serializer[Any]):
    """One line of the answer of POST trajectory."""

    timestep = serializers.IntegerField()
    alpha = serializers.FloatField(help_text="At the timestep, before any weights.")
    noised_tokens = serializers.ListField(child=serializers.IntegerField())
    metrics = MetricsSerializer()


PAIR = {
    "type": "array",
    "items": {"type": "integer", "minimum": 0},
    "minItems": 2,
    "maxItems": 2,
}


@extend_schema_field({"type": "array", "items": {"type": "array", "items": PAIR}})
class _ChangesField(serializers.Field[Any, Any, Any, Any]):
    """Pairs of timestep and id for each position."""


class TrajectoryHistorySerializer(serializers.Serializer[Any]):
    """The answer of POST trajectory as JSON."""

    timesteps = serializers.ListField(
        child=serializers.IntegerField(min_value=0),
        help_text="Those asked for, rising, each once.",
    )
    alphas = serializers.ListField(
        child=serializers.FloatField(), help_text="At each, before any weights."
    )
    changes = _ChangesField(
        help_text="For each position the timesteps at which it is another id than "
        "before, rising, each with that id. A position's state is that of the last "
        "change at or before a timestep, or the clean token."
    )
    seed = serializers.IntegerField(min_value=0)
    fingerprint = serializers.CharField(help_text="SHA-256 of the specification used.")


DESCRIPTION = """\
By default the answer is NDJSON: a line for each timestep, sent when it is worked out.
Everything is checked before the first byte is sent.

With `Accept: application/json` it is one document with the same states in less room:
when each position changes, and to what. It holds at most MAX_TOKENS changes.
"""

TRAJECTORY = extend_schema(
    operation_id="trajectory",
    summary="Noise one sequence at many timesteps",
    description=DESCRIPTION,
    tags=["noise"],
    parameters=[SEED, FINGERPRINT, RETRY_AFTER],
    request=TrajectoryRequestSerializer,
    examples=[
        OpenApiExample("Three steps", examples.TRAJECTORY_REQUEST, request_only=True),
    ],
    responses={
        (200, MEDIA_TYPE): OpenApiResponse(
            TrajectoryStateSerializer,
            "A line for each timestep.",
        )
    }
    | answer(
        TrajectoryHistorySerializer,
        "The changes of each position.",
        OpenApiExample(
            "Three steps", examples.HISTORY_ANSWER, media_type="application/json"
        ),
    )
    | COMPUTED,
)
