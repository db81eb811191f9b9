"""What the endpoints say about themselves in the OpenAPI document."""

from typing import Any

from django.conf import settings
from drf_spectacular.extensions import (
    OpenApiSerializerExtension,
    OpenApiSerializerFieldExtension,
)
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import (
    Direction,
    OpenApiExample,
    OpenApiParameter,
    OpenApiResponse,
    extend_schema,
)
from rest_framework import serializers

from noising.api.core import documents, examples
from noising.api.core.requests import NoiseRequestSerializer
from noising.api.problems import MEDIA_TYPE

MEANINGS = {
    400: "The request is malformed.",
    406: "The Accept header does not allow JSON.",
    413: "The body is too large, or has too many tokens.",
    415: "The body is not declared as plain JSON in UTF-8.",
    422: "Values in the body are not valid.",
    503: "The service is busy; Retry-After says when to repeat the request.",
}


class StrictSerializerExtension(OpenApiSerializerExtension):  # type: ignore[no-untyped-call]  # registers itself
    """Say of a strict serializer what it refuses: other keys, and too many of some."""

    target_class = "noising.api.serializers.StrictSerializer"
    match_subclasses = True

    def map_serializer(
        self, auto_schema: AutoSchema, direction: Direction
    ) -> dict[str, Any]:
        """Return the schema of the body."""
        schema: dict[str, Any] = auto_schema._map_serializer(  # type: ignore[no-untyped-call]  # untyped
            self.target, direction, bypass_extensions=True
        )
        excluded = [each for rule in self.target.one_of for each in rule.excluded()]
        if excluded:
            # Under `not`, since programs that generate clients take `oneOf` or `allOf`
            # at this place for another body.
            schema = schema | {"not": {"anyOf": excluded}}
        return schema | {"additionalProperties": False}


def whole(most: int, *, least: int = 0) -> dict[str, Any]:
    """Return the schema of an integer in least..most."""
    return {"type": "integer", "minimum": least, "maximum": most}


class WholeNumberExtension(OpenApiSerializerFieldExtension):  # type: ignore[no-untyped-call]  # registers itself
    """Say of a whole number its range with this configuration."""

    target_class = "noising.api.fields.WholeNumberField"

    def map_serializer_field(
        self, auto_schema: AutoSchema, direction: Direction
    ) -> dict[str, Any]:
        """Return the schema of the number."""
        return whole(self.target.greatest(), least=self.target.least)


class WholeNumbersExtension(OpenApiSerializerFieldExtension):  # type: ignore[no-untyped-call]  # registers itself
    """Say of a list of whole numbers their range, and whether it may be empty."""

    target_class = "noising.api.fields.WholeNumbersField"
    match_subclasses = True

    def map_serializer_field(
        self, auto_schema: AutoSchema, direction: Direction
    ) -> dict[str, Any]:
        """Return the schema of the list."""
        schema = {"type": "array", "items": whole(self.target.most())}
        return schema if self.target.allow_empty else schema | {"minItems": 1}


def file_of(media_type: str) -> dict[str, Any]:
    """Return the schema of a body that is no JSON document.

    Text is a string. What is binary has no value that a document in JSON or YAML could
    show; `format` says so to programs that know OpenAPI 3.0 only.
    """
    schema = {"type": "string", "contentMediaType": media_type}
    is_text = media_type.startswith("text/") or media_type.endswith("+xml")
    return schema if is_text else schema | {"format": "binary"}


def problems(*codes: int) -> dict[tuple[int, str], OpenApiResponse]:
    """Return the documentation of these error answers."""
    return {
        (code, MEDIA_TYPE): OpenApiResponse(documents.ProblemSerializer, MEANINGS[code])
        for code in codes
    }


def answer(
    serializer: type[serializers.Serializer[Any]], text: str, *shown: OpenApiExample
) -> dict[tuple[int, str], OpenApiResponse]:
    """Return the documentation of the answer to a request that succeeds."""
    key = (200, "application/json")
    return {key: OpenApiResponse(serializer, text, examples=list(shown))}


STATUS = extend_schema(
    operation_id="status",
    summary="Status and version",
    description="A browser gets the dashboard instead.",
    tags=["core"],
    responses=answer(
        documents.StatusSerializer,
        "The service is up.",
        OpenApiExample("Status", examples.STATUS),
    )
    | problems(406),
)
INFO = extend_schema(
    operation_id="info",
    summary="Configuration of the server",
    tags=["core"],
    responses=answer(documents.InfoSerializer, "The configuration.") | problems(406),
)
ALPHA = extend_schema(
    operation_id="alpha",
    summary="Alpha at a timestep",
    description="Alpha is the probability that a token has not been resampled.",
    tags=["core"],
    parameters=[
        OpenApiParameter(
            "timestep",
            whole(settings.NOISE_SPECIFICATION["num_timesteps"] - 1),
            OpenApiParameter.PATH,
            description="In 0..num_timesteps-1, in decimal digits.",
        )
    ],
    responses=answer(
        documents.AlphaSerializer, "Alpha.", OpenApiExample("Alpha", examples.ALPHA)
    )
    | problems(400, 406),
)
REFUSED = OpenApiResponse(
    documents.ProblemSerializer,
    MEANINGS[422],
    examples=[OpenApiExample("Two refused values", examples.REFUSAL)],
)
NOISE = extend_schema(
    operation_id="noise",
    summary="Noise a sequence of tokens",
    tags=["core"],
    request=NoiseRequestSerializer,
    examples=[
        OpenApiExample("Plain", examples.PLAIN_REQUEST, request_only=True),
        OpenApiExample("By token type", examples.TYPED_REQUEST, request_only=True),
    ],
    parameters=[
        OpenApiParameter(
            "Noise-Seed",
            OpenApiTypes.STR,
            OpenApiParameter.HEADER,
            description="The seed that gives this response again, in decimal.",
            response=[200],
        )
    ],
    responses=answer(
        documents.NoiseSerializer,
        "The noised tokens.",
        OpenApiExample("By token type", examples.TYPED_ANSWER),
    )
    | problems(400, 406, 413, 415)
    | {(422, MEDIA_TYPE): REFUSED},
)
