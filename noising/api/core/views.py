"""The fixed core: parse, call, respond."""

import re

from rest_framework.exceptions import ParseError
from rest_framework.request import Request
from rest_framework.response import Response

from noising.api.base import PublicView, StatelessView
from noising.api.core.requests import NoiseRequestSerializer
from noising.api.core.responses import (
    alpha_answer,
    info_answer,
    noise_answer,
    status_answer,
)
from noising.api.descriptions import Descriptions
from noising.api.parsers import read_json
from noising.api.problems import shortened
from noising.configured import default_process

schema = Descriptions("noising.api.openapi.extensions")

NOISE_REQUEST = NoiseRequestSerializer()

TIMESTEP = re.compile(r"[0-9]{1,20}")


class CoreView(StatelessView):
    """A view whose path and form never change."""


class StatusView(PublicView):
    """GET /."""

    @schema.STATUS
    def get(self, request: Request) -> Response:
        """Say that the service is there, and in which version."""
        return Response(status_answer())


class InfoView(CoreView):
    """GET /info."""

    @schema.INFO
    def get(self, request: Request) -> Response:
        """Return the configuration of the server."""
        return Response(info_answer())


class AlphaView(CoreView):
    """GET /alpha/{timestep}."""

    @schema.ALPHA
    def get(self, request: Request, timestep: str) -> Response:
        """Return alpha, the share of the signal left, at a timestep."""
        last = default_process().num_timesteps - 1
        if not TIMESTEP.fullmatch(timestep) or int(timestep) > last:
            raise ParseError(
                f"`timestep` must be a whole number in 0..{last}, "
                f"got {shortened(timestep)!r}."
            )
        return Response(alpha_answer(int(timestep)))


class NoiseView(CoreView):
    """POST /noise."""

    @schema.NOISE
    def post(self, request: Request) -> Response:
        """Noise a sequence of tokens at a timestep."""
        order = NOISE_REQUEST.parse(read_json(request))
        answer, seed = noise_answer(order)
        return Response(answer, headers={"Noise-Seed": str(seed)})
