"""What the exact quantities say about themselves in the OpenAPI document."""

from typing import Any

from drf_spectacular.utils import (
    OpenApiExample,
    extend_schema,
    extend_schema_field,
)
from rest_framework import serializers

from noising.api.array_fields import either
from noising.api.openapi import examples
from noising.api.openapi.responses import COMPUTED, RETRY_AFTER, success
from noising.api.quantities.requests import (
    MarginalRequestSerializer,
    PosteriorRequestSerializer,
    ScoreRatioRequestSerializer,
)

VALUE = {"type": ["number", "null"]}
ROW = {"type": "array", "items": VALUE}
ABOUT = "A value for each state or candidate, in a row for each row of the request."


@extend_schema_field(either(ROW, {"type": "array", "items": ROW}))
class _ValuesField(serializers.Field[Any, Any, Any, Any]):
    """Values by state; null where there is no finite one."""


class _QuantitySerializer(serializers.Serializer[Any]):
    candidates = serializers.ListField(
        child=serializers.IntegerField(),
        allow_null=True,
        help_text="The states that the values belong to; null for all, in order.",
    )
    num_states = serializers.IntegerField(help_text="Number of states.")
    fingerprint = serializers.CharField(help_text="SHA-256 of the specification used.")


class MarginalSerializer(_QuantitySerializer):
    """The response of POST marginal."""

    marginal = _ValuesField(help_text=ABOUT)


class PosteriorSerializer(_QuantitySerializer):
    """The response of POST posterior."""

    posterior = _ValuesField(help_text=ABOUT)


class ScoreRatioSerializer(_QuantitySerializer):
    """The response of POST score-ratio."""

    score_ratio = _ValuesField(help_text=ABOUT)


MARGINAL = extend_schema(
    operation_id="marginal",
    summary="The distribution of noised tokens given the clean ones",
    description="q(x_t | x_0). Exactly one of `timesteps` and `times` is needed.",
    tags=["quantities"],
    parameters=[RETRY_AFTER],
    request=MarginalRequestSerializer,
    examples=[OpenApiExample("Four ids", examples.MARGINAL_REQUEST, request_only=True)],
    responses=success(
        MarginalSerializer,
        "The distribution.",
        OpenApiExample("Four ids", examples.MARGINAL_ANSWER),
    )
    | COMPUTED,
)
POSTERIOR = extend_schema(
    operation_id="posterior",
    summary="The distribution of less noised tokens given noised and clean ones",
    description="q(x_s | x_t, x_0) for a time s that is not after t. Exactly one of "
    "`timesteps` and `times` is needed, and one of `earlier_timesteps` and "
    "`earlier_times`. All values of a row are null if `xt` cannot arise from its `x0`.",
    tags=["quantities"],
    parameters=[RETRY_AFTER],
    request=PosteriorRequestSerializer,
    examples=[
        OpenApiExample("Two rows", examples.POSTERIOR_REQUEST, request_only=True)
    ],
    responses=success(
        PosteriorSerializer,
        "The distribution.",
        OpenApiExample("Two rows", examples.POSTERIOR_ANSWER),
    )
    | COMPUTED,
)
SCORE_RATIO = extend_schema(
    operation_id="score_ratio",
    summary="The concrete score of noised tokens given the clean ones",
    description="p(y | x_0)/p(x_t | x_0) for every state y, the target of score "
    "entropy. Exactly one of `timesteps` and `times` is needed. A row of nulls stands "
    "for tokens that cannot come of each other.",
    tags=["quantities"],
    parameters=[RETRY_AFTER],
    request=ScoreRatioRequestSerializer,
    examples=[
        OpenApiExample(
            "Two candidates", examples.SCORE_RATIO_REQUEST, request_only=True
        )
    ],
    responses=success(
        ScoreRatioSerializer,
        "The ratios.",
        OpenApiExample("Two candidates", examples.SCORE_RATIO_ANSWER),
    )
    | COMPUTED,
)
