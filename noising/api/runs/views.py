"""Runs and their results: parse, call, respond."""

from http import HTTPStatus
from typing import TYPE_CHECKING, Any, cast
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import (
    OpenApiExample,
    OpenApiParameter,
    OpenApiResponse,
    extend_schema,
)
from rest_framework.decorators import action
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from benchmarks.comparison import MOST_COMPARED
from noising.api.comparisons import describe_ids
from noising.api.conditional import respond_with_figure
from noising.api.exports import (
    ExportedListView,
    is_export,
    make_file_name,
    respond_with_file,
)
from noising.api.layouts import FIGURE_FORMATS, FIGURE_RENDERERS, FIGURE_TYPES, LAYOUT
from noising.api.openapi.responses import (
    FILE,
    JSON,
    KEPT,
    UNCHANGED,
    files,
    header,
    problems,
    state,
    success,
    wait,
)
from noising.api.pagination import (
    PAGE_PARAMETERS,
    Pages,
    StrictFilterBackend,
    ordering_parameter,
)
from noising.api.parsers import read_json
from noising.api.renderers import (
    CSVRenderer,
    FormatNegotiation,
    JSONRenderer,
    format_parameter,
)
from noising.api.runs import examples
from noising.api.runs.actions import (
    compare_runs,
    create_run,
    find_exported_runs,
    find_results,
    find_run,
    find_succeeded_run,
    translate_errors,
)
from noising.api.runs.requests import (
    KEY_HEADER,
    KEY_PATTERN,
    MOST_EXPORTED,
    NewRunSerializer,
    RunChangesSerializer,
    parse_comparison,
    parse_exported_ids,
    read_idempotency_key,
)
from noising.api.runs.responses import (
    ExportedRunSerializer,
    ResultSerializer,
    RunComparisonSerializer,
    RunDetailSerializer,
    RunSerializer,
    tabulate_results,
    tabulate_several,
    waiting_headers,
)
from noising.figures import (
    DECISION_FIGURES,
    RUN_FIGURES,
    list_run_figures,
    make_run_image,
)
from noising.filters import LONGEST_TEXT, NO_NUL, RunFilters
from noising.filters.runs import TEXTS
from noising.models import LONGEST_KEY, BenchmarkResult, BenchmarkRun
from noising.runs import (
    export_runs,
    run_annotate,
    run_archive,
    run_cancel,
    run_rerun,
    run_unarchive,
    tabulate_runs,
)
from noising.services import run_delete
from noising.spreadsheets import format_csv

if TYPE_CHECKING:
    from django.contrib.auth.models import User

NEW_RUN = NewRunSerializer()
RUN_CHANGES = RunChangesSerializer()

TAGS = ["runs"]
MEANINGS = {
    404: "There is no such run.",
    409: "The status of the run does not allow this.",
    412: "If-Match names another version.",
    422: "Values of the query or of a header are not valid.",
    429: "The account has too many unfinished runs, or writes too often.",
    503: "The service is busy; Retry-After says when to repeat the request.",
}
KEY_PARAMETER = OpenApiParameter(
    KEY_HEADER,
    {"type": "string", "pattern": KEY_PATTERN, "maxLength": LONGEST_KEY},
    OpenApiParameter.HEADER,
    description="For at least a day, the same key with the same body returns the same "
    "run.",
)
# The length of a filter's text, which drf-spectacular does not describe.
TEXT_PARAMETERS = [
    OpenApiParameter(
        name,
        {"type": "string", "maxLength": LONGEST_TEXT, "pattern": NO_NUL},
        description=text,
    )
    for name, text in TEXTS.items()
]
COMPARISON_PARAMETERS = [
    *describe_ids("runs", MOST_COMPARED),
    OpenApiParameter(
        "metric", {"type": "string"}, description="One metric instead of all."
    ),
]
IDS_PARAMETER = OpenApiParameter(
    "ids",
    {
        "type": "array",
        "items": {"type": "string", "format": "uuid"},
        "minItems": 1,
        "maxItems": MOST_EXPORTED,
        "uniqueItems": True,
    },
    explode=False,
    style="form",
    required=True,
    description="Ids of runs that have succeeded, separated by commas.",
)
FIGURE = OpenApiParameter(
    "name",
    {"type": "string", "enum": [*RUN_FIGURES, *DECISION_FIGURES]},
    OpenApiParameter.PATH,
)
ACCEPTED = [header("Location", "The URL of the run.", 202), wait(202, 429)]
QUEUED = success(RunDetailSerializer, "The new run is queued.", status=202)
CHANGED = success(RunDetailSerializer, "The run as it is now.")


class RunViewSet(ExportedListView[BenchmarkRun]):
    """/api/v1/runs: everyone may read, accounts create, owners and staff change."""

    queryset = BenchmarkRun.objects.all()
    serializer_class = RunDetailSerializer
    filter_backends = (StrictFilterBackend,)
    filterset_class = RunFilters
    pagination_class = Pages
    lookup_url_kwarg = "run_id"
    lookup_value_converter = "uuid"

    def get_object(self) -> BenchmarkRun:
        """Return the run of the URL, if the account may do this to it."""
        run = find_run(self.kwargs["run_id"])
        self.check_object_permissions(self.request, run)
        return run

    def get_account(self) -> "User":
        """Return the account, which the permissions require for a write."""
        return cast("User", self.request.user)

    def respond(
        self, run: BenchmarkRun, status: HTTPStatus = HTTPStatus.OK
    ) -> Response:
        """Respond with a run, and with Retry-After if it is unfinished."""
        content = self.get_serializer(run).data
        return Response(content, status=status, headers=waiting_headers(run))

    def respond_queued(self, run: BenchmarkRun) -> Response:
        """Respond with 202 and the URL of a queued run."""
        content = self.get_serializer(run).data
        headers = {"Location": content["url"], **waiting_headers(run)}
        return Response(content, status=HTTPStatus.ACCEPTED, headers=headers)

    @extend_schema(
        operation_id="runs_list",
        summary="List runs, or export them",
        description="By default the newest first, without archived ones. JSON has "
        "pages. `format=csv` and `format=ndjson` export all runs that match the "
        "filters, each with its key results at the middle timestep.",
        tags=TAGS,
        filters=True,
        parameters=[
            *TEXT_PARAMETERS,
            ordering_parameter(RunFilters),
            *PAGE_PARAMETERS,
            format_parameter("json", "csv", "ndjson"),
            FILE,
        ],
        responses=success(RunSerializer(many=True), "A page.")
        | files("All runs.", "text/csv")
        | {
            (200, "application/x-ndjson"): OpenApiResponse(
                ExportedRunSerializer, "All runs, one per line."
            )
        }
        | problems(404, words={404: "There is no such page."})
        | problems(406, 422, words=MEANINGS),
    )
    def list(self, request: Request) -> HttpResponseBase:
        """List runs page by page, or export them all."""
        rows = self.filter_queryset(BenchmarkRun.objects.for_list())
        if is_export(request):
            Pages().check(request)
            return respond_with_file(request, "runs", export_runs(rows), tabulate_runs)
        runs = RunSerializer(
            self.paginate_queryset(rows),
            many=True,
            context=self.get_serializer_context(),
        )
        return self.get_paginated_response(runs.data)

    @extend_schema(
        operation_id="runs_create",
        summary="Run a benchmark",
        description="The run is queued, and a worker measures it. Names are schedule "
        "types or stored schedules. Stored schedules must all have the same graph and "
        "number of timesteps.",
        tags=TAGS,
        request=NewRunSerializer,
        examples=[OpenApiExample("Two schedules", examples.NEW, request_only=True)],
        parameters=[KEY_PARAMETER, *ACCEPTED],
        responses=QUEUED | problems(400, 406, 409, 413, 415, 422, 429, words=MEANINGS),
    )
    def create(self, request: Request) -> Response:
        """Queue a run."""
        document = read_json(request)
        new = NEW_RUN.parse(document)
        request_key = read_idempotency_key(request, document)
        return self.respond_queued(create_run(new, self.get_account(), request_key))

    @extend_schema(
        operation_id="runs_read",
        summary="Read a run, with its progress",
        description="While the run is unfinished, Retry-After says when to check "
        "again.",
        tags=TAGS,
        parameters=[wait(200)],
        responses=success(RunDetailSerializer, "The run.")
        | problems(404, 406, words=MEANINGS),
    )
    def retrieve(self, request: Request, run_id: UUID) -> Response:
        """Return a run."""
        return self.respond(self.get_object())

    @extend_schema(
        operation_id="runs_change",
        summary="Change name, notes and tags",
        description="Keys that are not given do not change.",
        tags=TAGS,
        request=RunChangesSerializer,
        examples=[
            OpenApiExample("Name, notes, tags", examples.CHANGES, request_only=True)
        ],
        parameters=[wait(200)],
        responses=CHANGED | problems(400, 404, 406, 413, 415, 422, words=MEANINGS),
    )
    def partial_update(self, request: Request, run_id: UUID) -> Response:
        """Change name, notes and tags."""
        changes = RUN_CHANGES.parse(read_json(request))
        run = self.get_object()
        current = {"notes": run.notes, "tags": run.tags}
        run_annotate(run=run, **(current | dict(changes)))
        return self.respond(run)

    @extend_schema(
        operation_id="runs_delete",
        summary="Delete a run that has ended, with its results",
        description="It cannot be undone.",
        tags=TAGS,
        responses={204: OpenApiResponse(None, "The run is deleted.")}
        | problems(404, 406, 409, words=MEANINGS | {409: "It has not ended."}),
    )
    def destroy(self, request: Request, run_id: UUID) -> Response:
        """Delete a run."""
        run_delete(run=self.get_object())
        return Response(status=HTTPStatus.NO_CONTENT)

    @extend_schema(
        operation_id="runs_cancel",
        summary="Cancel a run",
        description="A queued run is cancelled at once, a running one within seconds.",
        tags=TAGS,
        request=None,
        parameters=[wait(202)],
        responses=success(RunDetailSerializer, "The run is cancelled.")
        | success(RunDetailSerializer, "Its worker is told to stop.", status=202)
        | problems(404, 406, 409, words=MEANINGS),
    )
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, run_id: UUID) -> Response:
        """Cancel a run."""
        run = self.get_object()
        with translate_errors():
            run = run_cancel(run=run)
        return self.respond(run, HTTPStatus.OK if run.is_ended else HTTPStatus.ACCEPTED)

    @extend_schema(
        operation_id="runs_rerun",
        summary="Measure the same again, as a new run",
        tags=TAGS,
        request=None,
        parameters=[KEY_PARAMETER, *ACCEPTED],
        responses=QUEUED | problems(404, 406, 409, 422, 429, words=MEANINGS),
    )
    @action(detail=True, methods=["post"])
    def rerun(self, request: Request, run_id: UUID) -> Response:
        """Queue a run with the same parameters, which the account will own."""
        request_key = read_idempotency_key(request, {"rerun": str(run_id)})
        run = find_run(run_id)
        with translate_errors():
            new = run_rerun(run=run, owner=self.get_account(), request_key=request_key)
        return self.respond_queued(new)

    @extend_schema(
        operation_id="runs_archive",
        summary="Archive a run",
        description="Lists leave it out by default; its URL stays valid. `unarchive` "
        "reverses this.",
        tags=TAGS,
        request=None,
        parameters=[wait(200)],
        responses=CHANGED | problems(404, 406, words=MEANINGS),
    )
    @action(detail=True, methods=["post"])
    def archive(self, request: Request, run_id: UUID) -> Response:
        """Archive a run."""
        run = self.get_object()
        run_archive(run=run)
        return self.respond(run)

    @extend_schema(
        operation_id="runs_unarchive",
        summary="Unarchive a run",
        tags=TAGS,
        request=None,
        parameters=[wait(200)],
        responses=CHANGED | problems(404, 406, words=MEANINGS),
    )
    @action(detail=True, methods=["post"])
    def unarchive(self, request: Request, run_id: UUID) -> Response:
        """Unarchive a run."""
        run = self.get_object()
        run_unarchive(run=run)
        return self.respond(run)

    @extend_schema(
        operation_id="runs_results",
        summary="Read a run's results, a row for each schedule and timestep",
        tags=TAGS,
        parameters=PAGE_PARAMETERS,
        responses=success(ResultSerializer(many=True), "A page.")
        | problems(404, 406, 409, 422, words=MEANINGS),
    )
    @action(detail=True, filter_backends=())
    def results(self, request: Request, run_id: UUID) -> Response:
        """Return the results, page by page."""
        run = find_succeeded_run(run_id)
        rows: QuerySet[Any] = BenchmarkResult.objects.of_run(run)
        results = ResultSerializer(self.paginate_queryset(rows), many=True)
        return self.get_paginated_response(results.data)

    @extend_schema(
        operation_id="runs_export",
        summary="Download a run's results",
        description="JSON is `results.json`, the document that the command line "
        "writes; CSV has a row for each schedule and timestep.",
        tags=TAGS,
        parameters=[format_parameter("json", "csv"), FILE],
        responses={(200, JSON): OpenApiResponse(OpenApiTypes.OBJECT, "results.json.")}
        | files("The results as a table.", CSVRenderer.media_type)
        | problems(404, 406, 409, 422, words=MEANINGS),
    )
    @action(
        detail=True,
        renderer_classes=(JSONRenderer, CSVRenderer),
        content_negotiation_class=FormatNegotiation,
    )
    def export(self, request: Request, run_id: UUID) -> Response:
        """Return all results of a run, as a file."""
        [run] = find_results([run_id])
        kind = request.accepted_renderer.format
        document = run.document()
        table = tabulate_results(document)
        name = make_file_name(run.title, run.pk)
        return Response(
            format_csv(table).encode() if kind == "csv" else document,
            headers={"Content-Disposition": f'attachment; filename="{name}.{kind}"'},
        )

    @extend_schema(
        operation_id="runs_export_results",
        summary="Download the results of several runs as one table",
        description="A row for each run, schedule and timestep.",
        tags=TAGS,
        parameters=[IDS_PARAMETER, format_parameter("csv"), FILE],
        responses=files("The results.", CSVRenderer.media_type)
        | problems(404, 406, 409, 422, words=MEANINGS),
    )
    @action(
        detail=False,
        filter_backends=(),
        url_path="results",
        url_name="results-of-several",
        renderer_classes=(CSVRenderer,),
        content_negotiation_class=FormatNegotiation,
    )
    def export_results(self, request: Request) -> Response:
        """Return the results of the selected runs, as a file."""
        runs = find_exported_runs(parse_exported_ids(request.query_params))
        return Response(
            format_csv(tabulate_several(runs)).encode(),
            headers={"Content-Disposition": 'attachment; filename="results.csv"'},
        )

    @extend_schema(
        operation_id="runs_compare",
        summary="Compare runs that have succeeded",
        tags=TAGS,
        parameters=COMPARISON_PARAMETERS,
        responses=success(RunComparisonSerializer, "The comparison.")
        | problems(404, 406, 409, 422, words=MEANINGS),
    )
    @action(detail=False)
    def compare(self, request: Request) -> Response:
        """Compare runs with one of them."""
        return Response(compare_runs(parse_comparison(request.query_params)))

    @extend_schema(
        operation_id="runs_plot",
        summary="Get a figure of a run",
        tags=TAGS,
        parameters=[
            FIGURE,
            format_parameter(*FIGURE_FORMATS),
            *LAYOUT,
            KEPT,
            FILE,
            *state(200, 304),
            header("Last-Modified", "When the run ended.", 200, 304),
            wait(503),
        ],
        responses=files("The figure.", *FIGURE_TYPES)
        | UNCHANGED
        | problems(404, 406, 409, 412, 422, 503, words=MEANINGS),
    )
    @action(
        detail=True,
        url_path="plots/<slug:name>",
        renderer_classes=FIGURE_RENDERERS,
        content_negotiation_class=FormatNegotiation,
    )
    def plot(self, request: Request, run_id: UUID, name: str) -> HttpResponseBase:
        """Return a figure."""
        if name not in {**RUN_FIGURES, **DECISION_FIGURES}:
            names = ", ".join((*RUN_FIGURES, *DECISION_FIGURES))
            raise NotFound(f"There is no figure {name!r}: {names}.")
        run = find_succeeded_run(run_id)
        if name not in list_run_figures(run):
            raise NotFound(f"The run has no figure {name!r}: it has no decision.")
        return respond_with_figure(request, make_run_image(name, run))
