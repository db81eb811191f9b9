"""The core endpoints: parse, call, respond."""

import re

from django.conf import settings
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import (
    OpenApiExample,
    OpenApiParameter,
    OpenApiResponse,
    extend_schema,
)
from rest_framework.exceptions import ParseError
from rest_framework.request import Request
from rest_framework.response import Response

from noising.api.base import PublicView, StatelessView
from noising.api.core import examples
from noising.api.core.requests import NoiseRequestSerializer
from noising.api.core.responses import (
    AlphaSerializer,
    InfoSerializer,
    NoiseSerializer,
    StatusSerializer,
    build_alpha,
    build_info,
    build_status,
    noise_tokens,
)
from noising.api.openapi.responses import (
    MEANINGS,
    ProblemSerializer,
    integer_schema,
    problems,
    success,
)
from noising.api.parsers import read_json
from noising.api.problems import MEDIA_TYPE, shorten
from noising.configured import default_process

REFUSED = OpenApiResponse(
    ProblemSerializer,
    MEANINGS[422],
    examples=[OpenApiExample("Two refused values", examples.PROBLEM)],
)

NOISE_REQUEST = NoiseRequestSerializer()

TIMESTEP = re.compile(r"[0-9]{1,20}")


class CoreView(StatelessView):
    """A view of the core, whose path and format never change."""


class StatusView(PublicView):
    """GET /."""

    @extend_schema(
        operation_id="status",
        summary="Status and version",
        description="A browser gets the dashboard instead.",
        tags=["core"],
        responses=success(
            StatusSerializer,
            "The service is up.",
            OpenApiExample("Status", examples.STATUS),
        )
        | problems(406),
    )
    def get(self, request: Request) -> Response:
        """Return the service and its version."""
        return Response(build_status())


class InfoView(CoreView):
    """GET /info."""

    @extend_schema(
        operation_id="info",
        summary="Configuration of the server",
        tags=["core"],
        responses=success(InfoSerializer, "The configuration.") | problems(406),
    )
    def get(self, request: Request) -> Response:
        """Return the configuration of the server."""
        return Response(build_info())


class AlphaView(CoreView):
    """GET /alpha/{timestep}."""

    @extend_schema(
        operation_id="alpha",
        summary="Alpha at a timestep",
        description="Alpha is the probability that a token has not been resampled.",
        tags=["core"],
        parameters=[
            OpenApiParameter(
                "timestep",
                integer_schema(settings.NOISE_SPECIFICATION["num_timesteps"] - 1),
                OpenApiParameter.PATH,
                description="In 0..num_timesteps-1, in decimal digits.",
            )
        ],
        responses=success(
            AlphaSerializer, "Alpha.", OpenApiExample("Alpha", examples.ALPHA)
        )
        | problems(400, 406),
    )
    def get(self, request: Request, timestep: str) -> Response:
        """Return alpha at a timestep."""
        last = default_process().num_timesteps - 1
        if not TIMESTEP.fullmatch(timestep) or int(timestep) > last:
            raise ParseError(
                f"`timestep` must be a whole number in 0..{last}, "
                f"got {shorten(timestep)!r}."
            )
        return Response(build_alpha(int(timestep)))


class NoiseView(CoreView):
    """POST /noise."""

    @extend_schema(
        operation_id="noise",
        summary="Noise a sequence of tokens",
        tags=["core"],
        request=NoiseRequestSerializer,
        examples=[
            OpenApiExample("Plain", examples.PLAIN_REQUEST, request_only=True),
            OpenApiExample("By token type", examples.TYPED_REQUEST, request_only=True),
        ],
        parameters=[
            OpenApiParameter(
                "Noise-Seed",
                OpenApiTypes.STR,
                OpenApiParameter.HEADER,
                description="The seed that gives this response again, in decimal.",
                response=[200],
            )
        ],
        responses=success(
            NoiseSerializer,
            "The noised tokens.",
            OpenApiExample("By token type", examples.TYPED_RESPONSE),
        )
        | problems(400, 406, 413, 415)
        | {(422, MEDIA_TYPE): REFUSED},
    )
    def post(self, request: Request) -> Response:
        """Noise a sequence of tokens at a timestep."""
        document, seed = noise_tokens(NOISE_REQUEST.parse(read_json(request)))
        return Response(document, headers={"Noise-Seed": str(seed)})
