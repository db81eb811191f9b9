"""POST noise: parse, call, respond."""

from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from noising.api.descriptions import Descriptions
from noising.api.parsers import declared_type
from noising.api.v1.noise.answers import noise_batch
from noising.api.v1.noise.bodies import read_draft
from noising.api.v1.noise.renderers import RENDERERS
from noising.api.v1.noise.serializers import NOISE_BATCH
from noising.api.v1.views import StatelessView

schema = Descriptions("noising.api.v1.noise.schema")

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
