"""Schedules: list, store, read, change, archive, compute curves, compare."""

from collections.abc import Iterator, Sequence
from http import HTTPStatus
from typing import TYPE_CHECKING, cast

from django.http import HttpResponseBase
from drf_spectacular.utils import OpenApiExample, OpenApiResponse, extend_schema
from rest_framework.decorators import action
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from noising import services
from noising.api.conditional import (
    expected_versions,
    respond_not_modified,
    respond_with_figure,
    state_headers,
)
from noising.api.exports import ExportedListView, is_export, respond_with_file
from noising.api.layouts import (
    DRAWN_FORMATS,
    DRAWN_RENDERERS,
    DRAWN_TYPES,
    LAYOUT,
    parse_layout,
)
from noising.api.openapi.responses import (
    FILE,
    JSON,
    KEPT,
    RETRY_AFTER,
    UNCHANGED,
    ProblemSerializer,
    condition,
    files,
    header,
    problems,
    state,
    success,
)
from noising.api.openapi.specifications import SPECIFICATION
from noising.api.pagination import (
    PAGE_PARAMETERS,
    Pages,
    StrictFilterBackend,
    ordering_parameter,
)
from noising.api.parsers import read_json
from noising.api.problems import MEDIA_TYPE, shorten
from noising.api.renderers import (
    CSVRenderer,
    FormatNegotiation,
    JSONRenderer,
    format_parameter,
)
from noising.api.schedules import examples
from noising.api.schedules.actions import (
    build_schedule,
    change_schedule,
    compute_curves,
    find_schedules,
    hash_curves,
    judge_process,
    make_curves_image,
    store_schedule,
    summarize,
)
from noising.api.schedules.requests import (
    AXIS_PARAMETER,
    CURVE_PARAMETERS,
    NAME_PARAMETER,
    NAMES_PARAMETER,
    ComparisonQuerySerializer,
    CurvesQuerySerializer,
    CurvesRequest,
    NewScheduleSerializer,
    ScheduleChangesSerializer,
)
from noising.api.schedules.responses import (
    ComparisonSerializer,
    CurvesSerializer,
    ExportedScheduleSerializer,
    LintSerializer,
    ScheduleSerializer,
    SummarySerializer,
    curves_rows,
    serialize_comparison,
    serialize_curves,
    tabulate_schedules,
)
from noising.filters import ScheduleFilters
from noising.models import ScheduleConfig
from noising.models.streams import stream_rows
from noising.spreadsheets import format_csv

if TYPE_CHECKING:
    from django.contrib.auth.models import User

NEW_SCHEDULE = NewScheduleSerializer()
SCHEDULE_CHANGES = ScheduleChangesSerializer()
CURVES_QUERY = CurvesQuerySerializer()
COMPARISON_QUERY = ComparisonQuerySerializer()

EXPORTED_AT_ONCE = 100
"""How many rows an export holds in memory."""


MEANINGS = {
    404: "There is no such schedule.",
    409: "The name is taken, or runs refer to the specification.",
    412: "The schedule has changed in the meantime: If-Match names another version.",
    422: "Values of the query are not valid.",
    503: "The service is busy; Retry-After says when to repeat the request.",
}
VERSIONED = [KEPT, *state(200, 304)]
"""The headers of a read with which clients cache responses."""


@extend_schema(tags=["schedules"])
class ScheduleViewSet(ExportedListView[ScheduleConfig]):
    """Stored schedules, archived or not."""

    queryset = ScheduleConfig.objects.all()
    serializer_class = ScheduleSerializer
    filter_backends = (StrictFilterBackend,)
    filterset_class = ScheduleFilters
    pagination_class = Pages
    lookup_field = "slug"
    lookup_url_kwarg = "name"
    lookup_value_converter = "slug"

    def get_object(self) -> ScheduleConfig:
        """Return the schedule that the URL names.

        Raises:
            NotFound: it does not exist.
            PermissionDenied: the account may not change it.
        """
        name = self.kwargs["name"]
        config = self.get_queryset().select_related("owner").filter(slug=name).first()
        if config is None:
            raise NotFound(f"There is no schedule named `{shorten(name)}`.")
        self.check_object_permissions(self.request, config)
        return config

    def respond(self, config: ScheduleConfig) -> Response:
        """Respond with a schedule and its version."""
        document = self.get_serializer(config).data
        return Response(document, headers=state_headers(config.version))

    @extend_schema(
        operation_id="schedules_list",
        summary="List schedules, or export them",
        description="JSON has pages. `format=csv` and `format=ndjson` export all "
        "schedules that match the filters, NDJSON with their specifications.",
        filters=True,
        parameters=[
            ordering_parameter(ScheduleFilters),
            *PAGE_PARAMETERS,
            format_parameter("json", "csv", "ndjson"),
            FILE,
        ],
        responses=success(SummarySerializer(many=True), "A page.")
        | files("All schedules.", "text/csv")
        | {
            (200, "application/x-ndjson"): OpenApiResponse(
                ExportedScheduleSerializer, "All schedules, one per line."
            ),
            (404, MEDIA_TYPE): OpenApiResponse(
                ProblemSerializer, "There is no such page."
            ),
        }
        | problems(406, 422, words=MEANINGS),
    )
    def list(self, request: Request) -> HttpResponseBase:
        """List the schedules page by page, or export them all."""
        if is_export(request):
            Pages().check(request)
            return self.export(request)
        page = self.paginate_queryset(
            self.filter_queryset(ScheduleConfig.objects.for_list())
        )
        context = self.get_serializer_context()
        summaries = SummarySerializer(page, many=True, context=context)
        return self.get_paginated_response(summaries.data)

    def export(self, request: Request) -> HttpResponseBase:
        """Respond with all schedules that match the filters, as a file."""
        rows = self.filter_queryset(ScheduleConfig.objects.for_export())
        configs: Iterator[ScheduleConfig] = stream_rows(rows, EXPORTED_AT_ONCE)
        documents = (ExportedScheduleSerializer(config).data for config in configs)
        return respond_with_file(request, "schedules", documents, tabulate_schedules)

    @extend_schema(
        operation_id="schedules_create",
        summary="Store a schedule",
        request=NewScheduleSerializer,
        examples=[OpenApiExample("Linear", examples.NEW, request_only=True)],
        parameters=[
            header("Location", "The URL of the schedule.", 201),
            *state(201),
            RETRY_AFTER,
        ],
        filters=False,
        responses=success(ScheduleSerializer, "The schedule is stored.", status=201)
        | problems(400, 406, 409, 413, 415, 422, 503, words=MEANINGS),
    )
    def create(self, request: Request) -> Response:
        """Store a schedule."""
        new = NEW_SCHEDULE.parse(read_json(request))
        config = store_schedule(new, owner=cast("User", request.user))
        response = self.respond(config)
        response.status_code = HTTPStatus.CREATED
        response.headers["Location"] = response.data["links"]["self"]
        return response

    @extend_schema(
        operation_id="schedules_read",
        summary="Read a schedule",
        parameters=[NAME_PARAMETER, *VERSIONED],
        responses=success(ScheduleSerializer, "The schedule.")
        | UNCHANGED
        | problems(404, 406, 412, words=MEANINGS),
    )
    def retrieve(self, request: Request, name: str) -> Response:
        """Return a schedule."""
        config = self.get_object()
        return respond_not_modified(request, config.version) or self.respond(config)

    @extend_schema(
        operation_id="schedules_change",
        summary="Change notes, tags or specification",
        description="Keys that are not given do not change. Once a run refers to the "
        "schedule, its specification cannot change: store the new one under another "
        "name. With If-Match, the change is refused if the schedule has changed in the "
        "meantime.",
        request=ScheduleChangesSerializer,
        examples=[
            OpenApiExample("Notes and tags", examples.CHANGES, request_only=True)
        ],
        parameters=[
            NAME_PARAMETER,
            condition("If-Match", "The version that the change applies to."),
            *state(200),
            RETRY_AFTER,
        ],
        responses=success(ScheduleSerializer, "The schedule as it is now.")
        | problems(400, 404, 406, 409, 412, 413, 415, 422, 503, words=MEANINGS),
    )
    def partial_update(self, request: Request, name: str) -> Response:
        """Change notes, tags, and the specification if no run refers to it."""
        changes = SCHEDULE_CHANGES.parse(read_json(request))
        config = self.get_object()
        versions = expected_versions(request)
        return self.respond(change_schedule(config, changes, versions))

    @extend_schema(
        operation_id="schedules_delete",
        summary="Delete a schedule that no run refers to",
        description="It cannot be undone. The name is free again. A schedule that runs "
        "refer to can be archived.",
        parameters=[NAME_PARAMETER],
        responses={204: OpenApiResponse(None, "The schedule is deleted.")}
        | problems(404, 406, 409, words=MEANINGS | {409: "Runs refer to it."}),
    )
    def destroy(self, request: Request, name: str) -> Response:
        """Delete a schedule."""
        services.schedule_delete(schedule=self.get_object())
        return Response(status=HTTPStatus.NO_CONTENT)

    @extend_schema(
        operation_id="schedules_archive",
        summary="Archive a schedule",
        description="Lists leave it out by default. It keeps its name and URL, and "
        "runs still refer to it. `unarchive` reverses this.",
        request=None,
        parameters=[NAME_PARAMETER, *state(200)],
        responses=success(ScheduleSerializer, "The schedule is archived.")
        | problems(404, 406, words=MEANINGS),
    )
    @action(detail=True, methods=["post"])
    def archive(self, request: Request, name: str) -> Response:
        """Archive a schedule."""
        config = self.get_object()
        services.schedule_archive(schedule=config)
        return self.respond(config)

    @extend_schema(
        operation_id="schedules_unarchive",
        summary="Unarchive a schedule",
        request=None,
        parameters=[NAME_PARAMETER, *state(200)],
        responses=success(ScheduleSerializer, "The schedule is no longer archived.")
        | problems(404, 406, words=MEANINGS),
    )
    @action(detail=True, methods=["post"])
    def unarchive(self, request: Request, name: str) -> Response:
        """Unarchive a schedule."""
        config = self.get_object()
        services.schedule_unarchive(schedule=config)
        return self.respond(config)

    @extend_schema(
        operation_id="schedules_specification",
        summary="Download the specification",
        description="In the form that `build_process` and POST schedules take.",
        parameters=[NAME_PARAMETER, *VERSIONED, FILE],
        responses={
            (200, JSON): OpenApiResponse(SPECIFICATION, "The canonical specification.")
        }
        | UNCHANGED
        | problems(404, 406, 412, words=MEANINGS),
    )
    @action(detail=True)
    def specification(self, request: Request, name: str) -> Response:
        """Return the specification as a file."""
        config = self.get_object()
        disposition = f'attachment; filename="{config.slug}.json"'
        headers = state_headers(config.fingerprint)
        headers["Content-Disposition"] = disposition
        return respond_not_modified(request, config.fingerprint) or Response(
            config.specification, headers=headers
        )

    @extend_schema(
        operation_id="schedules_lint",
        summary="Read the verdict and the linter's findings",
        parameters=[NAME_PARAMETER, *VERSIONED, RETRY_AFTER],
        responses=success(LintSerializer, "Verdict, and findings by severity.")
        | UNCHANGED
        | problems(404, 406, 412, 422, 503, words=MEANINGS),
    )
    @action(detail=True)
    def lint(self, request: Request, name: str) -> Response:
        """Return the verdict and the linter's findings."""
        config = self.get_object()
        unchanged = respond_not_modified(request, config.version)
        if unchanged is not None:
            return unchanged
        document = {"config": config, "verdict": judge_process(build_schedule(config))}
        return Response(
            LintSerializer(document).data, headers=state_headers(config.version)
        )

    @extend_schema(
        operation_id="schedules_curves",
        summary="Get curves as numbers or as an image",
        description="The query's `format` or else the Accept header chooses the "
        "format. Values that are infinite or do not exist are null in JSON and empty "
        "in CSV.",
        parameters=[
            NAME_PARAMETER,
            *CURVE_PARAMETERS,
            AXIS_PARAMETER,
            format_parameter("json", "csv", *DRAWN_FORMATS),
            *LAYOUT,
            *VERSIONED,
            FILE,
            RETRY_AFTER,
        ],
        responses=success(CurvesSerializer, "The curves.")
        | files("The curves.", "text/csv", *DRAWN_TYPES)
        | UNCHANGED
        | problems(404, 406, 412, 422, 503, words=MEANINGS),
    )
    @action(
        detail=True,
        renderer_classes=(JSONRenderer, CSVRenderer, *DRAWN_RENDERERS),
        content_negotiation_class=FormatNegotiation,
    )
    def curves(self, request: Request, name: str) -> HttpResponseBase:
        """Return the curves of a schedule as numbers or as an image."""
        selection = CURVES_QUERY.parse(request.query_params)
        [config] = find_schedules([name])
        image = draw_image(request, [config], selection)
        if image is not None:
            return image
        kind = request.accepted_renderer.format
        version = f"{kind}-{hash_curves([config], selection)}"
        not_modified = respond_not_modified(request, version)
        if not_modified is not None:
            return not_modified
        served = build_schedule(config)
        [curves] = compute_curves([served], selection)
        headers = state_headers(version)
        if kind == CSVRenderer.format:
            disposition = f'attachment; filename="{config.slug}.csv"'
            headers["Content-Disposition"] = disposition
            return Response(format_csv(curves_rows(curves)).encode(), headers=headers)
        document = serialize_curves(served.process, selection.axis, curves)
        return Response({"name": config.slug, **document}, headers=headers)

    @extend_schema(
        operation_id="schedules_compare",
        summary="Compare schedules",
        description="Differences between the specifications, key figures, and curves "
        "over time; or an image with the curves of all schedules.",
        parameters=[
            NAMES_PARAMETER,
            *CURVE_PARAMETERS,
            format_parameter("json", *DRAWN_FORMATS),
            *LAYOUT,
            *VERSIONED,
            FILE,
            RETRY_AFTER,
        ],
        responses=success(ComparisonSerializer, "The comparison.")
        | files("The curves.", *DRAWN_TYPES)
        | UNCHANGED
        | problems(404, 406, 412, 422, 503, words=MEANINGS),
    )
    @action(
        detail=False,
        renderer_classes=(JSONRenderer, *DRAWN_RENDERERS),
        content_negotiation_class=FormatNegotiation,
    )
    def compare(self, request: Request) -> HttpResponseBase:
        """Return a comparison of schedules, or their curves as one image."""
        comparison = COMPARISON_QUERY.parse(request.query_params)
        configs = find_schedules(comparison.names)
        image = draw_image(request, configs, comparison.curves)
        if image is not None:
            return image
        version = hash_curves(configs, comparison.curves)
        not_modified = respond_not_modified(request, version)
        if not_modified is not None:
            return not_modified
        served = [build_schedule(config) for config in configs]
        document = serialize_comparison(
            configs,
            [each.process for each in served],
            summarize(served),
            compute_curves(served, comparison.curves),
        )
        return Response(document, headers=state_headers(version))


def draw_image(
    request: Request, configs: Sequence[ScheduleConfig], curves: CurvesRequest
) -> HttpResponseBase | None:
    """Return the curves as an image, or None if the format is text.

    Raises:
        ValidationError: a parameter of the layout has an unknown value, in any format.
    """
    parse_layout(request.query_params)
    if request.accepted_renderer.format not in DRAWN_FORMATS:
        return None
    return respond_with_figure(request, make_curves_image(configs, curves))
