"""Answers in several formats: by ``format`` in the query, else by the Accept header.

A link in a page cannot choose its Accept header; so the query wins.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from drf_spectacular.utils import OpenApiParameter
from rest_framework.exceptions import ErrorDetail, ValidationError
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request

from noising.api.errors import shortened
from noising.api.fields import received
from noising.api.negotiation import AcceptNegotiation

PARAMETER = "format"


def format_parameter(*formats: str) -> OpenApiParameter:
    """Return what the OpenAPI document says of the parameter.

    Args:
        formats: the names of those on offer, the one for everybody else first.
    """
    return OpenApiParameter(
        PARAMETER,
        {"type": "string", "enum": list(formats)},
        description="In place of the Accept header, for links.",
    )


class FormatNegotiation(AcceptNegotiation):
    """By the query where it names a format, else by the Accept header."""

    def select_renderer(
        self,
        request: Request,
        renderers: Iterable[BaseRenderer],
        format_suffix: str | None = None,
    ) -> tuple[BaseRenderer, str]:
        """Return the renderer and its media type.

        Raises:
            ValidationError: the query names a format that is not on offer.
            NotAcceptable: the Accept header allows nothing that is.
        """
        named = request.query_params.getlist(PARAMETER)
        if not named:
            return super().select_renderer(request, renderers, format_suffix)
        by_format = {renderer.format: renderer for renderer in renderers}
        if len(named) > 1 or named[0] not in by_format:
            text = (
                f"`{PARAMETER}` must be one of {', '.join(by_format)}, "
                f"got {received(shortened(','.join(named)))}."
            )
            raise ValidationError({PARAMETER: [ErrorDetail(text, "unknown")]})
        chosen = by_format[named[0]]
        return chosen, chosen.media_type


class ReadyRenderer(BaseRenderer):
    """Passes on bytes that are ready, or a document that has none."""

    charset: str | None = None
    render_style = "binary"

    def render(
        self,
        data: Any,
        accepted_media_type: str | None = None,
        renderer_context: Mapping[str, Any] | None = None,
    ) -> bytes:
        """Return the bytes; nothing for no document."""
        content: bytes = data or b""
        return content


class CSVRenderer(ReadyRenderer):
    """A table."""

    media_type = "text/csv"
    format = "csv"
    charset = "utf-8"


class NDJSONRenderer(ReadyRenderer):
    """A JSON document a line."""

    media_type = "application/x-ndjson"
    format = "ndjson"


class SVGRenderer(ReadyRenderer):
    """A vector image."""

    media_type = "image/svg+xml"
    format = "svg"


class PNGRenderer(ReadyRenderer):
    """A pixel image."""

    media_type = "image/png"
    format = "png"


class PDFRenderer(ReadyRenderer):
    """A vector image for print."""

    media_type = "application/pdf"
    format = "pdf"
