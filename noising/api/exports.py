"""Lists that the query or the Accept header turns into files."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final, TypeAlias, TypeVar
from uuid import UUID

import orjson
from django.db.models import Model
from django.http import HttpRequest, HttpResponseBase, StreamingHttpResponse
from django.utils.text import slugify
from rest_framework.permissions import SAFE_METHODS
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.viewsets import GenericViewSet

from noising.api.base import RegistryView
from noising.api.renderers import (
    CSVRenderer,
    FormatNegotiation,
    JSONRenderer,
    NDJSONRenderer,
)
from noising.spreadsheets import format_csv

Stored = TypeVar("Stored", bound=Model)

LONGEST_STEM: Final = 60
"""Characters of a title in the name of a file."""

Renderers: TypeAlias = list[BaseRenderer]
"""A name for the type, since `list` in a viewset is an action."""

LIST_RENDERERS = (JSONRenderer, CSVRenderer, NDJSONRenderer)


class ExportedListView(RegistryView, GenericViewSet[Stored]):
    """A viewset whose list is JSON by pages, or all of it as CSV or NDJSON."""

    def initialize_request(
        self, request: HttpRequest, *args: Any, **kwargs: Any
    ) -> Request:
        """Let the query choose the format of a list, which may be a file."""
        if self.action_map.get("get") == "list":
            self.renderer_classes = LIST_RENDERERS
            self.content_negotiation_class = FormatNegotiation
        return super().initialize_request(request, *args, **kwargs)

    def get_renderers(self) -> Renderers:
        """Return the renderers; only reads may be files."""
        renderers = super().get_renderers()
        return renderers if self.request.method in SAFE_METHODS else renderers[:1]


def is_export(request: Request) -> bool:
    """Return whether a list is to be a file."""
    return bool(request.accepted_renderer.format != JSONRenderer.format)


def make_file_name(title: str, key: UUID) -> str:
    """Return a name for the file of an object, such as "proofs-renamed-01a22d2d-1c00".

    Args:
        title: what people call the object.
        key: its id, which begins with its time of creation in milliseconds.
    """
    stem = slugify(title)[:LONGEST_STEM].strip("-_")
    return "-".join(part for part in (stem, str(key)[:13]) if part)


def respond_with_file(
    request: Request,
    name: str,
    rows: Iterable[Any],
    tabulate: Callable[[Iterable[Any]], Iterable[Sequence[Any]]],
) -> HttpResponseBase:
    """Respond with a list as the file that the request accepts, row by row.

    Args:
        request: the request.
        name: the name of the file, without its extension.
        rows: a document for each row.
        tabulate: returns the header and the rows of the table.
    """
    kind = request.accepted_renderer.format
    if kind == NDJSONRenderer.format:
        content_type = NDJSONRenderer.media_type
        content = (orjson.dumps(row) + b"\n" for row in rows)
    else:
        content_type = f"{CSVRenderer.media_type}; charset=utf-8"
        content = (format_csv([row]).encode() for row in tabulate(rows))
    disposition = f'attachment; filename="{name}.{kind}"'
    return StreamingHttpResponse(
        content, content_type=content_type, headers={"Content-Disposition": disposition}
    )
