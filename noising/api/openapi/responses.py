"""What descriptions of version 1 share: answers, headers, errors beyond the core's."""

from collections.abc import Mapping
from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse
from rest_framework import serializers

from noising.api.core.documents import ProblemSerializer
from noising.api.openapi.extensions import problems
from noising.api.problems import MEDIA_TYPE

JSON = "application/json"

Responses = dict[tuple[int, str], OpenApiResponse]

COMPUTED = problems(400, 406, 413, 415, 422, 503)
"""Errors of what is computed from a body."""


def answered(
    serializer: type[serializers.Serializer[Any]] | serializers.BaseSerializer[Any],
    text: str,
    status: int = 200,
) -> Responses:
    """Return the documentation of an answer in JSON."""
    return {(status, JSON): OpenApiResponse(serializer, text)}


def refused(meanings: Mapping[int, str], *codes: int) -> Responses:
    """Return the documentation of error answers in the words of a part."""
    return {
        (code, MEDIA_TYPE): OpenApiResponse(ProblemSerializer, meanings[code])
        for code in codes
    }


def header(
    name: str, text: str, *statuses: int, kind: Any = OpenApiTypes.STR
) -> OpenApiParameter:
    """Return the documentation of a header of answers."""
    return OpenApiParameter(
        name,
        kind,
        OpenApiParameter.HEADER,
        description=text,
        response=list(statuses),
    )


def condition(name: str, text: str) -> OpenApiParameter:
    """Return the documentation of a header of requests."""
    return OpenApiParameter(
        name, OpenApiTypes.STR, OpenApiParameter.HEADER, description=text
    )


def wait(*statuses: int) -> OpenApiParameter:
    """Return the documentation of the header that says when to ask again."""
    text = "Seconds after which to send the request again."
    return header("Retry-After", text, *statuses, kind=OpenApiTypes.INT)


def state(*statuses: int) -> list[OpenApiParameter]:
    """Return the documentation of the headers of answers that have a version."""
    return [
        header("ETag", "The version of the object.", *statuses),
        header(
            "Cache-Control",
            "Caches may store the response but must revalidate it.",
            *statuses,
        ),
    ]


RETRY_AFTER = wait(503)
SEED = header("Noise-Seed", "The seed that gives this response again, in decimal.", 200)
FINGERPRINT = header(
    "Noise-Fingerprint", "SHA-256 of the specification of the noise process.", 200
)
KEPT = condition(
    "If-None-Match", "Versions that the client has; if one is current, it gets 304."
)
UNCHANGED = {304: OpenApiResponse(None, "The client has this version.")}
FILE = header("Content-Disposition", "A name for the file.", 200)
