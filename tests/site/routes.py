"""All routes of the URL resolver."""

import re
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver

SAMPLES = {
    "str": "5",
    "slug": "a",
    "path": "a",
    "int": "1",
    "uuid": str(uuid.UUID(int=7)),
}
PARAMETER = re.compile(r"<(\w+):(\w+)>")


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """A pattern of addresses, and the view that answers there."""

    pattern: str
    view: Any

    @property
    def view_class(self) -> type | None:
        """The class of a view of the API."""
        return getattr(self.view, "cls", None)

    def has(self, method: str) -> bool:
        """Whether the view of the API has a method; a viewset's depend on the route."""
        actions = getattr(self.view, "actions", None)
        if actions is None:
            return hasattr(self.view_class, method.lower())
        if method == "HEAD":
            return "get" in actions
        return method == "OPTIONS" or method.lower() in actions

    @property
    def is_parametrised(self) -> bool:
        return PARAMETER.search(self.pattern) is not None

    @property
    def template(self) -> str:
        """The pattern as the OpenAPI document writes it."""
        return PARAMETER.sub(r"{\2}", self.pattern)

    def path(self, values: Mapping[str, str] | None = None) -> str:
        """Fill in the values by name, and what is not given by its kind."""
        known = values or {}
        return PARAMETER.sub(
            lambda match: known.get(match[2], SAMPLES[match[1]]), self.pattern
        )


def every_route() -> list[Route]:
    """Return the routes without regular expressions of their own."""
    return [route for route in _walk(get_resolver()) if "(?P" not in route.pattern]


def _walk(resolver: URLResolver, prefix: str = "/") -> Iterator[Route]:
    for entry in resolver.url_patterns:
        pattern = prefix + str(entry.pattern).lstrip("^").rstrip("$")
        if isinstance(entry, URLResolver):
            yield from _walk(entry, pattern)
        elif isinstance(entry, URLPattern):
            yield Route(pattern=pattern, view=entry.callback)
