"""What the endpoints of runs say about themselves in the OpenAPI document."""

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import (
    OpenApiExample,
    OpenApiParameter,
    OpenApiResponse,
    extend_schema,
)

from benchmarks.comparison import MOST_COMPARED
from noising.api.documents import ProblemSerializer
from noising.api.errors import MEDIA_TYPE
from noising.api.schema import file_of, problems
from noising.api.v1.formats import format_parameter
from noising.api.v1.lists import PAGE_PARAMETERS, ordering_parameter
from noising.api.v1.runs import documents, examples
from noising.api.v1.runs.requests import (
    KEY_HEADER,
    KEY_PATTERN,
    NewRunSerializer,
    RunChangesSerializer,
)
from noising.api.v1.schema import (
    FILE,
    JSON,
    KEPT,
    UNCHANGED,
    Responses,
    answered,
    header,
    refused,
    state,
    wait,
)
from noising.figures import RUN_FIGURES
from noising.filters import LONGEST_TEXT, NO_NUL, RunFilters
from noising.filters.runs import TEXTS
from noising.models import LONGEST_KEY

TAGS = ["runs"]
CSV = "text/csv"

MEANINGS = {
    404: "There is no such run.",
    409: "The state of the run does not allow it.",
    412: "If-Match names another version.",
    422: "Values of the query or of a header cannot be used.",
    429: "The account has too many unfinished runs, or writes too much.",
    503: "The service is busy; Retry-After says when to repeat the request.",
}


def refusals(*codes: int) -> Responses:
    """Return the documentation of error answers in the words of runs."""
    return refused(MEANINGS, *codes)


TABLE = {(200, CSV): OpenApiResponse(file_of(CSV), "The same as a table.")}
KEY_PARAMETER = OpenApiParameter(
    KEY_HEADER,
    {"type": "string", "pattern": KEY_PATTERN, "maxLength": LONGEST_KEY},
    OpenApiParameter.HEADER,
    description="The same key and the same body give the same run, for a day at least.",
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
ACCEPTED = [header("Location", "The address of the run.", 202), wait(202, 429)]

LIST = extend_schema(
    operation_id="runs_list",
    summary="List runs",
    description="The newest first, those in the archive left out.",
    tags=TAGS,
    filters=True,
    parameters=[*TEXT_PARAMETERS, ordering_parameter(RunFilters), *PAGE_PARAMETERS],
    responses=answered(documents.RunSerializer(many=True), "A page.")
    | {(404, MEDIA_TYPE): OpenApiResponse(ProblemSerializer, "There is no such page.")}
    | problems(406)
    | refusals(422),
)
CREATE = extend_schema(
    operation_id="runs_create",
    summary="Run a benchmark",
    description="It is queued; a worker measures it. Names are types of schedules, "
    "or else stored schedules, which must share graph and number of timesteps.",
    tags=TAGS,
    request=NewRunSerializer,
    examples=[OpenApiExample("Two schedules", examples.NEW, request_only=True)],
    parameters=[KEY_PARAMETER, *ACCEPTED],
    filters=False,
    responses=answered(documents.RunDetailSerializer, "It is queued.", 202)
    | problems(400, 406, 413, 415, 422)
    | refusals(409, 429),
)
READ = extend_schema(
    operation_id="runs_read",
    summary="Read a run, with its progress",
    description="While it is unfinished, Retry-After says when to look again.",
    tags=TAGS,
    parameters=[wait(200)],
    responses=answered(documents.RunDetailSerializer, "The run.")
    | problems(406)
    | refusals(404),
)
CHANGE = extend_schema(
    operation_id="runs_change",
    summary="Change notes and tags",
    description="What is not given stays.",
    tags=TAGS,
    request=RunChangesSerializer,
    examples=[OpenApiExample("Notes and tags", examples.CHANGES, request_only=True)],
    parameters=[wait(200)],
    responses=answered(documents.RunDetailSerializer, "The run as it is now.")
    | problems(400, 406, 413, 415, 422)
    | refusals(404),
)
CANCEL = extend_schema(
    operation_id="runs_cancel",
    summary="Cancel a run",
    description="At once while it is queued; a run that is measured ends within "
    "seconds.",
    tags=TAGS,
    request=None,
    parameters=[wait(202)],
    responses=answered(documents.RunDetailSerializer, "It is cancelled.")
    | answered(documents.RunDetailSerializer, "Its worker is asked to end it.", 202)
    | problems(406)
    | refusals(404, 409),
)
RERUN = extend_schema(
    operation_id="runs_rerun",
    summary="Measure the same again, as a new run",
    tags=TAGS,
    request=None,
    parameters=[KEY_PARAMETER, *ACCEPTED],
    responses=answered(documents.RunDetailSerializer, "The new run is queued.", 202)
    | problems(406)
    | refusals(404, 409, 422, 429),
)


ARCHIVED = (
    answered(documents.RunDetailSerializer, "The run as it is now.")
    | problems(406)
    | refusals(404)
)
ARCHIVE = extend_schema(
    operation_id="runs_archive",
    summary="Take a run out of the lists",
    tags=TAGS,
    request=None,
    parameters=[wait(200)],
    responses=ARCHIVED,
)
UNARCHIVE = extend_schema(
    operation_id="runs_unarchive",
    summary="Bring a run back into the lists",
    tags=TAGS,
    request=None,
    parameters=[wait(200)],
    responses=ARCHIVED,
)

RESULTS = extend_schema(
    operation_id="runs_results",
    summary="Read what a run measured, a row a schedule and timestep",
    tags=TAGS,
    parameters=PAGE_PARAMETERS,
    responses=answered(documents.ResultSerializer(many=True), "A page.")
    | problems(406)
    | refusals(404, 409, 422),
)
EXPORT = extend_schema(
    operation_id="runs_export",
    summary="Take a run's results as a file",
    description="JSON is `results.json`, the document that the command line writes; "
    "CSV has a row a schedule and timestep.",
    tags=TAGS,
    parameters=[format_parameter("json", "csv"), FILE],
    responses={
        (200, JSON): OpenApiResponse(OpenApiTypes.OBJECT, "results.json."),
        **TABLE,
    }
    | problems(406)
    | refusals(404, 409, 422),
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
            description="Which runs, between commas.",
        ),
        OpenApiParameter(
            "baseline",
            {"type": "string", "format": "uuid"},
            description="Which of them the others are measured by; the first by "
            "default.",
        ),
        OpenApiParameter(
            "metric", {"type": "string"}, description="One metric instead of all."
        ),
    ],
    responses=answered(documents.RunComparisonSerializer, "Side by side.")
    | problems(406)
    | refusals(404, 409, 422),
)
PLOT = extend_schema(
    operation_id="runs_plot",
    summary="See a figure of a run",
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
        (200, media_type): OpenApiResponse(file_of(media_type), "The figure.")
        for media_type in ("image/svg+xml", "image/png", "application/pdf")
    }
    | UNCHANGED
    | problems(406)
    | refusals(404, 409, 412, 422, 503),
)
