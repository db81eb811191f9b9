"""POST noise: parse, call, respond."""

from typing import Any

from drf_spectacular.utils import (
    OpenApiExample,
    OpenApiParameter,
    OpenApiResponse,
    extend_schema,
)
from rest_framework.request import Request
from rest_framework.response import Response

from noising.api import parsers
from noising.api.array_fields import WHOLE
from noising.api.base import StatelessView
from noising.api.noise import npy, safetensors
from noising.api.noise.renderers import RENDERERS
from noising.api.noise.requests import (
    BATCH_EXTRAS,
    NOISE_BATCH,
    PROTECT_OBJECT,
    NoiseBatchRequestSerializer,
    read_values,
)
from noising.api.noise.responses import NoisedBatchSerializer, noise_batch
from noising.api.openapi import examples
from noising.api.openapi.responses import (
    COMPUTED,
    FINGERPRINT,
    RETRY_AFTER,
    SEED,
    file_schema,
    integer_schema,
    success,
)
from noising.api.openapi.specifications import HYPERSCHEDULE
from noising.api.processes import TOKEN_TYPES
from noising.engine.randomness import MAX_DRAW, MAX_POSITION, MAX_SEED
from noising.engine.sampler.quotas import MAX_COUNT

DESCRIPTION = """\
The body is JSON, an npy file or a safetensors file, as its Content-Type says. Accept
chooses the format of the response from the same three; the default is that of the body.

* **JSON**: the request below. Rows may differ in length.
* **npy**: only the tokens, (L,) or (B, L), little-endian integers in C order. Send the
  parameters in the query. The response is the noised tokens in the same dtype, so that
  `return` cannot name `complement`.
* **safetensors**: the tensor `tokens` and optionally `timesteps` or `times`,
  `sequence_ids`, `positions`, `protect`, `weights`, `lengths`, and `count` or
  `at_least`. Send other parameters in the query or in the metadata. The response has
  the tensors `noised_tokens`, `resampled`, `changed` and `alpha`, with seed,
  fingerprint and metrics as metadata; also `lengths` if rows differ in length, and
  `alphas` and `complement` if `return` names them.

An npy or safetensors response pads rows of different lengths with 0. Any parameter may
be in the query, whatever the format of the body, but only once. Exactly one of
`timesteps` and `times` is required, and at most one of `weights`, `token_types` and
`hyperschedule`, and of `count` and `at_least`, may be given. Send a time, an id or a
position for each token of rows as JSON or as a tensor.
"""

QUERY = {
    "timesteps": "One timestep, or one for each row or for each token of one sequence, "
    "separated by commas.",
    "times": "Real times in [0, 1] instead of timesteps.",
    "schedule": "Name of a stored schedule, or a specification as JSON.",
    "sequence_ids": "Ids of the rows, or of each token of one sequence, separated by "
    "commas.",
    "positions": "Positions of the tokens in their sequences, the same for every row, "
    "separated by commas.",
    "lengths": "Number of real tokens in each padded row, separated by commas.",
    "protect": "Token ids and positions as JSON.",
    "weights": "Weights by position, separated by commas.",
    "token_types": "Token ids by type as JSON.",
    "hyperschedule": "Specification of a hyperschedule as JSON.",
    "count": "How many positions of each row or block move: one number, or one for "
    "each row, separated by commas.",
    "at_least": "How many positions move at least, likewise.",
}
LISTS = {
    "timesteps": WHOLE,
    "times": {"type": "number", "minimum": 0, "maximum": 1},
    "sequence_ids": WHOLE,
    "positions": integer_schema(MAX_POSITION),
    "lengths": WHOLE,
    "weights": {"type": "number", "exclusiveMinimum": 0},
    "return": {"type": "string", "enum": list(BATCH_EXTRAS)},
    "count": WHOLE,
    "at_least": WHOLE,
}

OBJECTS = {
    "protect": PROTECT_OBJECT,
    "token_types": TOKEN_TYPES,
    "hyperschedule": HYPERSCHEDULE,
}


def describe_parameter(name: str, text: str) -> OpenApiParameter:
    """Describe a parameter in the query."""
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
    *(describe_parameter(name, text) for name, text in QUERY.items()),
    describe_parameter("return", "Further keys of the response, separated by commas."),
    OpenApiParameter("seed", integer_schema(MAX_SEED)),
    OpenApiParameter("draw", integer_schema(MAX_DRAW)),
    OpenApiParameter(
        "block",
        integer_schema(MAX_COUNT, least=1),
        description="Width of the blocks of columns that `count` or `at_least` is for.",
    ),
    SEED,
    FINGERPRINT,
    RETRY_AFTER,
]

FORMATS = [renderer() for renderer in RENDERERS]
"""The formats of the response; they keep no state."""


class NoiseBatchView(StatelessView):
    """POST noise."""

    renderer_classes = RENDERERS

    def get_renderers(self) -> list[Any]:
        """Return the formats of the response, that of the request's body first."""
        own = parsers.declared_type(self.request.META.get("CONTENT_TYPE", ""))
        return sorted(FORMATS, key=lambda renderer: renderer.media_type != own)

    @extend_schema(
        operation_id="noise_batch",
        summary="Noise a batch of token sequences",
        description=DESCRIPTION,
        tags=["noise"],
        parameters=PARAMETERS,
        request={
            parsers.MEDIA_TYPE: NoiseBatchRequestSerializer,
            npy.MEDIA_TYPE: file_schema(npy.MEDIA_TYPE),
            safetensors.MEDIA_TYPE: file_schema(safetensors.MEDIA_TYPE),
        },
        examples=[
            OpenApiExample(
                "Ragged rows",
                examples.BATCH_REQUEST,
                request_only=True,
                media_type=parsers.MEDIA_TYPE,
            ),
            OpenApiExample(
                "Packed rows with their complement",
                examples.PACKED_REQUEST,
                request_only=True,
                media_type=parsers.MEDIA_TYPE,
            ),
        ],
        responses=success(
            NoisedBatchSerializer,
            "The noised batch.",
            OpenApiExample(
                "Ragged rows", examples.BATCH_RESPONSE, media_type=parsers.MEDIA_TYPE
            ),
            OpenApiExample(
                "Packed rows with their complement",
                examples.PACKED_RESPONSE,
                media_type=parsers.MEDIA_TYPE,
            ),
        )
        | {
            (200, npy.MEDIA_TYPE): OpenApiResponse(
                file_schema(npy.MEDIA_TYPE),
                "The noised tokens, in the dtype of the tokens.",
            ),
            (200, safetensors.MEDIA_TYPE): OpenApiResponse(
                file_schema(safetensors.MEDIA_TYPE),
                "The noised tokens with masks and alpha.",
            ),
        }
        | COMPUTED,
    )
    def post(self, request: Request) -> Response:
        """Noise a batch of token sequences."""
        renderer: Any = request.accepted_renderer  # one of RENDERERS
        batch = noise_batch(
            NOISE_BATCH.parse(read_values(request)),
            allowed=renderer.ALLOWED,
            always=renderer.ALWAYS,
        )
        return Response(batch, headers=batch.headers)
