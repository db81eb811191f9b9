"""Response formats: the choice of a renderer, and the renderers."""

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

import orjson
from django.http import HttpRequest
from drf_spectacular.utils import OpenApiParameter
from rest_framework.exceptions import ErrorDetail, NotAcceptable, ValidationError
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request

from noising.api.fields import format_value
from noising.api.problems import shorten

LONGEST_CACHED = 200
"""Characters of an Accept header whose result is cached."""


class AcceptNegotiation(DefaultContentNegotiation):
    """Negotiation by the Accept header alone; DRF's reads the query too."""

    def select_renderer(
        self,
        request: Request,
        renderers: Iterable[BaseRenderer],
        format_suffix: str | None = None,
    ) -> tuple[BaseRenderer, str]:
        """Return the renderer that the client prefers, and its media type.

        Raises:
            NotAcceptable: the client accepts no renderer's media type.
        """
        by_type = {renderer.media_type: renderer for renderer in renderers}
        media_type = preferred_type(request, list(by_type))
        if media_type is None:
            raise NotAcceptable(f"The Accept header must allow {' or '.join(by_type)}.")
        return by_type[media_type], media_type


def preferred_type(request: HttpRequest | Request, offered: list[str]) -> str | None:
    """Return the media type that the Accept header prefers, the first among equals.

    None if the header allows none of them, or is not valid.
    """
    accept = request.META.get("HTTP_ACCEPT", "").strip()
    if accept in {"", "*/*"}:
        return offered[0]
    find = (
        _find_preferred
        if len(accept) <= LONGEST_CACHED
        else _find_preferred.__wrapped__
    )
    return find(accept, tuple(offered))


@lru_cache(maxsize=256)
def _find_preferred(accept: str, offered: tuple[str, ...]) -> str | None:
    """Parse a header and cache the result, since clients repeat their headers."""
    request = HttpRequest()
    request.META["HTTP_ACCEPT"] = accept
    try:
        preferred: str | None = request.get_preferred_type(list(offered))
    except ValueError:  # parameters in a charset that does not exist
        return None
    return preferred


class JSONRenderer(BaseRenderer):
    """JSON by orjson: NumPy arrays are lists, numbers that are not finite are null."""

    media_type = "application/json"
    format = "json"
    charset = None
    render_style = "binary"

    def render(
        self,
        data: Any,
        accepted_media_type: str | None = None,
        renderer_context: Mapping[str, Any] | None = None,
    ) -> bytes:
        """Return the UTF-8 bytes of the document; no bytes for None."""
        if data is None:
            return b""
        return orjson.dumps(data, option=orjson.OPT_SERIALIZE_NUMPY)


PARAMETER = "format"


def format_parameter(*formats: str) -> OpenApiParameter:
    """Describe the parameter in the OpenAPI document.

    Args:
        formats: the names of the formats, the default first.
    """
    return OpenApiParameter(
        PARAMETER,
        {"type": "string", "enum": list(formats)},
        description="In place of the Accept header, for links.",
    )


class FormatNegotiation(AcceptNegotiation):
    """Negotiation by the format in the query, or else by the Accept header."""

    def select_renderer(
        self,
        request: Request,
        renderers: Iterable[BaseRenderer],
        format_suffix: str | None = None,
    ) -> tuple[BaseRenderer, str]:
        """Return the renderer and its media type.

        Raises:
            ValidationError: the query names an unknown format.
            NotAcceptable: the Accept header allows no renderer's media type.
        """
        names = request.query_params.getlist(PARAMETER)
        if not names:
            return super().select_renderer(request, renderers, format_suffix)
        by_format = {renderer.format: renderer for renderer in renderers}
        if len(names) > 1 or names[0] not in by_format:
            text = (
                f"`{PARAMETER}` must be one of {', '.join(by_format)}, "
                f"got {format_value(shorten(','.join(names)))}."
            )
            raise ValidationError({PARAMETER: [ErrorDetail(text, "unknown")]})
        renderer = by_format[names[0]]
        return renderer, renderer.media_type


class ReadyRenderer(BaseRenderer):
    """Passes on bytes that are complete."""

    charset: str | None = None
    render_style = "binary"

    def render(
        self,
        data: Any,
        accepted_media_type: str | None = None,
        renderer_context: Mapping[str, Any] | None = None,
    ) -> bytes:
        """Return the bytes; no bytes for None."""
        content: bytes = data or b""
        return content


class CSVRenderer(ReadyRenderer):
    """A table."""

    media_type = "text/csv"
    format = "csv"
    charset = "utf-8"


class NDJSONRenderer(ReadyRenderer):
    """A JSON document on each line."""

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


class PGFRenderer(ReadyRenderer):
    """A picture for LaTeX."""

    media_type = "text/x-tex"
    format = "pgf"
    charset = "utf-8"


class ScriptRenderer(ReadyRenderer):
    """A Python program that draws a figure."""

    media_type = "text/x-python"
    format = "py"
    charset = "utf-8"
