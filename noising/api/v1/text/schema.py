"""What the endpoints about text say about themselves in the OpenAPI document."""

from drf_spectacular.utils import (
    OpenApiExample,
    OpenApiResponse,
    extend_schema,
)

from noising.api.documents import ProblemSerializer
from noising.api.errors import MEDIA_TYPE
from noising.api.schema import answer, problems
from noising.api.v1.schema import RETRY_AFTER, SEED
from noising.api.v1.text import documents, examples
from noising.api.v1.text.serializers import (
    DetokenizeRequestSerializer,
    PipelineRequestSerializer,
    TokenizeRequestSerializer,
)

GATEWAY_MEANINGS = {
    502: "The tokenizer or the denoiser service failed; `detail` says how.",
    503: "One of them failed so often lately that it is left alone until Retry-After.",
    504: "One of them took longer than ten seconds.",
}
GATEWAY_PROBLEMS = {
    (code, MEDIA_TYPE): OpenApiResponse(ProblemSerializer, meaning)
    for code, meaning in GATEWAY_MEANINGS.items()
}

TOKENIZERS = extend_schema(
    operation_id="tokenizers",
    summary="The tokenizers of this server",
    tags=["text"],
    responses=answer(
        documents.TokenizersSerializer,
        "The tokenizers.",
        OpenApiExample("Tokenizers", examples.TOKENIZERS),
    )
    | problems(406),
)
TOKENIZE = extend_schema(
    operation_id="tokenize",
    summary="Cut a text into tokens with types",
    description="Without `return`, the answer is what POST /noise takes, but for a "
    "timestep.",
    tags=["text"],
    request=TokenizeRequestSerializer,
    examples=[
        OpenApiExample("Plain", examples.TOKENIZE_REQUEST, request_only=True),
        OpenApiExample("By position", examples.POSITIONS_REQUEST, request_only=True),
    ],
    responses=answer(
        documents.TokenizedSerializer,
        "The tokens.",
        OpenApiExample("Plain", examples.TOKENIZED),
        OpenApiExample("By position", examples.POSITIONS),
    )
    | problems(400, 406, 413, 415, 422),
)
DETOKENIZE = extend_schema(
    operation_id="detokenize",
    summary="Join tokens to a text",
    description="The mask of the server's process reads [MASK].",
    tags=["text"],
    request=DetokenizeRequestSerializer,
    examples=[OpenApiExample("Plain", examples.DETOKENIZE_REQUEST, request_only=True)],
    responses=answer(
        documents.DetokenizedSerializer,
        "The text.",
        OpenApiExample("Plain", examples.DETOKENIZED),
    )
    | problems(400, 406, 413, 415, 422),
)
PIPELINE = extend_schema(
    operation_id="pipeline",
    summary="Tokenise a text, noise it and have it denoised",
    description="The tokenizer is the service at TOKENIZER_URL, or without one, or "
    "where a request names it, one of this server. The denoiser is the service at "
    "DENOISER_URL; without one that stage is absent.",
    tags=["text"],
    request=PipelineRequestSerializer,
    examples=[OpenApiExample("Plain", examples.PIPELINE_REQUEST, request_only=True)],
    parameters=[SEED, RETRY_AFTER],
    responses=answer(
        documents.PipelineSerializer,
        "What each stage made of it.",
        OpenApiExample("Without a denoiser", examples.PIPELINE),
    )
    | problems(400, 406, 413, 415, 422)
    | GATEWAY_PROBLEMS,
)
