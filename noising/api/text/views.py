"""Endpoints about text: parse, call, respond."""

from rest_framework.request import Request
from rest_framework.response import Response

from noising.api.base import StatelessView
from noising.api.parsers import read_json
from noising.api.text import schema
from noising.api.text.actions import pipeline_answer
from noising.api.text.requests import (
    DetokenizeRequestSerializer,
    PipelineRequestSerializer,
    TokenizeRequestSerializer,
)
from noising.api.text.responses import (
    detokenize_answer,
    tokenize_answer,
    tokenizers_answer,
)

TOKENIZE_REQUEST = TokenizeRequestSerializer()
DETOKENIZE_REQUEST = DetokenizeRequestSerializer()
PIPELINE_REQUEST = PipelineRequestSerializer()


class TokenizersView(StatelessView):
    """GET tokenizers."""

    @schema.TOKENIZERS
    def get(self, request: Request) -> Response:
        """Return the tokenizers that there are."""
        return Response(tokenizers_answer())


class TokenizeView(StatelessView):
    """POST tokenize."""

    @schema.TOKENIZE
    def post(self, request: Request) -> Response:
        """Cut a text into tokens."""
        return Response(tokenize_answer(TOKENIZE_REQUEST.parse(read_json(request))))


class DetokenizeView(StatelessView):
    """POST detokenize."""

    @schema.DETOKENIZE
    def post(self, request: Request) -> Response:
        """Join tokens to a text."""
        return Response(detokenize_answer(DETOKENIZE_REQUEST.parse(read_json(request))))


class PipelineView(StatelessView):
    """POST pipeline."""

    @schema.PIPELINE
    def post(self, request: Request) -> Response:
        """Tokenise a text, noise it and have it denoised."""
        answer, seed = pipeline_answer(PIPELINE_REQUEST.parse(read_json(request)))
        return Response(answer, headers={"Noise-Seed": str(seed)})
