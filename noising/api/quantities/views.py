"""POST marginal, posterior and score-ratio: parse, call, respond."""

from rest_framework.request import Request
from rest_framework.response import Response

from noising.api.base import StatelessView
from noising.api.parsers import read_json
from noising.api.quantities import schema
from noising.api.quantities.requests import (
    MarginalRequestSerializer,
    PosteriorRequestSerializer,
    ScoreRatioRequestSerializer,
)
from noising.api.quantities.responses import quantity_answer

MARGINAL = MarginalRequestSerializer()
POSTERIOR = PosteriorRequestSerializer()
SCORE_RATIO = ScoreRatioRequestSerializer()


class MarginalView(StatelessView):
    """POST marginal."""

    @schema.MARGINAL
    def post(self, request: Request) -> Response:
        """Return q(x_t | x_0)."""
        order = MARGINAL.parse(read_json(request))
        return Response(quantity_answer(order, "marginal"))


class PosteriorView(StatelessView):
    """POST posterior."""

    @schema.POSTERIOR
    def post(self, request: Request) -> Response:
        """Return q(x_s | x_t, x_0)."""
        order = POSTERIOR.parse(read_json(request))
        return Response(quantity_answer(order, "posterior"))


class ScoreRatioView(StatelessView):
    """POST score-ratio."""

    @schema.SCORE_RATIO
    def post(self, request: Request) -> Response:
        """Return the concrete score, p(y | x_0)/p(x_t | x_0) for every state y."""
        order = SCORE_RATIO.parse(read_json(request))
        return Response(quantity_answer(order, "score_ratio"))
