"""Views that store nothing: curves of a specification, imports."""

from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from noising.api.base import StatelessView
from noising.api.openapi.responses import COMPUTED, RETRY_AFTER, success
from noising.api.parsers import read_json
from noising.api.processes import get_process
from noising.api.schedules import examples
from noising.api.schedules.actions import (
    build_specification,
    compute_curves,
    import_specification,
    judge_process,
    name_specification,
)
from noising.api.schedules.requests import ImportSerializer, PreviewSerializer
from noising.api.schedules.responses import (
    FindingSerializer,
    ImportedSerializer,
    PreviewAnswerSerializer,
    VerdictSerializer,
    serialize_curves,
)

PREVIEW = PreviewSerializer()
IMPORT = ImportSerializer()


class PreviewView(StatelessView):
    """POST curves."""

    @extend_schema(
        operation_id="curves",
        summary="Get curves, findings and verdict of a specification",
        description="Nothing is stored. A form can show them as a preview.",
        tags=["schedules"],
        request=PreviewSerializer,
        examples=[OpenApiExample("Linear", examples.PREVIEW, request_only=True)],
        parameters=[RETRY_AFTER],
        responses=success(PreviewAnswerSerializer, "Curves, findings and verdict.")
        | COMPUTED,
    )
    def post(self, request: Request) -> Response:
        """Return curves, findings and verdict; nothing is stored."""
        preview = PREVIEW.parse(read_json(request))
        with name_specification():
            served = build_specification(preview.specification)
            [curves] = compute_curves([served], preview.curves)
            verdict = judge_process(served)
        return Response(
            {
                "specification": served.process.spec,
                **serialize_curves(served.process, preview.curves.axis, curves),
                "lint": FindingSerializer(verdict.findings, many=True).data,
                "verdict": VerdictSerializer(verdict).data,
            }
        )


class ImportView(StatelessView):
    """POST schedules/import."""

    @extend_schema(
        operation_id="schedules_import",
        summary="Convert another project's configuration to a specification",
        description="Nothing is stored; send the specification to POST schedules. "
        "Notes say which keys were ignored, were assumed or mean something else here.",
        tags=["schedules"],
        request=ImportSerializer,
        examples=[
            OpenApiExample("SEDD, as YAML", examples.IMPORTED_TEXT, request_only=True),
            OpenApiExample("diffusers", examples.IMPORTED_OBJECT, request_only=True),
        ],
        parameters=[RETRY_AFTER],
        responses=success(ImportedSerializer, "The specification.") | COMPUTED,
    )
    def post(self, request: Request) -> Response:
        """Return the specification for another project's configuration."""
        source, imported = import_specification(IMPORT.parse(read_json(request)))
        process = get_process(imported.spec).process
        document = {"source": source, "imported": imported, "process": process}
        return Response(ImportedSerializer(document).data)
