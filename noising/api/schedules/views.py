"""Schedules that are kept: list, store, read, change, archive."""

from http import HTTPStatus
from typing import TYPE_CHECKING, cast

from django.http import HttpResponseBase, StreamingHttpResponse
from rest_framework.exceptions import NotFound
from rest_framework.generics import GenericAPIView
from rest_framework.permissions import SAFE_METHODS
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from noising import services
from noising.api.base import RegistryView
from noising.api.conditional import (
    expected_versions,
    respond_not_modified,
    state_headers,
)
from noising.api.pagination import Pages, StrictFilterBackend
from noising.api.parsers import read_json
from noising.api.problems import shorten
from noising.api.renderers import (
    CSVRenderer,
    FormatNegotiation,
    JSONRenderer,
    NDJSONRenderer,
)
from noising.api.schedules import schema
from noising.api.schedules.documents import SummarySerializer
from noising.api.schedules.requests import (
    NewScheduleSerializer,
    ScheduleChangesSerializer,
)
from noising.api.schedules.responses import (
    exported_lines,
    exported_rows,
    lint_document,
    schedule_document,
    summary_document,
)
from noising.api.schedules.writes import changed, stored
from noising.filters import ScheduleFilters
from noising.models import ScheduleConfig, ScheduleConfigQuerySet
from noising.spreadsheets import format_csv

if TYPE_CHECKING:
    from django.contrib.auth.models import User

NEW_SCHEDULE = NewScheduleSerializer()
SCHEDULE_CHANGES = ScheduleChangesSerializer()

EXPORTED_AT_ONCE = 100
"""Rows that an export holds in memory."""


def found(name: str) -> ScheduleConfig:
    """Return the schedule of this name, archived or not.

    Raises:
        NotFound: there is none.
    """
    config = ScheduleConfig.objects.select_related("owner").filter(slug=name).first()
    if config is None:
        raise NotFound(f"There is no schedule named `{shorten(name)}`.")
    return config


def shown(
    request: Request, config: ScheduleConfig, status: HTTPStatus = HTTPStatus.OK
) -> Response:
    """Answer with a schedule, its version and, where it is new, its address."""
    document = schedule_document(config, request.build_absolute_uri)
    headers = state_headers(config.version)
    if status == HTTPStatus.CREATED:
        headers["Location"] = document["links"]["self"]
    return Response(document, status=status, headers=headers)


class SchedulesView(RegistryView, GenericAPIView[ScheduleConfig]):
    """GET and POST schedules."""

    queryset = ScheduleConfig.objects.all()
    serializer_class = SummarySerializer
    filter_backends = (StrictFilterBackend,)
    filterset_class = ScheduleFilters
    pagination_class = Pages
    renderer_classes = (JSONRenderer, CSVRenderer, NDJSONRenderer)
    content_negotiation_class = FormatNegotiation

    def get_renderers(self) -> list[BaseRenderer]:
        """Offer files of the list alone."""
        renderers = super().get_renderers()
        is_list = self.request.method in SAFE_METHODS
        return renderers if is_list else renderers[:1]

    @schema.LIST
    def get(self, request: Request) -> HttpResponseBase:
        """List the schedules page by page, or export them all."""
        kind = request.accepted_renderer.format
        if kind != JSONRenderer.format:
            Pages().check(request)
            return self.export(kind)
        rows = self.filter_queryset(ScheduleConfig.objects.for_list())
        page = self.paginate_queryset(rows) or []
        address = request.build_absolute_uri
        return self.get_paginated_response(
            [summary_document(config, address) for config in page]
        )

    def export(self, kind: str) -> HttpResponseBase:
        """Answer with all that the filters leave, as a file."""
        rows = cast(
            "ScheduleConfigQuerySet",
            self.filter_queryset(ScheduleConfig.objects.for_export()),
        )
        configs = rows.streamed(EXPORTED_AT_ONCE)
        if kind == NDJSONRenderer.format:
            content_type = NDJSONRenderer.media_type
            content = exported_lines(configs)
        else:
            content_type = f"{CSVRenderer.media_type}; charset=utf-8"
            content = (format_csv([row]).encode() for row in exported_rows(configs))
        disposition = f'attachment; filename="schedules.{kind}"'
        return StreamingHttpResponse(
            content,
            content_type=content_type,
            headers={"Content-Disposition": disposition},
        )

    @schema.CREATE
    def post(self, request: Request) -> Response:
        """Store a schedule."""
        new = NEW_SCHEDULE.parse(read_json(request))
        config = stored(new, owner=cast("User", request.user))
        return shown(request, config, HTTPStatus.CREATED)


class ScheduleView(RegistryView):
    """GET and PATCH schedules/{name}."""

    @schema.READ
    def get(self, request: Request, name: str) -> Response:
        """Show a schedule."""
        config = found(name)
        return respond_not_modified(request, config.version) or shown(request, config)

    @schema.CHANGE
    def patch(self, request: Request, name: str) -> Response:
        """Change notes, tags, and the specification where no run refers to it."""
        changes = SCHEDULE_CHANGES.parse(read_json(request))
        config = found(name)
        self.check_object_permissions(request, config)
        return shown(request, changed(config, changes, expected_versions(request)))


class ArchiveView(RegistryView):
    """POST schedules/{name}/archive."""

    @schema.ARCHIVE
    def post(self, request: Request, name: str) -> Response:
        """Take a schedule out of the lists."""
        config = found(name)
        self.check_object_permissions(request, config)
        services.schedule_archive(schedule=config)
        return shown(request, config)


class UnarchiveView(RegistryView):
    """POST schedules/{name}/unarchive."""

    @schema.UNARCHIVE
    def post(self, request: Request, name: str) -> Response:
        """Bring a schedule back from the archive."""
        config = found(name)
        self.check_object_permissions(request, config)
        services.schedule_unarchive(schedule=config)
        return shown(request, config)


class SpecificationView(RegistryView):
    """GET schedules/{name}/specification."""

    @schema.SPECIFICATION
    def get(self, request: Request, name: str) -> Response:
        """Return the specification as a file."""
        config = found(name)
        disposition = f'attachment; filename="{config.slug}.json"'
        headers = state_headers(config.fingerprint)
        headers["Content-Disposition"] = disposition
        return respond_not_modified(request, config.fingerprint) or Response(
            config.specification, headers=headers
        )


class LintView(RegistryView):
    """GET schedules/{name}/lint."""

    @schema.LINT
    def get(self, request: Request, name: str) -> Response:
        """Return what the linter found."""
        config = found(name)
        headers = state_headers(config.version)
        return respond_not_modified(request, config.version) or Response(
            lint_document(config), headers=headers
        )
