"""Request bodies: read within the limits, and parsed as strict JSON."""

import re
from collections.abc import Collection, Mapping
from typing import Any

import orjson
from django.conf import settings
from django.http import HttpRequest
from rest_framework import status
from rest_framework.exceptions import APIException, ParseError, UnsupportedMediaType
from rest_framework.parsers import BaseParser

from noising.api.problems import ContentTooLarge

MEDIA_TYPE = "application/json"
DECIMAL = re.compile(r"[0-9]{1,100}")
UTF_8 = frozenset({"utf-8", "utf8"})


class UnsupportedEncoding(APIException):
    """The body is compressed, or in another charset than UTF-8."""

    status_code = status.HTTP_415_UNSUPPORTED_MEDIA_TYPE
    default_code = "unsupported_encoding"


class StrictJSONParser(BaseParser):
    """The parser of JSON bodies."""

    media_type = MEDIA_TYPE

    def parse(
        self,
        stream: Any,
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        """Return the document of the request, which DRF passes as the stream."""
        return read_json(stream)


def read_json(request: HttpRequest) -> Any:
    """Return the JSON document that is the body of the request.

    Raises:
        APIException: see `read_body` and `parse_json`.
    """
    return parse_json(read_body(request, (MEDIA_TYPE,))[1])


def parse_json(body: bytes) -> Any:
    """Return the document of a body.

    Raises:
        ParseError: the body is empty or not JSON.
    """
    if not body:
        raise ParseError("The body is empty; a JSON object was expected.")
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise ParseError(f"The body is not valid JSON: {error}.") from None


def read_body(request: HttpRequest, accepted: Collection[str]) -> tuple[str, bytes]:
    """Return the media type of the body, an accepted one, and its bytes.

    Raises:
        UnsupportedMediaType: the body is declared as something else.
        UnsupportedEncoding: it is compressed or not in UTF-8.
        ContentTooLarge: it exceeds MAX_BODY_BYTES; a declared length is checked
            before anything is read.
        ParseError: it ended early.
    """
    media_type = check_content_type(request.META.get("CONTENT_TYPE", ""), accepted)
    encoding = request.META.get("HTTP_CONTENT_ENCODING")
    if encoding:
        raise UnsupportedEncoding("The body must not carry a Content-Encoding.")
    return media_type, _read(request, settings.MAX_BODY_BYTES)


def declared_type(content_type: str) -> str:
    """Return the media type of a Content-Type header, without its parameters."""
    return content_type.partition(";")[0].strip().lower()


def check_content_type(content_type: str, accepted: Collection[str]) -> str:
    """Return the media type of a Content-Type header, an accepted one.

    Raises:
        UnsupportedMediaType: it is another.
        UnsupportedEncoding: the charset is not UTF-8.
    """
    _, *parameters = content_type.split(";")
    media_type = declared_type(content_type)
    if media_type not in accepted:
        raise UnsupportedMediaType(
            media_type, f"The Content-Type must be {' or '.join(accepted)}."
        )
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        is_charset = name.strip().lower().startswith("charset")
        if is_charset and value.strip().strip('"').lower() not in UTF_8:
            raise UnsupportedEncoding("The charset of the body must be utf-8.")
    return media_type


def _read(request: HttpRequest, limit: int) -> bytes:
    """Read the body, at most one byte more than the limit."""
    declared = _declared_length(request)
    if declared is not None and declared > limit:
        raise _body_too_large(limit)
    if declared is None and request.META.get("wsgi.input_terminated"):
        # A chunked body has no length, and Django would read an empty body.
        body: bytes = request.META["wsgi.input"].read(limit + 1)
    else:
        body = request.read(limit + 1)
    if len(body) > limit:
        raise _body_too_large(limit)
    if declared is not None and len(body) < declared:
        raise ParseError("The body ended before its Content-Length.")
    return body


def _declared_length(request: HttpRequest) -> int | None:
    """Return the Content-Length, or None if it is missing or not a number."""
    text = request.META.get("CONTENT_LENGTH") or ""
    return int(text) if DECIMAL.fullmatch(text) else None


def _body_too_large(limit: int) -> ContentTooLarge:
    return ContentTooLarge(f"The body must not be longer than {limit} bytes.")
