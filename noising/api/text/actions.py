"""The pipeline: tokenizer, noise, denoiser."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from django.conf import settings
from numpy.typing import NDArray
from rest_framework.exceptions import ErrorDetail, ValidationError

from noising.api.core.requests import NoiseRequest
from noising.api.core.responses import count_unchanged, noise_tokens
from noising.api.problems import ContentTooLarge
from noising.api.processes import weigh_token_types
from noising.api.text.requests import PipelineRequest, encode_text
from noising.configured import (
    default_hyperschedule_process,
    default_process,
    default_tokenizer,
    denoiser_service,
    find_tokenizer,
    tokenizer_service,
)
from noising.engine import EngineError, ForwardProcess, with_hyperschedule
from noising.integrations import ServiceFailedError
from noising.tokenizers import TextTokenizer


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TokenizedText:
    """The tokens of a text, and the tokenizer.

    Attributes:
        tokens: (L,) int64 ids.
        token_types: ids by type, or None if the service sent none.
        name: the built-in tokenizer's name; None for the service.
        tokenizer: the built-in tokenizer; None for the service.
    """

    tokens: NDArray[np.int64]
    token_types: dict[str, NDArray[np.int64]] | None
    name: str | None = None
    tokenizer: TextTokenizer | None = None

    def decode(self, tokens: NDArray[np.int64]) -> dict[str, str]:
        """Return the text of ids under its key, if the vocabulary is known here."""
        if self.tokenizer is None:
            return {}
        mask_id = default_process().mask_id
        return {"text": self.tokenizer.decode(tokens.tolist(), mask_id=mask_id)}


def run_pipeline(request: PipelineRequest) -> tuple[dict[str, Any], int]:
    """Tokenise a text, noise it, and denoise it if there is a denoiser.

    Returns:
        the result of each stage, and the seed that repeats the noise.

    Raises:
        ValidationError: the text has no tokens, or the server's process lacks their
            ids.
        ContentTooLarge: the text has more tokens than a request may.
        ServiceError: another service failed.
    """
    text = _tokenize(request)
    _check_tokens(text)
    noise, seed = noise_tokens(
        NoiseRequest(
            tokens=text.tokens,
            timestep=request.timestep,
            process=_select_process(request, text),
            weights=None,
            protect=None,
            seed=request.seed,
            extras=request.extras,
        )
    )
    stages: dict[str, Any] = {
        "tokenize": {
            "tokenizer": text.name,
            "tokens": text.tokens,
            "token_types": text.token_types,
        },
        "noise": noise | text.decode(noise["noised_tokens"]),
    }
    denoised = _denoise(noise)
    if denoised is not None:
        unchanged = int(np.count_nonzero(denoised == text.tokens))
        stages["denoise"] = {
            "denoised_tokens": denoised,
            "metrics": count_unchanged(unchanged, denoised.size),
        } | text.decode(denoised)
    return stages, seed


def _tokenize(request: PipelineRequest) -> TokenizedText:
    service = tokenizer_service()
    if service is not None and request.tokenizer is None:
        result = service.tokenize(request.text)
        return TokenizedText(tokens=result.tokens, token_types=result.token_types)
    name = request.tokenizer or default_tokenizer()
    tokenizer = find_tokenizer(name)
    encoding = encode_text(tokenizer, request.text)
    return TokenizedText(
        tokens=encoding.tokens,
        token_types=encoding.token_types,
        name=name,
        tokenizer=tokenizer,
    )


def _check_tokens(text: TokenizedText) -> None:
    """Refuse tokens that cannot be noised here."""
    if text.tokens.size > settings.MAX_TOKENS:
        raise ContentTooLarge(
            f"`text` must not have more than {settings.MAX_TOKENS} tokens, "
            f"got {text.tokens.size}."
        )
    if not text.tokens.size:
        detail = ErrorDetail("`text` must have a token, got none.", "empty")
        raise ValidationError({"text": [detail]})
    size, greatest = default_process().vocab_size, int(text.tokens.max())
    if greatest >= size:
        origin, needed = "the tokenizer service", greatest + 1
        if text.tokenizer is not None:
            origin, needed = f"tokenizer {text.name}", text.tokenizer.vocab_size
        raise ValidationError(
            {
                "text": [
                    ErrorDetail(
                        f"`text` has token {greatest} of {origin}, but the server's "
                        f"process has only the ids 0..{size - 1}; start the server "
                        f"with VOCAB_SIZE={needed} or another tokenizer.",
                        "vocabulary_too_small",
                    )
                ]
            }
        )


def _select_process(request: PipelineRequest, text: TokenizedText) -> ForwardProcess:
    if not request.by_position:
        return default_process()
    if request.hyperschedule is not None:
        return request.hyperschedule
    if text.token_types is None:
        return default_hyperschedule_process()
    classes = {kind: ids.tolist() for kind, ids in text.token_types.items()}
    try:
        return with_hyperschedule(default_process(), weigh_token_types(classes))
    except EngineError as error:
        # Only a service may have an id in two types, or an unknown type.
        raise ServiceFailedError(
            f"The tokenizer service's token types cannot be used: {error}"
        ) from None


def _denoise(noise: dict[str, Any]) -> NDArray[np.int64] | None:
    service = denoiser_service()
    if service is None:
        return None
    return service.denoise(
        noise["noised_tokens"],
        noise["alpha"],
        num_states=default_process().num_states,
    )
