"""What the endpoints say about themselves in the OpenAPI document."""

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import (
    OpenApiExample,
    OpenApiParameter,
    OpenApiResponse,
    extend_schema,
)
from rest_framework import serializers

from noising.api.errors import MEDIA_TYPE
from noising.api.serializers import NoiseRequestSerializer

REQUEST_EXAMPLE = {
    "tokens": [101, 2054, 2003, 2048, 2010, 102],
    "timestep": 500,
    "use_hyperschedule": False,
    "token_weights": None,
}
SEEDED_EXAMPLE = {
    "tokens": [101, 2054, 2003, 2048, 2010, 102],
    "token_types": {
        "critical": [101, 102, 2003],
        "variable": [2054, 2048],
        "other": [2010],
    },
    "timestep": 500,
    "use_hyperschedule": True,
    "seed": 7,
    "return": ["seed", "alphas"],
}

MEANINGS = {
    400: "The request is malformed.",
    406: "The Accept header rules out JSON.",
    413: "The body is too long, or has too many tokens.",
    415: "The body is not declared as plain JSON in UTF-8.",
    422: "Values in the body cannot be used.",
}


class StatusSerializer(serializers.Serializer[Any]):
    """The answer of GET /."""

    service = serializers.CharField()
    version = serializers.CharField()
    status = serializers.CharField()


class LimitsSerializer(serializers.Serializer[Any]):
    """The limits of one request."""

    max_tokens = serializers.IntegerField()
    max_body_bytes = serializers.IntegerField()


class VersionsSerializer(serializers.Serializer[Any]):
    """The versions of the parts."""

    service = serializers.CharField()
    engine = serializers.CharField()


class InfoSerializer(serializers.Serializer[Any]):
    """The answer of GET /info."""

    vocab_size = serializers.IntegerField()
    num_timesteps = serializers.IntegerField()
    schedule_type = serializers.CharField()
    beta_min = serializers.FloatField(help_text="Used by linear and quadratic.")
    beta_max = serializers.FloatField(help_text="Used by linear and quadratic.")
    graph = serializers.CharField()
    mask_id = serializers.IntegerField(allow_null=True)
    num_states = serializers.IntegerField(help_text="Ids that an answer may hold.")
    hyperschedule = serializers.DictField(help_text="Used where none is named.")
    token_type_weights = serializers.DictField(child=serializers.FloatField())
    limits = LimitsSerializer()
    versions = VersionsSerializer()
    fingerprint = serializers.CharField(help_text="SHA-256 of the specification.")
    specification = serializers.DictField()


class AlphaSerializer(serializers.Serializer[Any]):
    """The answer of GET /alpha/{timestep}."""

    timestep = serializers.IntegerField()
    alpha = serializers.FloatField(min_value=0.0, max_value=1.0)


class MetricsSerializer(serializers.Serializer[Any]):
    """What became of the tokens."""

    unchanged_tokens = serializers.IntegerField()
    percent_unchanged = serializers.FloatField(help_text="With two decimals.")
    total_tokens = serializers.IntegerField()


class MasksSerializer(serializers.Serializer[Any]):
    """One truth value a position."""

    resampled = serializers.ListField(
        child=serializers.BooleanField(), help_text="Drawn anew, perhaps to the same."
    )
    changed = serializers.ListField(
        child=serializers.BooleanField(), help_text="Another id than before."
    )


class NoiseSerializer(serializers.Serializer[Any]):
    """The answer of POST /noise; the last three keys only where asked for."""

    noised_tokens = serializers.ListField(child=serializers.IntegerField())
    alpha = serializers.FloatField(help_text="At the timestep, before any weights.")
    metrics = MetricsSerializer()
    alphas = serializers.ListField(
        child=serializers.FloatField(), required=False, help_text="By position."
    )
    seed = serializers.IntegerField(required=False, min_value=0)
    masks = MasksSerializer(required=False)


class FieldErrorSerializer(serializers.Serializer[Any]):
    """One refused value."""

    pointer = serializers.CharField(help_text="JSON pointer, such as #/tokens/3.")
    code = serializers.CharField()
    detail = serializers.CharField()


class ProblemSerializer(serializers.Serializer[Any]):
    """An error, as RFC 9457 words it."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField()
    errors = FieldErrorSerializer(  # type: ignore[assignment]  # a field, not the property
        many=True, help_text="At most ten."
    )
    request_id = serializers.CharField()


def problems(*codes: int) -> dict[tuple[int, str], OpenApiResponse]:
    """Return the documentation of these error answers."""
    return {
        (code, MEDIA_TYPE): OpenApiResponse(ProblemSerializer, MEANINGS[code])
        for code in codes
    }


def answer(serializer: type[serializers.Serializer[Any]], text: str) -> dict[Any, Any]:
    """Return the documentation of the answer to a request that succeeds."""
    return {(200, "application/json"): OpenApiResponse(serializer, text)}


STATUS = extend_schema(
    operation_id="status",
    summary="Status and version",
    description="A browser gets the dashboard instead.",
    tags=["core"],
    responses=answer(StatusSerializer, "The service answers.") | problems(406),
)
INFO = extend_schema(
    operation_id="info",
    summary="Configuration of the server",
    tags=["core"],
    responses=answer(InfoSerializer, "The configuration.") | problems(406),
)
ALPHA = extend_schema(
    operation_id="alpha",
    summary="Alpha at a timestep",
    description="Alpha is the chance that the process has left a token alone.",
    tags=["core"],
    parameters=[
        OpenApiParameter(
            "timestep",
            {"type": "integer", "minimum": 0},
            OpenApiParameter.PATH,
            description="In 0..num_timesteps-1, in plain decimal digits.",
        )
    ],
    responses=answer(AlphaSerializer, "Alpha.") | problems(400, 406),
)
NOISE = extend_schema(
    operation_id="noise",
    summary="Noise a sequence of tokens",
    tags=["core"],
    request=NoiseRequestSerializer,
    examples=[
        OpenApiExample("A sequence", REQUEST_EXAMPLE, request_only=True),
        OpenApiExample("By token type, repeatable", SEEDED_EXAMPLE, request_only=True),
    ],
    parameters=[
        OpenApiParameter(
            "Noise-Seed",
            OpenApiTypes.STR,
            OpenApiParameter.HEADER,
            description="The seed that makes this answer again, in decimal.",
            response=[200],
        )
    ],
    responses=answer(NoiseSerializer, "The noised tokens.")
    | problems(400, 406, 413, 415, 422),
)
