"""What the probes say about themselves in the OpenAPI document."""

from typing import Any

from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers

from noising.api.schema import answer, problems


class LivezSerializer(serializers.Serializer[Any]):
    """The answer of GET /livez."""

    status = serializers.CharField()


class ReadyzSerializer(serializers.Serializer[Any]):
    """The answer of GET /readyz."""

    status = serializers.ChoiceField(choices=["ready", "degraded"])
    degraded = serializers.ListField(
        child=serializers.CharField(),
        help_text="Of database, database_writes (it is read-only, full or locked), "
        "migrations, disk, worker.",
    )


LIVEZ = extend_schema(
    operation_id="livez",
    summary="Is the process alive",
    tags=["health"],
    responses=answer(LivezSerializer, "It is.") | problems(406),
)
READYZ = extend_schema(
    operation_id="readyz",
    summary="Could the service do all of its work",
    description="What is degraded leaves the core working: only `strict=1` makes "
    "an error of it. Whatever the status, the answer is this one document, and no "
    "problem: a probe reads `degraded` in one place.",
    tags=["health"],
    parameters=[
        OpenApiParameter("strict", str, description="1, or anything else for no.")
    ],
    responses=answer(ReadyzSerializer, "The core works.")
    | {
        (503, "application/json"): OpenApiResponse(
            ReadyzSerializer, "Something is degraded, and strict=1 was asked for."
        )
    }
    | problems(400, 406),
)
