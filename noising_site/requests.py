"""Requests as Django builds them: none can break it before any handler is reached."""

from typing import Any, Final

from django.core.handlers.asgi import ASGIRequest
from django.core.handlers.wsgi import WSGIRequest

CROWDED: Final = "noising.crowded"
"""In the environment of a request for which there is no room."""


class UTF8Request(WSGIRequest):
    """A WSGI request whose query and form are UTF-8, whatever its charset says."""

    def _set_content_type_params(self, meta: dict[str, Any]) -> None:
        set_content_type(self, meta)


class UTF8AsyncRequest(ASGIRequest):
    """An ASGI request whose query and form are UTF-8, whatever its charset says."""

    def _set_content_type_params(self, meta: dict[str, Any]) -> None:
        set_content_type(self, meta)


def set_content_type(request: WSGIRequest | ASGIRequest, meta: dict[str, Any]) -> None:
    """Set the media type alone.

    Django decodes the query by the charset that a client declares, while it builds
    the request: ``charset=hex`` is a codec, but none for text, and ends in an
    exception that no handler answers. Parsers that mind the charset read the header.
    """
    request.content_type = (
        meta.get("CONTENT_TYPE", "").partition(";")[0].strip().lower()
    )
    request.content_params = {}
