"""What POST trajectory says about itself in the OpenAPI document."""

from typing import Any

from drf_spectacular.utils import (
    OpenApiExample,
    OpenApiResponse,
    extend_schema,
    extend_schema_field,
)
from rest_framework import serializers

from noising.api.core.responses import MetricsSerializer
from noising.api.openapi import examples
from noising.api.openapi.responses import (
    COMPUTED,
    FINGERPRINT,
    RETRY_AFTER,
    SEED,
    success,
)
from noising.api.trajectory.renderers import MEDIA_TYPE
from noising.api.trajectory.requests import TrajectoryRequestSerializer


class TrajectoryStateSerializer(serializers.Serializer[Any]):
    """One line of the response of POST trajectory."""

    timestep = serializers.IntegerField()
    alpha = serializers.FloatField(
        help_text="At the timestep, without a hyperschedule."
    )
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
    """The response of POST trajectory as JSON."""

    timesteps = serializers.ListField(
        child=serializers.IntegerField(min_value=0),
        help_text="The requested timesteps, in ascending order.",
    )
    alphas = serializers.ListField(
        child=serializers.FloatField(),
        help_text="Alpha at each timestep, without a hyperschedule.",
    )
    changes = _ChangesField(
        help_text="For each position, pairs of a timestep at which its id changes and "
        "the new id, in ascending order. At a timestep, a position has the id of its "
        "last change up to then, or its clean token if there is none."
    )
    seed = serializers.IntegerField(min_value=0)
    fingerprint = serializers.CharField(help_text="SHA-256 of the specification used.")


DESCRIPTION = """\
By default the response is NDJSON: a line for each timestep, sent when it is computed.
The request is checked completely before the first byte is sent.

With `Accept: application/json` the response is one shorter document with the same
states: when each position changes, and to which id. It has at most MAX_TOKENS changes.
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
    | success(
        TrajectoryHistorySerializer,
        "The changes of each position.",
        OpenApiExample(
            "Three steps", examples.HISTORY_ANSWER, media_type="application/json"
        ),
    )
    | COMPUTED,
)
