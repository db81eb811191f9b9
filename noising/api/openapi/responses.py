"""Parts of the descriptions of operations: responses, headers and errors.

Views describe their operations with `extend_schema` and these parts.
"""

from collections.abc import Mapping
from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse
from rest_framework import serializers

from noising.api.problems import MEDIA_TYPE

JSON = "application/json"

Responses = dict[tuple[int, str], OpenApiResponse]

MEANINGS = {
    400: "The request is malformed.",
    406: "The Accept header does not allow JSON.",
    413: "The body is too large, or has too many tokens.",
    415: "The body is not declared as plain JSON in UTF-8.",
    422: "Values in the body are not valid.",
    503: "The service is busy; Retry-After says when to repeat the request.",
}
"""The description of an error status, unless an operation has its own."""


class FieldErrorSerializer(serializers.Serializer[Any]):
    """One refused value."""

    pointer = serializers.CharField(help_text="JSON pointer, such as #/tokens/3.")
    code = serializers.CharField()
    detail = serializers.CharField()


class ProblemSerializer(serializers.Serializer[Any]):
    """An error in the format of RFC 9457."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField()
    errors = FieldErrorSerializer(  # type: ignore[assignment]  # a field, not the property
        many=True, help_text="At most ten."
    )
    request_id = serializers.CharField()


def success(
    serializer: type[serializers.Serializer[Any]] | serializers.BaseSerializer[Any],
    text: str,
    *examples: OpenApiExample,
    status: int = 200,
) -> Responses:
    """Describe the JSON response to a successful request."""
    response = OpenApiResponse(serializer, text, examples=list(examples))
    return {(status, JSON): response}


def integer_schema(most: int, *, least: int = 0) -> dict[str, Any]:
    """Return the schema of an integer in least..most."""
    return {"type": "integer", "minimum": least, "maximum": most}


def file_schema(media_type: str) -> dict[str, Any]:
    """Return the schema of a body in another format than JSON.

    Text is a string. `format` marks binary bodies for programs that know OpenAPI 3.0
    only.
    """
    schema = {"type": "string", "contentMediaType": media_type}
    is_text = media_type.startswith("text/") or media_type.endswith("+xml")
    return schema if is_text else schema | {"format": "binary"}


def files(text: str, *media_types: str) -> Responses:
    """Describe responses that are not JSON documents."""
    return {
        (200, media_type): OpenApiResponse(file_schema(media_type), text)
        for media_type in media_types
    }


def problems(*codes: int, words: Mapping[int, str] | None = None) -> Responses:
    """Describe error responses.

    Args:
        codes: their statuses.
        words: descriptions of the resource, instead of those in `MEANINGS`.
    """
    meanings = MEANINGS | dict(words or {})
    return {
        (code, MEDIA_TYPE): OpenApiResponse(ProblemSerializer, meanings[code])
        for code in codes
    }


COMPUTED = problems(400, 406, 413, 415, 422, 503)
"""Errors of an operation that computes from a body."""


def header(
    name: str, text: str, *statuses: int, kind: Any = OpenApiTypes.STR
) -> OpenApiParameter:
    """Describe a response header."""
    return OpenApiParameter(
        name,
        kind,
        OpenApiParameter.HEADER,
        description=text,
        response=list(statuses),
    )


def condition(name: str, text: str) -> OpenApiParameter:
    """Describe a request header."""
    return OpenApiParameter(
        name, OpenApiTypes.STR, OpenApiParameter.HEADER, description=text
    )


def wait(*statuses: int) -> OpenApiParameter:
    """Describe the header that says when to send the request again."""
    text = "Seconds after which to send the request again."
    return header("Retry-After", text, *statuses, kind=OpenApiTypes.INT)


def state(*statuses: int) -> list[OpenApiParameter]:
    """Describe the headers of a response that has a version."""
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
