"""What the probes say about themselves in the OpenAPI document."""

from typing import Any

from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers

from noising.api.openapi.extensions import answer, problems


class LivezSerializer(serializers.Serializer[Any]):
    """The answer of GET /livez."""

    status = serializers.CharField()


class ReadyzSerializer(serializers.Serializer[Any]):
    """The answer of GET /readyz."""

    status = serializers.ChoiceField(choices=["ready", "degraded"])
    degraded = serializers.ListField(
        child=serializers.CharField(),
        help_text="Any of database, database_writes (it is read-only, full or locked), "
        "migrations, disk, worker.",
    )


LIVEZ = extend_schema(
    operation_id="livez",
    summary="Check that the process is alive",
    tags=["health"],
    responses=answer(LivezSerializer, "The process is alive.") | problems(406),
)
READYZ = extend_schema(
    operation_id="readyz",
    summary="Check which parts of the service are degraded",
    description="The core works even if parts are degraded, so only `strict=1` turns "
    "this into an error. The response is this document with either status, not a "
    "problem document, so that a probe finds `degraded` in one place.",
    tags=["health"],
    parameters=[
        OpenApiParameter(
            "strict",
            str,
            description="1: the status is 503 if anything is degraded. Other values "
            "have no effect.",
        )
    ],
    responses=answer(ReadyzSerializer, "The core works.")
    | {
        (503, "application/json"): OpenApiResponse(
            ReadyzSerializer, "Something is degraded, and the request has strict=1."
        )
    }
    | problems(400, 406),
)
