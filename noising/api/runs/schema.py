"""What the endpoints of runs say about themselves in the OpenAPI document."""

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import (
    OpenApiExample,
    OpenApiParameter,
    OpenApiResponse,
    extend_schema,
)

from benchmarks.comparison import MOST_COMPARED
from noising.api.openapi.responses import (
    FILE,
    JSON,
    KEPT,
    UNCHANGED,
    ProblemSerializer,
    file_schema,
    header,
    problems,
    state,
    success,
    wait,
)
from noising.api.pagination import PAGE_PARAMETERS, ordering_parameter
from noising.api.problems import MEDIA_TYPE
from noising.api.renderers import format_parameter
from noising.api.runs import documents, examples
from noising.api.runs.requests import (
    KEY_HEADER,
    KEY_PATTERN,
    NewRunSerializer,
    RunChangesSerializer,
)
from noising.figures import RUN_FIGURES
from noising.filters import LONGEST_TEXT, NO_NUL, RunFilters
from noising.filters.runs import TEXTS
from noising.models import LONGEST_KEY

TAGS = ["runs"]
CSV = "text/csv"

MEANINGS = {
    404: "There is no such run.",
    409: "The status of the run does not allow this.",
    412: "If-Match names another version.",
    422: "Values of the query or of a header are not valid.",
    429: "The account has too many unfinished runs, or writes too often.",
    503: "The service is busy; Retry-After says when to repeat the request.",
}


TABLE = {(200, CSV): OpenApiResponse(file_schema(CSV), "The results as a table.")}
KEY_PARAMETER = OpenApiParameter(
    KEY_HEADER,
    {"type": "string", "pattern": KEY_PATTERN, "maxLength": LONGEST_KEY},
    OpenApiParameter.HEADER,
    description="For at least a day, the same key with the same body returns the same "
    "run.",
)
# Of a filter drf-spectacular does not tell how long its text may be.
TEXT_PARAMETERS = [
    OpenApiParameter(
        name,
        {"type": "string", "maxLength": LONGEST_TEXT, "pattern": NO_NUL},
        description=text,
    )
    for name, text in TEXTS.items()
]
ACCEPTED = [header("Location", "The URL of the run.", 202), wait(202, 429)]

LIST = extend_schema(
    operation_id="runs_list",
    summary="List runs",
    description="By default the newest first, without archived ones.",
    tags=TAGS,
    filters=True,
    parameters=[*TEXT_PARAMETERS, ordering_parameter(RunFilters), *PAGE_PARAMETERS],
    responses=success(documents.RunSerializer(many=True), "A page.")
    | {(404, MEDIA_TYPE): OpenApiResponse(ProblemSerializer, "There is no such page.")}
    | problems(406, 422, words=MEANINGS),
)
CREATE = extend_schema(
    operation_id="runs_create",
    summary="Run a benchmark",
    description="The run is queued, and a worker measures it. Names are schedule types "
    "or stored schedules. Stored schedules must all have the same graph and number of "
    "timesteps.",
    tags=TAGS,
    request=NewRunSerializer,
    examples=[OpenApiExample("Two schedules", examples.NEW, request_only=True)],
    parameters=[KEY_PARAMETER, *ACCEPTED],
    filters=False,
    responses=success(documents.RunDetailSerializer, "The run is queued.", status=202)
    | problems(400, 406, 409, 413, 415, 422, 429, words=MEANINGS),
)
READ = extend_schema(
    operation_id="runs_read",
    summary="Read a run, with its progress",
    description="While the run is unfinished, Retry-After says when to check again.",
    tags=TAGS,
    parameters=[wait(200)],
    responses=success(documents.RunDetailSerializer, "The run.")
    | problems(404, 406, words=MEANINGS),
)
CHANGE = extend_schema(
    operation_id="runs_change",
    summary="Change notes and tags",
    description="Keys that are not given do not change.",
    tags=TAGS,
    request=RunChangesSerializer,
    examples=[OpenApiExample("Notes and tags", examples.CHANGES, request_only=True)],
    parameters=[wait(200)],
    responses=success(documents.RunDetailSerializer, "The run as it is now.")
    | problems(400, 404, 406, 413, 415, 422, words=MEANINGS),
)
CANCEL = extend_schema(
    operation_id="runs_cancel",
    summary="Cancel a run",
    description="A queued run is cancelled at once, a running one within seconds.",
    tags=TAGS,
    request=None,
    parameters=[wait(202)],
    responses=success(documents.RunDetailSerializer, "The run is cancelled.")
    | success(documents.RunDetailSerializer, "Its worker is told to stop.", status=202)
    | problems(404, 406, 409, words=MEANINGS),
)
RERUN = extend_schema(
    operation_id="runs_rerun",
    summary="Measure the same again, as a new run",
    tags=TAGS,
    request=None,
    parameters=[KEY_PARAMETER, *ACCEPTED],
    responses=success(
        documents.RunDetailSerializer, "The new run is queued.", status=202
    )
    | problems(404, 406, 409, 422, 429, words=MEANINGS),
)


ARCHIVED = success(documents.RunDetailSerializer, "The run as it is now.") | problems(
    404, 406, words=MEANINGS
)
ARCHIVE = extend_schema(
    operation_id="runs_archive",
    summary="Archive a run",
    description="Lists leave it out by default; its URL stays valid. `unarchive` "
    "reverses this.",
    tags=TAGS,
    request=None,
    parameters=[wait(200)],
    responses=ARCHIVED,
)
UNARCHIVE = extend_schema(
    operation_id="runs_unarchive",
    summary="Unarchive a run",
    tags=TAGS,
    request=None,
    parameters=[wait(200)],
    responses=ARCHIVED,
)

RESULTS = extend_schema(
    operation_id="runs_results",
    summary="Read a run's results, a row for each schedule and timestep",
    tags=TAGS,
    parameters=PAGE_PARAMETERS,
    responses=success(documents.ResultSerializer(many=True), "A page.")
    | problems(404, 406, 409, 422, words=MEANINGS),
)
EXPORT = extend_schema(
    operation_id="runs_export",
    summary="Download a run's results",
    description="JSON is `results.json`, the document that the command line writes; "
    "CSV has a row for each schedule and timestep.",
    tags=TAGS,
    parameters=[format_parameter("json", "csv"), FILE],
    responses={
        (200, JSON): OpenApiResponse(OpenApiTypes.OBJECT, "results.json."),
        **TABLE,
    }
    | problems(404, 406, 409, 422, words=MEANINGS),
)
COMPARE = extend_schema(
    operation_id="runs_compare",
    summary="Compare runs that have succeeded",
    tags=TAGS,
    parameters=[
        OpenApiParameter(
            "ids",
            {
                "type": "array",
                "items": {"type": "string", "format": "uuid"},
                "minItems": 2,
                "maxItems": MOST_COMPARED,
                "uniqueItems": True,
            },
            explode=False,
            style="form",
            required=True,
            description="Ids of the runs, separated by commas.",
        ),
        OpenApiParameter(
            "baseline",
            {"type": "string", "format": "uuid"},
            description="The run that the others are compared with; by default the "
            "first.",
        ),
        OpenApiParameter(
            "metric", {"type": "string"}, description="One metric instead of all."
        ),
    ],
    responses=success(documents.RunComparisonSerializer, "The comparison.")
    | problems(404, 406, 409, 422, words=MEANINGS),
)
PLOT = extend_schema(
    operation_id="runs_plot",
    summary="Get a figure of a run",
    tags=TAGS,
    parameters=[
        OpenApiParameter(
            "name",
            {"type": "string", "enum": list(RUN_FIGURES)},
            OpenApiParameter.PATH,
        ),
        format_parameter("svg", "png", "pdf"),
        KEPT,
        FILE,
        *state(200, 304),
        header("Last-Modified", "When the run ended.", 200, 304),
        wait(503),
    ],
    responses={
        (200, media_type): OpenApiResponse(file_schema(media_type), "The figure.")
        for media_type in ("image/svg+xml", "image/png", "application/pdf")
    }
    | UNCHANGED
    | problems(404, 406, 409, 412, 422, 503, words=MEANINGS),
)
