"""POST noise: parse, call, respond."""

from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from noising.api.base import StatelessView
from noising.api.noise import schema
from noising.api.noise.bodies import read_draft
from noising.api.noise.renderers import RENDERERS
from noising.api.noise.requests import NOISE_BATCH
from noising.api.noise.responses import noise_batch
from noising.api.parsers import declared_type

FORMS = [renderer() for renderer in RENDERERS]
"""The forms of the answer; they keep no state."""


class NoiseBatchView(StatelessView):
    """POST noise."""

    renderer_classes = RENDERERS

    def get_renderers(self) -> list[Any]:
        """Return the forms of the answer, that of the request's body first."""
        own = declared_type(self.request.META.get("CONTENT_TYPE", ""))
        return sorted(FORMS, key=lambda form: form.media_type != own)

    @schema.NOISE_BATCH
    def post(self, request: Request) -> Response:
        """Noise a batch of token sequences."""
        form: Any = request.accepted_renderer  # one of those above
        order = NOISE_BATCH.parse(read_draft(request))
        batch = noise_batch(order, holds=form.HOLDS, always=form.ALWAYS)
        return Response(batch, headers=batch.headers)
