"""What POST noise says about itself in the OpenAPI document."""

from typing import Any

from drf_spectacular.utils import (
    OpenApiExample,
    OpenApiParameter,
    OpenApiResponse,
    extend_schema,
    extend_schema_field,
)
from rest_framework import serializers

from noising.api import parsers
from noising.api.array_fields import WHOLE, nested
from noising.api.core.requests import GREATEST_SEED
from noising.api.core.responses import MetricsSerializer
from noising.api.fields import EXTRAS, TOKEN_TYPES
from noising.api.noise import npy
from noising.api.noise import safetensors as tensors
from noising.api.noise.requests import PROTECTED, NoiseBatchRequestSerializer
from noising.api.openapi import examples
from noising.api.openapi.extensions import whole
from noising.api.openapi.responses import (
    COMPUTED,
    FINGERPRINT,
    RETRY_AFTER,
    SEED,
    file_schema,
    success,
)
from noising.api.openapi.specifications import HYPERSCHEDULE
from noising.api.process_requests import GREATEST_DRAW

DESCRIPTION = """\
The body is JSON, an npy file or a safetensors file, as its Content-Type says. Accept
chooses the format of the response from the same three; the default is that of the body.

* **JSON**: the request below. Rows may differ in length.
* **npy**: only the tokens, (L,) or (B, L), little-endian integers in C order. Send the
  parameters in the query. The response is the noised tokens in the same dtype.
* **safetensors**: the tensor `tokens` and optionally `timesteps` or `times`, `protect`,
  `weights`, `lengths` and `sequence_ids`. Send other parameters in the query or in the
  metadata. The response has the tensors `noised_tokens`, `resampled`, `changed` and
  `alpha`, with seed, fingerprint and metrics as metadata; also `lengths` if rows differ
  in length, and `alphas` if `return` names them.

An npy or safetensors response pads rows of different lengths with 0. Any parameter may
be in the query, whatever the format of the body, but only once. Exactly one of
`timesteps` and `times` is required, and at most one of `weights`, `token_types` and
`hyperschedule` may be given.
"""

QUERY = {
    "timesteps": "One timestep, or one for each row, separated by commas.",
    "times": "One real time in [0, 1], or one for each row, separated by commas.",
    "schedule": "Name of a stored schedule, or a specification as JSON.",
    "sequence_ids": "Ids of the rows, separated by commas.",
    "lengths": "Number of real tokens in each padded row, separated by commas.",
    "protect": "Token ids and positions as JSON.",
    "weights": "Weights by position, separated by commas.",
    "token_types": "Token ids by type as JSON.",
    "hyperschedule": "Specification of a hyperschedule as JSON.",
}
LISTS = {
    "timesteps": WHOLE,
    "times": {"type": "number", "minimum": 0, "maximum": 1},
    "sequence_ids": WHOLE,
    "lengths": WHOLE,
    "weights": {"type": "number", "exclusiveMinimum": 0},
    "return": {"type": "string", "enum": list(EXTRAS)},
}

OBJECTS = {
    "protect": PROTECTED,
    "token_types": TOKEN_TYPES,
    "hyperschedule": HYPERSCHEDULE,
}


def in_query(name: str, text: str) -> OpenApiParameter:
    """Return the description of a parameter in the query."""
    kind: dict[str, Any]
    if name in LISTS:
        kind = {"type": "array", "items": LISTS[name], "minItems": 1}
        return OpenApiParameter(
            name, kind, description=text, style="form", explode=False
        )
    kind = {"type": "string"}
    if name in OBJECTS:
        kind |= {
            "contentMediaType": parsers.MEDIA_TYPE,
            "contentSchema": OBJECTS[name],
        }
    return OpenApiParameter(name, kind, description=text)


PARAMETERS = [
    *(in_query(name, text) for name, text in QUERY.items()),
    in_query("return", "Further keys of the response, separated by commas."),
    OpenApiParameter("seed", whole(GREATEST_SEED)),
    OpenApiParameter("draw", whole(GREATEST_DRAW)),
    SEED,
    FINGERPRINT,
    RETRY_AFTER,
]

NUMBER_OR_LIST = {
    "oneOf": [{"type": "number"}, {"type": "array", "items": {"type": "number"}}]
}


@extend_schema_field(nested({"type": "integer"}))
class _TokensField(serializers.Field[Any, Any, Any, Any]):
    """Ids in the form of the request's."""


@extend_schema_field(nested({"type": "number"}))
class _AlphasField(serializers.Field[Any, Any, Any, Any]):
    """Numbers in the form of the request's tokens."""


@extend_schema_field(NUMBER_OR_LIST)
class _AlphaField(serializers.Field[Any, Any, Any, Any]):
    """One number, or one for each row."""


@extend_schema_field(nested({"type": "boolean"}))
class _MaskField(serializers.Field[Any, Any, Any, Any]):
    """Truth values in the form of the request's tokens."""


class BatchMasksSerializer(serializers.Serializer[Any]):
    """A boolean for each token."""

    resampled = _MaskField(help_text="Resampled, possibly to the same id.")
    changed = _MaskField(help_text="The id differs from the clean one.")


class NoisedBatchSerializer(serializers.Serializer[Any]):
    """The answer of POST noise as JSON; the last two keys only where asked for."""

    noised_tokens = _TokensField(help_text="In the shape of the request's tokens.")
    alpha = _AlphaField(help_text="In the shape of the time, without a hyperschedule.")
    seed = serializers.IntegerField(min_value=0)
    metrics = MetricsSerializer(help_text="For the whole batch.")
    fingerprint = serializers.CharField(help_text="SHA-256 of the specification used.")
    alphas = _AlphasField(required=False, help_text="By position.")
    masks = BatchMasksSerializer(required=False)


NOISE_BATCH = extend_schema(
    operation_id="noise_batch",
    summary="Noise a batch of token sequences",
    description=DESCRIPTION,
    tags=["noise"],
    parameters=PARAMETERS,
    request={
        parsers.MEDIA_TYPE: NoiseBatchRequestSerializer,
        npy.MEDIA_TYPE: file_schema(npy.MEDIA_TYPE),
        tensors.MEDIA_TYPE: file_schema(tensors.MEDIA_TYPE),
    },
    examples=[
        OpenApiExample(
            "Ragged rows",
            examples.BATCH_REQUEST,
            request_only=True,
            media_type=parsers.MEDIA_TYPE,
        ),
    ],
    responses=success(
        NoisedBatchSerializer,
        "The noised batch.",
        OpenApiExample(
            "Ragged rows", examples.BATCH_ANSWER, media_type=parsers.MEDIA_TYPE
        ),
    )
    | {
        (200, npy.MEDIA_TYPE): OpenApiResponse(
            file_schema(npy.MEDIA_TYPE),
            "The noised tokens, in the dtype of the tokens.",
        ),
        (200, tensors.MEDIA_TYPE): OpenApiResponse(
            file_schema(tensors.MEDIA_TYPE), "The noised tokens with masks and alpha."
        ),
    }
    | COMPUTED,
)
