"""Requests as Django builds them: no client can break them."""

from typing import Any

from django.core.handlers.wsgi import WSGIRequest


class UTF8Request(WSGIRequest):
    """A request whose query and form are UTF-8, whatever its charset says.

    Django decodes the query by the charset that a client declares, while it builds
    the request: ``charset=hex`` is a codec, but none for text, and raises an
    exception that no handler catches. Parsers that mind the charset read the header.
    """

    def _set_content_type_params(self, meta: dict[str, Any]) -> None:
        content_type = meta.get("CONTENT_TYPE", "").partition(";")[0]
        self.content_type = content_type.strip().lower()
        self.content_params = {}
