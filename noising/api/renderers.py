"""Response formats: which renderer a request gets, and how each writes its bytes."""

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

LONGEST_KEPT = 200
"""Characters of a header that is remembered with what it prefers."""


class AcceptNegotiation(DefaultContentNegotiation):
    """By the Accept header alone, with its qualities; DRF's reads the query too."""

    def select_renderer(
        self,
        request: Request,
        renderers: Iterable[BaseRenderer],
        format_suffix: str | None = None,
    ) -> tuple[BaseRenderer, str]:
        """Return the renderer that the client likes best, and its media type.

        Raises:
            NotAcceptable: the client takes nothing that is on offer.
        """
        by_type = {renderer.media_type: renderer for renderer in renderers}
        chosen = preferred_type(request, list(by_type))
        if chosen is None:
            raise NotAcceptable(f"The Accept header must allow {' or '.join(by_type)}.")
        return by_type[chosen], chosen


def preferred_type(request: HttpRequest | Request, offered: list[str]) -> str | None:
    """Return the media type that the Accept header prefers, the first among equals.

    None stands for a header that allows nothing on offer, or that makes no sense.
    """
    accept = request.META.get("HTTP_ACCEPT", "").strip()
    if accept in {"", "*/*"}:
        return offered[0]
    judge = _preferred if len(accept) <= LONGEST_KEPT else _preferred.__wrapped__
    return judge(accept, tuple(offered))


@lru_cache(maxsize=256)
def _preferred(accept: str, offered: tuple[str, ...]) -> str | None:
    """Let Django judge a header, once: clients send the same ones again and again."""
    request = HttpRequest()
    request.META["HTTP_ACCEPT"] = accept
    try:
        chosen: str | None = request.get_preferred_type(list(offered))
    except ValueError:  # parameters in a charset that does not exist
        return None
    return chosen


class JSONRenderer(BaseRenderer):
    """JSON by orjson: NumPy arrays are lists, values that are not finite are null."""

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
        """Return the UTF-8 bytes of the document; nothing for no document."""
        if data is None:
            return b""
        return orjson.dumps(data, option=orjson.OPT_SERIALIZE_NUMPY)


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
                f"got {format_value(shorten(','.join(named)))}."
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
