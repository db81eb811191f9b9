"""Audits of noised tokens: parse, call, respond."""

from http import HTTPStatus
from typing import TYPE_CHECKING, cast
from uuid import UUID

from django.http import HttpResponse, HttpResponseBase
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
from rest_framework.viewsets import GenericViewSet

from noising.api import parsers
from noising.api.audits import examples
from noising.api.audits.actions import (
    compare_stored,
    create_audit,
    find_audit,
    find_pairs,
)
from noising.api.audits.renderers import PAIRS_RENDERERS
from noising.api.audits.requests import (
    MEDIA_TYPES,
    NPZ,
    SAFETENSORS,
    AuditChangesSerializer,
    NewAuditSerializer,
    parse_comparison,
    read_new_audit,
)
from noising.api.audits.responses import (
    AuditComparisonSerializer,
    AuditDetailSerializer,
    AuditSerializer,
)
from noising.api.base import RegistryView
from noising.api.comparisons import describe_ids
from noising.api.conditional import respond_with_figure
from noising.api.exports import make_file_name
from noising.api.layouts import (
    FIGURE_FORMATS,
    FIGURE_RENDERERS,
    FIGURE_TYPES,
    LAYOUT,
    parse_layout,
)
from noising.api.openapi.responses import (
    FILE,
    JSON,
    KEPT,
    UNCHANGED,
    file_schema,
    files,
    header,
    integer_schema,
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
from noising.api.renderers import (
    CSVRenderer,
    FormatNegotiation,
    JSONRenderer,
    PDFRenderer,
    format_parameter,
)
from noising.audit.checks.weights import FORMS
from noising.audit.pairs import MAX_LENGTH
from noising.audits import (
    MOST_COMPARED,
    audit_annotate,
    audit_archive,
    audit_discard_pairs,
    audit_unarchive,
    tabulate_report,
)
from noising.engine.training_times import METHODS
from noising.figures import AUDIT_FIGURES, make_audit_image
from noising.filters import LONGEST_TEXT, NO_NUL, AuditFilters
from noising.filters.audits import TEXTS
from noising.models import LONGEST_AUDIT_NAME, Audit
from noising.services import audit_delete
from noising.spreadsheets import format_csv

if TYPE_CHECKING:
    from django.contrib.auth.models import User

AUDIT_CHANGES = AuditChangesSerializer()

TAGS = ["audits"]
MEANINGS = {
    404: "There is no such audit.",
    409: "The account keeps as many uploads as it may.",
    412: "If-Match names another version.",
    413: "The body is too large, or has too many tokens.",
    415: "The body has another Content-Type, or is compressed.",
    422: "The file, or values of the body or the query, are not valid.",
}
DESCRIPTION = f"""\
The pairs are the body; its Content-Type says in which form.

* **JSON**: the request below.
* **npz** (`{NPZ}`) and **safetensors**: the arrays `x0` and `xt`, (rows, length), and
  what you have of `t`, `timestep`, `alpha`, `protect`, `lengths`, `moved`, `weights`,
  `ids`, `epoch` and `rank`. Send what they are claimed to be in the query.

Any claim may be in the query, whatever the form of the body, but only once. The pairs
are judged at once and are not stored, unless `keep` is true.
"""
FIGURE = OpenApiParameter(
    "name", {"type": "string", "enum": list(AUDIT_FIGURES)}, OpenApiParameter.PATH
)
TEXT_PARAMETERS = [
    OpenApiParameter(
        name,
        {"type": "string", "maxLength": LONGEST_TEXT, "pattern": NO_NUL},
        description=text,
    )
    for name, text in TEXTS.items()
]
TIME = {"type": "number", "minimum": 0, "maximum": 1}
CLAIM_PARAMETERS = [
    OpenApiParameter(name, schema, description=text)
    for name, schema, text in (
        (
            "name",
            {"type": "string", "maxLength": LONGEST_AUDIT_NAME, "pattern": NO_NUL},
            "What is audited.",
        ),
        (
            "schedule",
            {"type": "string"},
            "Name of a stored schedule, or a specification as JSON.",
        ),
        ("low", TIME, "Lower end of the claimed times."),
        ("high", TIME, "Upper end of the claimed times."),
        ("method", {"type": "string", "enum": list(METHODS)}, "How times are drawn."),
        ("block", integer_schema(MAX_LENGTH, least=1), "Width of blocks with times."),
        ("form", {"type": "string", "enum": list(FORMS)}, "Form of the weights."),
        ("notes", {"type": "string", "pattern": NO_NUL}, "Free text."),
        ("tags", {"type": "string"}, "Short labels, separated by commas."),
        ("keep", {"type": "boolean"}, "Whether to keep the pairs."),
    )
]
CHANGED = success(AuditDetailSerializer, "The audit as it is now.")


class AuditViewSet(RegistryView, GenericViewSet[Audit]):
    """/api/v1/audits: everyone may read, accounts create, owners and staff change."""

    queryset = Audit.objects.all()
    serializer_class = AuditDetailSerializer
    filter_backends = (StrictFilterBackend,)
    filterset_class = AuditFilters
    pagination_class = Pages
    lookup_url_kwarg = "audit_id"
    lookup_value_converter = "uuid"

    def get_object(self) -> Audit:
        """Return the audit of the URL, if the account may do this to it."""
        audit = find_audit(self.kwargs["audit_id"])
        self.check_object_permissions(self.request, audit)
        return audit

    def respond(self, audit: Audit) -> Response:
        """Respond with an audit."""
        return Response(self.get_serializer(audit).data)

    @extend_schema(
        operation_id="audits_list",
        summary="List audits",
        description="By default the newest first, without archived ones.",
        tags=TAGS,
        filters=True,
        parameters=[
            *TEXT_PARAMETERS,
            ordering_parameter(AuditFilters),
            *PAGE_PARAMETERS,
        ],
        responses=success(AuditSerializer(many=True), "A page.")
        | problems(404, words={404: "There is no such page."})
        | problems(406, 422, words=MEANINGS),
    )
    def list(self, request: Request) -> Response:
        """List audits, page by page."""
        rows = self.filter_queryset(Audit.objects.for_list())
        audits = AuditSerializer(
            self.paginate_queryset(rows),
            many=True,
            context=self.get_serializer_context(),
        )
        return self.get_paginated_response(audits.data)

    @extend_schema(
        operation_id="audits_create",
        summary="Audit pairs of clean and noised tokens",
        description=DESCRIPTION,
        tags=TAGS,
        request={
            parsers.MEDIA_TYPE: NewAuditSerializer,
            NPZ: file_schema(NPZ),
            SAFETENSORS: file_schema(SAFETENSORS),
        },
        examples=[
            OpenApiExample(
                "Two rows",
                examples.NEW,
                request_only=True,
                media_type=parsers.MEDIA_TYPE,
            )
        ],
        parameters=[
            *CLAIM_PARAMETERS,
            header("Location", "The URL of the audit.", 201),
            wait(503),
        ],
        responses=success(AuditDetailSerializer, "The audit.", status=201)
        | problems(400, 406, 409, 413, 415, 422, 503, words=MEANINGS),
    )
    def create(self, request: Request) -> Response:
        """Judge pairs and store the audit."""
        owner = cast("User", request.user)  # the permissions require an account
        audit = create_audit(read_new_audit(request), owner)
        content = self.get_serializer(audit).data
        headers = {"Location": content["url"]}
        return Response(content, status=HTTPStatus.CREATED, headers=headers)

    @extend_schema(
        operation_id="audits_read",
        summary="Read an audit with its report",
        tags=TAGS,
        responses=success(AuditDetailSerializer, "The audit.")
        | problems(404, 406, words=MEANINGS),
    )
    def retrieve(self, request: Request, audit_id: UUID) -> Response:
        """Return an audit."""
        return self.respond(self.get_object())

    @extend_schema(
        operation_id="audits_change",
        summary="Change name, notes and tags",
        description="Keys that are not given do not change.",
        tags=TAGS,
        request=AuditChangesSerializer,
        examples=[
            OpenApiExample("Name and notes", examples.CHANGES, request_only=True)
        ],
        responses=CHANGED | problems(400, 404, 406, 413, 415, 422, words=MEANINGS),
    )
    def partial_update(self, request: Request, audit_id: UUID) -> Response:
        """Change name, notes and tags."""
        changes = AUDIT_CHANGES.parse(parsers.read_json(request))
        audit = self.get_object()
        current = {"name": audit.name, "notes": audit.notes, "tags": audit.tags}
        audit_annotate(audit=audit, **(current | dict(changes)))
        return self.respond(audit)

    @extend_schema(
        operation_id="audits_delete",
        summary="Delete an audit, with its pairs",
        description="It cannot be undone.",
        tags=TAGS,
        responses={204: OpenApiResponse(None, "The audit is deleted.")}
        | problems(404, 406, words=MEANINGS),
    )
    def destroy(self, request: Request, audit_id: UUID) -> Response:
        """Delete an audit."""
        audit_delete(audit=self.get_object())
        return Response(status=HTTPStatus.NO_CONTENT)

    @extend_schema(
        operation_id="audits_archive",
        summary="Archive an audit",
        description="Lists leave it out by default; its URL stays valid. `unarchive` "
        "reverses this.",
        tags=TAGS,
        request=None,
        responses=CHANGED | problems(404, 406, words=MEANINGS),
    )
    @action(detail=True, methods=["post"])
    def archive(self, request: Request, audit_id: UUID) -> Response:
        """Archive an audit."""
        audit = self.get_object()
        audit_archive(audit=audit)
        return self.respond(audit)

    @extend_schema(
        operation_id="audits_unarchive",
        summary="Unarchive an audit",
        tags=TAGS,
        request=None,
        responses=CHANGED | problems(404, 406, words=MEANINGS),
    )
    @action(detail=True, methods=["post"])
    def unarchive(self, request: Request, audit_id: UUID) -> Response:
        """Unarchive an audit."""
        audit = self.get_object()
        audit_unarchive(audit=audit)
        return self.respond(audit)

    @extend_schema(
        operation_id="audits_pairs",
        summary="Download the pairs, if they are kept",
        tags=TAGS,
        parameters=[FILE],
        responses={
            (200, media_type): OpenApiResponse(
                OpenApiTypes.OBJECT if media_type == JSON else file_schema(media_type),
                "The pairs as they were sent.",
            )
            for media_type in MEDIA_TYPES.values()
        }
        | problems(
            404, 406, words=MEANINGS | {404: "There is no such audit, or no pairs."}
        ),
    )
    @action(detail=True, renderer_classes=PAIRS_RENDERERS)
    def pairs(self, request: Request, audit_id: UUID) -> HttpResponse:
        """Return the pairs as they were sent."""
        pairs = find_pairs(audit_id)
        name = f"{audit_id}{pairs.suffix}"
        return HttpResponse(
            bytes(pairs.content),
            content_type=MEDIA_TYPES[pairs.suffix],
            headers={"Content-Disposition": f'attachment; filename="{name}"'},
        )

    @extend_schema(
        operation_id="audits_discard_pairs",
        summary="Delete the pairs, if they are kept",
        description="The audit stays.",
        tags=TAGS,
        responses={204: OpenApiResponse(None, "There are no pairs of it any more.")}
        | problems(404, 406, words=MEANINGS),
    )
    @pairs.mapping.delete
    def discard_pairs(self, request: Request, audit_id: UUID) -> Response:
        """Delete the pairs."""
        audit_discard_pairs(audit=self.get_object())
        return Response(status=HTTPStatus.NO_CONTENT)

    @extend_schema(
        operation_id="audits_export",
        summary="Download an audit's report",
        description="JSON is the document that `noising audit --json` prints; CSV has "
        "a row for each finding and for each other test; PDF has all plots.",
        tags=TAGS,
        parameters=[
            format_parameter("json", "csv", "pdf"),
            *LAYOUT,
            FILE,
            *state(200, 304),
            wait(503),
        ],
        responses={(200, JSON): OpenApiResponse(OpenApiTypes.OBJECT, "The report.")}
        | files("The report.", CSVRenderer.media_type, PDFRenderer.media_type)
        | UNCHANGED
        | problems(404, 406, 412, 422, 503, words=MEANINGS),
    )
    @action(
        detail=True,
        renderer_classes=(JSONRenderer, CSVRenderer, PDFRenderer),
        content_negotiation_class=FormatNegotiation,
    )
    def export(self, request: Request, audit_id: UUID) -> HttpResponseBase:
        """Return the report, as a file."""
        audit = find_audit(audit_id)
        kind = request.accepted_renderer.format
        parse_layout(request.query_params)  # refuses unknown values in any format
        if kind == "pdf":
            image = make_audit_image("overview", audit.pk)
            return respond_with_figure(request, image, "pdf")
        table = tabulate_report(audit.report)
        name = make_file_name(str(audit), audit.pk)
        return Response(
            format_csv(table).encode() if kind == "csv" else audit.report,
            headers={"Content-Disposition": f'attachment; filename="{name}.{kind}"'},
        )

    @extend_schema(
        operation_id="audits_compare",
        summary="Compare audits with one of them",
        tags=TAGS,
        parameters=describe_ids("audits", MOST_COMPARED),
        responses=success(AuditComparisonSerializer, "The comparison.")
        | problems(404, 406, 422, words=MEANINGS),
    )
    @action(detail=False)
    def compare(self, request: Request) -> Response:
        """Compare audits with one of them."""
        ids, baseline = parse_comparison(request.query_params)
        return Response(compare_stored(ids, baseline))

    @extend_schema(
        operation_id="audits_plot",
        summary="Get a figure of an audit",
        tags=TAGS,
        parameters=[
            FIGURE,
            format_parameter(*FIGURE_FORMATS),
            *LAYOUT,
            KEPT,
            FILE,
            *state(200, 304),
            wait(503),
        ],
        responses=files("The figure.", *FIGURE_TYPES)
        | UNCHANGED
        | problems(404, 406, 412, 422, 503, words=MEANINGS),
    )
    @action(
        detail=True,
        url_path="plots/<slug:name>",
        renderer_classes=FIGURE_RENDERERS,
        content_negotiation_class=FormatNegotiation,
    )
    def plot(self, request: Request, audit_id: UUID, name: str) -> HttpResponseBase:
        """Return a figure."""
        if name not in AUDIT_FIGURES:
            raise NotFound(f"There is no figure {name!r}: {', '.join(AUDIT_FIGURES)}.")
        audit = find_audit(audit_id)
        return respond_with_figure(request, make_audit_image(name, audit.pk))
