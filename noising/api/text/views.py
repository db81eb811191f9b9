"""Endpoints about text: parse, call, respond."""

from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from noising.api.base import StatelessView
from noising.api.openapi.responses import (
    RETRY_AFTER,
    SEED,
    problems,
    success,
)
from noising.api.parsers import read_json
from noising.api.text import examples
from noising.api.text.actions import run_pipeline
from noising.api.text.requests import (
    DetokenizeRequestSerializer,
    PipelineRequestSerializer,
    TokenizeRequestSerializer,
)
from noising.api.text.responses import (
    DetokenizedSerializer,
    PipelineSerializer,
    TokenizedSerializer,
    TokenizersSerializer,
    list_tokenizers,
    serialize_text,
    serialize_tokens,
)

GATEWAY_PROBLEMS = {
    502: "The tokenizer or the denoiser service failed; `detail` says how.",
    503: "One of them failed repeatedly and is not called; retry after Retry-After.",
    504: "One of them took longer than ten seconds.",
}

TOKENIZE_REQUEST = TokenizeRequestSerializer()
DETOKENIZE_REQUEST = DetokenizeRequestSerializer()
PIPELINE_REQUEST = PipelineRequestSerializer()


class TokenizersView(StatelessView):
    """GET tokenizers."""

    @extend_schema(
        operation_id="tokenizers",
        summary="List the tokenizers of this server",
        tags=["text"],
        responses=success(
            TokenizersSerializer,
            "The tokenizers.",
            OpenApiExample("Tokenizers", examples.TOKENIZERS),
        )
        | problems(406),
    )
    def get(self, request: Request) -> Response:
        """List the tokenizers of this server."""
        return Response(list_tokenizers())


class TokenizeView(StatelessView):
    """POST tokenize."""

    @extend_schema(
        operation_id="tokenize",
        summary="Tokenise a text, with token types",
        description="Without `return`, POST /noise takes the response if you add a "
        "timestep.",
        tags=["text"],
        request=TokenizeRequestSerializer,
        examples=[
            OpenApiExample("Plain", examples.TOKENIZE_REQUEST, request_only=True),
            OpenApiExample(
                "By position", examples.POSITIONS_REQUEST, request_only=True
            ),
        ],
        responses=success(
            TokenizedSerializer,
            "The tokens.",
            OpenApiExample("Plain", examples.TOKENIZED),
            OpenApiExample("By position", examples.POSITIONS),
        )
        | problems(400, 406, 413, 415, 422),
    )
    def post(self, request: Request) -> Response:
        """Tokenise a text."""
        return Response(serialize_tokens(TOKENIZE_REQUEST.parse(read_json(request))))


class DetokenizeView(StatelessView):
    """POST detokenize."""

    @extend_schema(
        operation_id="detokenize",
        summary="Convert tokens to text",
        description="The mask of the server's process is written [MASK].",
        tags=["text"],
        request=DetokenizeRequestSerializer,
        examples=[
            OpenApiExample("Plain", examples.DETOKENIZE_REQUEST, request_only=True)
        ],
        responses=success(
            DetokenizedSerializer,
            "The text.",
            OpenApiExample("Plain", examples.DETOKENIZED),
        )
        | problems(400, 406, 413, 415, 422),
    )
    def post(self, request: Request) -> Response:
        """Convert tokens to text."""
        return Response(serialize_text(DETOKENIZE_REQUEST.parse(read_json(request))))


class PipelineView(StatelessView):
    """POST pipeline."""

    @extend_schema(
        operation_id="pipeline",
        summary="Tokenise a text, noise it and have it denoised",
        description="The tokenizer is the service at TOKENIZER_URL, or one of this "
        "server if there is no such service or the request names one. The denoiser is "
        "the service at DENOISER_URL; without one that stage is absent.",
        tags=["text"],
        request=PipelineRequestSerializer,
        examples=[
            OpenApiExample("Plain", examples.PIPELINE_REQUEST, request_only=True)
        ],
        parameters=[SEED, RETRY_AFTER],
        responses=success(
            PipelineSerializer,
            "The result of each stage.",
            OpenApiExample("Without a denoiser", examples.PIPELINE),
        )
        | problems(400, 406, 413, 415, 422, 502, 503, 504, words=GATEWAY_PROBLEMS),
    )
    def post(self, request: Request) -> Response:
        """Tokenise a text, noise it and have it denoised."""
        document, seed = run_pipeline(PIPELINE_REQUEST.parse(read_json(request)))
        return Response(document, headers={"Noise-Seed": str(seed)})
