"""What POST trajectory says about itself in the OpenAPI document."""

from typing import Any

from drf_spectacular.utils import OpenApiExample, OpenApiResponse, extend_schema
from rest_framework import serializers

from noising.api.documents import MetricsSerializer
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


TRAJECTORY = extend_schema(
    operation_id="trajectory",
    summary="Noise one sequence at many timesteps",
    description="The answer is NDJSON: a line for each timestep, sent when it is "
    "worked out. Everything is checked before the first byte is sent.",
    tags=["noise"],
    parameters=[SEED, FINGERPRINT, RETRY_AFTER],
    request=TrajectoryRequestSerializer,
    examples=[
        OpenApiExample("Three steps", examples.TRAJECTORY_REQUEST, request_only=True),
    ],
    responses={
        (200, MEDIA_TYPE): OpenApiResponse(
            TrajectoryStateSerializer,
            "A line for each timestep, each such a document.",
            examples=[
                OpenApiExample(
                    "The first line",
                    examples.TRAJECTORY_ANSWER[0],
                    media_type=MEDIA_TYPE,
                )
            ],
        )
    }
    | COMPUTED,
)
