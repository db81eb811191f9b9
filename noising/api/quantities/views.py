"""POST marginal, posterior and score-ratio: parse, call, respond."""

from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from noising.api.base import StatelessView
from noising.api.openapi import examples
from noising.api.openapi.responses import COMPUTED, RETRY_AFTER, success
from noising.api.parsers import read_json
from noising.api.quantities.requests import (
    MarginalRequestSerializer,
    PosteriorRequestSerializer,
    ScoreRatioRequestSerializer,
)
from noising.api.quantities.responses import (
    MarginalSerializer,
    PosteriorSerializer,
    ScoreRatioSerializer,
    compute_quantity,
)

MARGINAL = MarginalRequestSerializer()
POSTERIOR = PosteriorRequestSerializer()
SCORE_RATIO = ScoreRatioRequestSerializer()


class MarginalView(StatelessView):
    """POST marginal."""

    @extend_schema(
        operation_id="marginal",
        summary="The distribution of noised tokens given the clean ones",
        description="q(x_t | x_0). Exactly one of `timesteps` and `times` is needed.",
        tags=["quantities"],
        parameters=[RETRY_AFTER],
        request=MarginalRequestSerializer,
        examples=[
            OpenApiExample("Four ids", examples.MARGINAL_REQUEST, request_only=True)
        ],
        responses=success(
            MarginalSerializer,
            "The distribution.",
            OpenApiExample("Four ids", examples.MARGINAL_RESPONSE),
        )
        | COMPUTED,
    )
    def post(self, request: Request) -> Response:
        """Return q(x_t | x_0)."""
        parsed = MARGINAL.parse(read_json(request))
        return Response(compute_quantity(parsed, "marginal"))


class PosteriorView(StatelessView):
    """POST posterior."""

    @extend_schema(
        operation_id="posterior",
        summary="The distribution of less noised tokens given noised and clean ones",
        description="q(x_s | x_t, x_0) for a time s that is not after t. Exactly one "
        "of `timesteps` and `times` is needed, and one of `earlier_timesteps` and "
        "`earlier_times`. All values of a row are null if `xt` cannot arise from its "
        "`x0`.",
        tags=["quantities"],
        parameters=[RETRY_AFTER],
        request=PosteriorRequestSerializer,
        examples=[
            OpenApiExample("Two rows", examples.POSTERIOR_REQUEST, request_only=True)
        ],
        responses=success(
            PosteriorSerializer,
            "The distribution.",
            OpenApiExample("Two rows", examples.POSTERIOR_RESPONSE),
        )
        | COMPUTED,
    )
    def post(self, request: Request) -> Response:
        """Return q(x_s | x_t, x_0)."""
        parsed = POSTERIOR.parse(read_json(request))
        return Response(compute_quantity(parsed, "posterior"))


class ScoreRatioView(StatelessView):
    """POST score-ratio."""

    @extend_schema(
        operation_id="score_ratio",
        summary="The concrete score of noised tokens given the clean ones",
        description="p(y | x_0)/p(x_t | x_0) for every state y, the target of score "
        "entropy. Exactly one of `timesteps` and `times` is needed. All "
        "values of a row are null if `xt` cannot arise from its `x0`.",
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
            OpenApiExample("Two candidates", examples.SCORE_RATIO_RESPONSE),
        )
        | COMPUTED,
    )
    def post(self, request: Request) -> Response:
        """Return the concrete score, p(y | x_0)/p(x_t | x_0) for every state y."""
        parsed = SCORE_RATIO.parse(read_json(request))
        return Response(compute_quantity(parsed, "score_ratio"))
