"""Django's request class, without the charset that a client declares."""

from typing import Any

from django.core.handlers.wsgi import WSGIRequest


class UTF8Request(WSGIRequest):
    """A request whose query and form are UTF-8, whatever charset it declares.

    Django decodes the query in the declared charset while it builds the request. With
    ``charset=hex``, a codec that does not decode text, this raises an exception that
    no handler catches. Parsers that need the charset read the header themselves.
    """

    def _set_content_type_params(self, meta: dict[str, Any]) -> None:
        content_type = meta.get("CONTENT_TYPE", "").partition(";")[0]
        self.content_type = content_type.strip().lower()
        self.content_params = {}
