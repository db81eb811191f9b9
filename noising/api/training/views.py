"""POST times, loss-weight and loo-shift: parse, call, respond."""

from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from noising.api.base import StatelessView
from noising.api.openapi import examples
from noising.api.openapi.responses import COMPUTED, RETRY_AFTER, success
from noising.api.parsers import read_json
from noising.api.training.requests import (
    LOO_SHIFT,
    LOSS_WEIGHT,
    TRAINING_TIMES,
    LooShiftRequestSerializer,
    LossWeightRequestSerializer,
    TrainingTimesRequestSerializer,
)
from noising.api.training.responses import (
    LooShiftSerializer,
    LossWeightSerializer,
    TrainingTimesSerializer,
    compute_at_times,
    draw_times,
)


class TrainingTimesView(StatelessView):
    """POST times."""

    @extend_schema(
        operation_id="training_times",
        summary="Draw training times",
        description="Element g = index0 + j depends on (seed, draw, g, total) only, so "
        "workers that split a range by `index0` and `total` get the same times as a "
        "single one. Draw times by the ids of a data set, with the epoch as `draw`.",
        tags=["training"],
        parameters=[RETRY_AFTER],
        request=TrainingTimesRequestSerializer,
        examples=[
            OpenApiExample(
                "Times of blocks", examples.TRAINING_TIMES_REQUEST, request_only=True
            )
        ],
        responses=success(
            TrainingTimesSerializer,
            "The times.",
            OpenApiExample("Times of blocks", examples.TRAINING_TIMES_RESPONSE),
        )
        | COMPUTED,
    )
    def post(self, request: Request) -> Response:
        """Draw training times."""
        return Response(draw_times(TRAINING_TIMES.parse(read_json(request))))


class LossWeightView(StatelessView):
    """POST loss-weight."""

    @extend_schema(
        operation_id="loss_weight",
        summary="The weights of losses at training times",
        description="The weight of a row's loss, which is a sum over the tokens that "
        "moved. Exactly one of `timesteps` and `times` is needed. The forms `realised` "
        "and `count` need `moved` and `eligible`; a row in which nothing moved then "
        "has weight 0.",
        tags=["training"],
        parameters=[RETRY_AFTER],
        request=LossWeightRequestSerializer,
        examples=[
            OpenApiExample("By count", examples.LOSS_WEIGHT_REQUEST, request_only=True)
        ],
        responses=success(
            LossWeightSerializer,
            "The weights.",
            OpenApiExample("By count", examples.LOSS_WEIGHT_RESPONSE),
        )
        | COMPUTED,
    )
    def post(self, request: Request) -> Response:
        """Return the weights of losses."""
        parsed = LOSS_WEIGHT.parse(read_json(request))
        return Response(compute_at_times(parsed, "loss_weight"))


class LooShiftView(StatelessView):
    """POST loo-shift."""

    @extend_schema(
        operation_id="loo_shift",
        summary="The leave-one-out shift of uniform noise",
        description="log1p(V·alpha/(1 - alpha)). Added to the logit of x_t, it turns a "
        "posterior over x_0 that does not know x_t at its own position into one that "
        "does. Only for the graph `uniform`. Exactly one of `timesteps` and `times` is "
        "needed. Infinite values are null.",
        tags=["training"],
        parameters=[RETRY_AFTER],
        request=LooShiftRequestSerializer,
        examples=[
            OpenApiExample("Two times", examples.LOO_SHIFT_REQUEST, request_only=True)
        ],
        responses=success(
            LooShiftSerializer,
            "The shifts.",
            OpenApiExample("Two times", examples.LOO_SHIFT_RESPONSE),
        )
        | COMPUTED,
    )
    def post(self, request: Request) -> Response:
        """Return the leave-one-out shift."""
        parsed = LOO_SHIFT.parse(read_json(request))
        return Response(compute_at_times(parsed, "loo_shift"))
