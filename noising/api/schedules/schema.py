"""What the endpoints of schedules say about themselves in the OpenAPI document."""

from drf_spectacular.utils import (
    OpenApiExample,
    OpenApiParameter,
    OpenApiResponse,
    extend_schema,
)

from noising.api.openapi.responses import (
    COMPUTED,
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
from noising.api.openapi.specifications import SPECIFICATION as SPECIFICATION_SCHEMA
from noising.api.pagination import PAGE_PARAMETERS, ordering_parameter
from noising.api.problems import MEDIA_TYPE
from noising.api.renderers import format_parameter
from noising.api.schedules import documents, examples
from noising.api.schedules.requests import (
    AXES,
    DEFAULT_POINTS,
    LEAST_COMPARED,
    ImportSerializer,
    NewScheduleSerializer,
    PreviewSerializer,
    ScheduleChangesSerializer,
)
from noising.api.text_fields import LONGEST_NAME, NAME
from noising.curves import MAX_POINTS, QUANTITIES
from noising.filters import ScheduleFilters
from noising.models import PLOTTED_SCHEDULES

TAGS = ["schedules"]
SLUG = {"type": "string", "pattern": f"^{NAME.pattern}$", "maxLength": LONGEST_NAME}

MEANINGS = {
    404: "There is no such schedule.",
    409: "The name is taken, or runs refer to the specification.",
    412: "The schedule has changed in the meantime: If-Match names another version.",
    422: "Values of the query are not valid.",
    503: "The service is busy; Retry-After says when to repeat the request.",
}

NAME_PARAMETER = OpenApiParameter("name", SLUG, OpenApiParameter.PATH)


EXPECTED = condition("If-Match", "The version that the change applies to.")

CURVE_PARAMETERS = [
    OpenApiParameter(
        "quantities",
        {
            "type": "array",
            "items": {"type": "string", "enum": list(QUANTITIES)},
            "minItems": 1,
            "uniqueItems": True,
        },
        explode=False,
        style="form",
        description="Names of curves, separated by commas; by default all.",
    ),
    OpenApiParameter(
        "points",
        {
            "type": "integer",
            "minimum": 1,
            "maximum": MAX_POINTS,
            "default": DEFAULT_POINTS,
        },
        description="Number of points at most; the information of a matrix graph has "
        "fewer.",
    ),
]
AXIS_PARAMETER = OpenApiParameter(
    "axis",
    {"type": "string", "enum": list(AXES), "default": AXES[0]},
    description="The horizontal axis of the curves.",
)
IMAGE_FORMATS = ("svg", "png", "pdf")
IMAGES = ("image/svg+xml", "image/png", "application/pdf")

LIST = extend_schema(
    operation_id="schedules_list",
    summary="List schedules, or export them",
    description="JSON has pages. `format=csv` and `format=ndjson` export all schedules "
    "that match the filters, NDJSON with their specifications.",
    tags=TAGS,
    filters=True,
    parameters=[
        ordering_parameter(ScheduleFilters),
        *PAGE_PARAMETERS,
        format_parameter("json", "csv", "ndjson"),
        FILE,
    ],
    responses=success(documents.SummarySerializer(many=True), "A page.")
    | files("All schedules.", "text/csv")
    | {
        (200, "application/x-ndjson"): OpenApiResponse(
            documents.ExportedScheduleSerializer, "All schedules, one per line."
        )
    }
    | {(404, MEDIA_TYPE): OpenApiResponse(ProblemSerializer, "There is no such page.")}
    | problems(406, 422, words=MEANINGS),
)
CREATE = extend_schema(
    operation_id="schedules_create",
    summary="Store a schedule",
    tags=TAGS,
    request=NewScheduleSerializer,
    examples=[OpenApiExample("Linear", examples.NEW, request_only=True)],
    parameters=[
        header("Location", "The URL of the schedule.", 201),
        *state(201),
        RETRY_AFTER,
    ],
    filters=False,
    responses=success(
        documents.ScheduleSerializer, "The schedule is stored.", status=201
    )
    | problems(400, 406, 409, 413, 415, 422, 503, words=MEANINGS),
)
READ = extend_schema(
    operation_id="schedules_read",
    summary="Read a schedule",
    tags=TAGS,
    parameters=[NAME_PARAMETER, KEPT, *state(200, 304)],
    responses=success(documents.ScheduleSerializer, "The schedule.")
    | UNCHANGED
    | problems(404, 406, 412, words=MEANINGS),
)
CHANGE = extend_schema(
    operation_id="schedules_change",
    summary="Change notes, tags or specification",
    description="Keys that are not given do not change. Once a run refers to the "
    "schedule, its specification cannot change: store the new one under another name. "
    "With If-Match, the change is refused if the schedule has changed in the meantime.",
    tags=TAGS,
    request=ScheduleChangesSerializer,
    examples=[OpenApiExample("Notes and tags", examples.CHANGES, request_only=True)],
    parameters=[NAME_PARAMETER, EXPECTED, *state(200), RETRY_AFTER],
    responses=success(documents.ScheduleSerializer, "The schedule as it is now.")
    | problems(400, 404, 406, 409, 412, 413, 415, 422, 503, words=MEANINGS),
)
ARCHIVE = extend_schema(
    operation_id="schedules_archive",
    summary="Archive a schedule",
    description="Lists leave it out by default. It keeps its name and URL, and runs "
    "still refer to it. `unarchive` reverses this.",
    tags=TAGS,
    request=None,
    parameters=[NAME_PARAMETER, *state(200)],
    responses=success(documents.ScheduleSerializer, "The schedule is archived.")
    | problems(404, 406, words=MEANINGS),
)
UNARCHIVE = extend_schema(
    operation_id="schedules_unarchive",
    summary="Unarchive a schedule",
    tags=TAGS,
    request=None,
    parameters=[NAME_PARAMETER, *state(200)],
    responses=success(
        documents.ScheduleSerializer, "The schedule is no longer archived."
    )
    | problems(404, 406, words=MEANINGS),
)
SPECIFICATION = extend_schema(
    operation_id="schedules_specification",
    summary="Download the specification",
    description="In the form that `build_process` and POST schedules take.",
    tags=TAGS,
    parameters=[NAME_PARAMETER, KEPT, *state(200, 304), FILE],
    responses={
        (200, JSON): OpenApiResponse(
            SPECIFICATION_SCHEMA, "The canonical specification."
        )
    }
    | UNCHANGED
    | problems(404, 406, 412, words=MEANINGS),
)
LINT = extend_schema(
    operation_id="schedules_lint",
    summary="Read the linter's findings",
    tags=TAGS,
    parameters=[NAME_PARAMETER, KEPT, *state(200, 304)],
    responses=success(documents.LintSerializer, "Findings, the most serious first.")
    | UNCHANGED
    | problems(404, 406, 412, words=MEANINGS),
)
CURVES = extend_schema(
    operation_id="schedules_curves",
    summary="Get curves as numbers or as an image",
    description="The query's `format` or else the Accept header chooses the format. "
    "Values that are infinite or do not exist are null in JSON and empty in CSV.",
    tags=TAGS,
    parameters=[
        NAME_PARAMETER,
        *CURVE_PARAMETERS,
        AXIS_PARAMETER,
        format_parameter("json", "csv", *IMAGE_FORMATS),
        KEPT,
        *state(200, 304),
        FILE,
        RETRY_AFTER,
    ],
    responses=success(documents.CurvesSerializer, "The curves.")
    | files("The curves.", "text/csv", *IMAGES)
    | UNCHANGED
    | problems(404, 406, 412, 422, 503, words=MEANINGS),
)
COMPARE = extend_schema(
    operation_id="schedules_compare",
    summary="Compare schedules",
    description="Differences between the specifications, key figures, and curves over "
    "time; or an image with the curves of all schedules.",
    tags=TAGS,
    parameters=[
        OpenApiParameter(
            "names",
            {
                "type": "array",
                "items": SLUG,
                "minItems": LEAST_COMPARED,
                "maxItems": PLOTTED_SCHEDULES,
                "uniqueItems": True,
            },
            explode=False,
            style="form",
            required=True,
            description="Names of the schedules, separated by commas.",
            examples=[OpenApiExample("Two", examples.COMPARED)],
        ),
        *CURVE_PARAMETERS,
        format_parameter("json", *IMAGE_FORMATS),
        KEPT,
        *state(200, 304),
        FILE,
        RETRY_AFTER,
    ],
    responses=success(documents.ComparisonSerializer, "The comparison.")
    | files("The curves.", *IMAGES)
    | UNCHANGED
    | problems(404, 406, 412, 422, 503, words=MEANINGS),
)
PREVIEW = extend_schema(
    operation_id="curves",
    summary="Get curves and findings of a specification",
    description="Nothing is stored. For example for the preview of a form.",
    tags=TAGS,
    request=PreviewSerializer,
    examples=[OpenApiExample("Linear", examples.PREVIEW, request_only=True)],
    parameters=[RETRY_AFTER],
    responses=success(documents.PreviewAnswerSerializer, "Curves and findings.")
    | COMPUTED,
)
IMPORT = extend_schema(
    operation_id="schedules_import",
    summary="Convert another project's configuration to a specification",
    description="Nothing is stored; send the specification to POST schedules. Notes "
    "say which keys were ignored, were assumed or mean something else here.",
    tags=TAGS,
    request=ImportSerializer,
    examples=[
        OpenApiExample("SEDD, as YAML", examples.IMPORTED_TEXT, request_only=True),
        OpenApiExample("diffusers", examples.IMPORTED_OBJECT, request_only=True),
    ],
    parameters=[RETRY_AFTER],
    responses=success(documents.ImportedSerializer, "The specification.") | COMPUTED,
)
