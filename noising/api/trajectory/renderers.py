"""The media type of a trajectory."""

from collections.abc import Mapping
from typing import Any

from rest_framework.renderers import BaseRenderer

MEDIA_TYPE = "application/x-ndjson"


class NDJSONRenderer(BaseRenderer):
    """Stands for the media type in negotiation; the answer is a stream of its own."""

    media_type = MEDIA_TYPE
    format = "ndjson"
    charset = None

    def render(
        self,
        data: Any,
        accepted_media_type: str | None = None,
        renderer_context: Mapping[str, Any] | None = None,
    ) -> bytes:
        """Return nothing: only OPTIONS answers without a stream."""
        return b""
