"""What the endpoints about text say about themselves in the OpenAPI document."""

from drf_spectacular.utils import (
    OpenApiExample,
    OpenApiResponse,
    extend_schema,
)

from noising.api.openapi.responses import (
    RETRY_AFTER,
    SEED,
    ProblemSerializer,
    problems,
    success,
)
from noising.api.problems import MEDIA_TYPE
from noising.api.text import documents, examples
from noising.api.text.requests import (
    DetokenizeRequestSerializer,
    PipelineRequestSerializer,
    TokenizeRequestSerializer,
)

GATEWAY_MEANINGS = {
    502: "The tokenizer or the denoiser service failed; `detail` says how.",
    503: "One of them failed repeatedly and is not called; retry after Retry-After.",
    504: "One of them took longer than ten seconds.",
}
GATEWAY_PROBLEMS = {
    (code, MEDIA_TYPE): OpenApiResponse(ProblemSerializer, meaning)
    for code, meaning in GATEWAY_MEANINGS.items()
}

TOKENIZERS = extend_schema(
    operation_id="tokenizers",
    summary="List the tokenizers of this server",
    tags=["text"],
    responses=success(
        documents.TokenizersSerializer,
        "The tokenizers.",
        OpenApiExample("Tokenizers", examples.TOKENIZERS),
    )
    | problems(406),
)
TOKENIZE = extend_schema(
    operation_id="tokenize",
    summary="Tokenise a text, with token types",
    description="Without `return`, POST /noise takes the response if you add a "
    "timestep.",
    tags=["text"],
    request=TokenizeRequestSerializer,
    examples=[
        OpenApiExample("Plain", examples.TOKENIZE_REQUEST, request_only=True),
        OpenApiExample("By position", examples.POSITIONS_REQUEST, request_only=True),
    ],
    responses=success(
        documents.TokenizedSerializer,
        "The tokens.",
        OpenApiExample("Plain", examples.TOKENIZED),
        OpenApiExample("By position", examples.POSITIONS),
    )
    | problems(400, 406, 413, 415, 422),
)
DETOKENIZE = extend_schema(
    operation_id="detokenize",
    summary="Convert tokens to text",
    description="The mask of the server's process is written [MASK].",
    tags=["text"],
    request=DetokenizeRequestSerializer,
    examples=[OpenApiExample("Plain", examples.DETOKENIZE_REQUEST, request_only=True)],
    responses=success(
        documents.DetokenizedSerializer,
        "The text.",
        OpenApiExample("Plain", examples.DETOKENIZED),
    )
    | problems(400, 406, 413, 415, 422),
)
PIPELINE = extend_schema(
    operation_id="pipeline",
    summary="Tokenise a text, noise it and have it denoised",
    description="The tokenizer is the service at TOKENIZER_URL, or one of this server "
    "if there is no such service or the request names one. The denoiser is the service "
    "at DENOISER_URL; without one that stage is absent.",
    tags=["text"],
    request=PipelineRequestSerializer,
    examples=[OpenApiExample("Plain", examples.PIPELINE_REQUEST, request_only=True)],
    parameters=[SEED, RETRY_AFTER],
    responses=success(
        documents.PipelineSerializer,
        "The result of each stage.",
        OpenApiExample("Without a denoiser", examples.PIPELINE),
    )
    | problems(400, 406, 413, 415, 422)
    | GATEWAY_PROBLEMS,
)
