"""Text through all stages: tokenizer, noise, denoiser."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from django.conf import settings
from numpy.typing import NDArray
from rest_framework.exceptions import ErrorDetail, ValidationError

from noising.api.core.requests import NoiseRequest
from noising.api.core.responses import metrics, noise_answer
from noising.api.fields import type_weighting
from noising.api.problems import ContentTooLarge
from noising.api.text.requests import PipelineRequest, encoded
from noising.configured import (
    default_hyperscheduled,
    default_process,
    default_tokenizer,
    denoiser_service,
    tokenizer_named,
    tokenizer_service,
)
from noising.engine import EngineError, ForwardProcess, with_hyperschedule
from noising.integrations import ServiceFailedError
from noising.tokenizers import TextTokenizer


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Source:
    """The tokens of the text, and what made them.

    Attributes:
        tokens: (L,) int64 ids.
        token_types: ids by type, or None where the service has no types.
        name: the built-in tokenizer's name; None for the service.
        tokenizer: the built-in tokenizer; None for the service.
    """

    tokens: NDArray[np.int64]
    token_types: dict[str, NDArray[np.int64]] | None
    name: str | None = None
    tokenizer: TextTokenizer | None = None

    def texts(self, tokens: NDArray[np.int64]) -> dict[str, str]:
        """Return what ids read, under its key, where the vocabulary is known here."""
        if self.tokenizer is None:
            return {}
        mask_id = default_process().mask_id
        return {"text": self.tokenizer.decode(tokens.tolist(), mask_id=mask_id)}


def pipeline_answer(request: PipelineRequest) -> tuple[dict[str, Any], int]:
    """Send the text through the stages that there are.

    Returns:
        the answer of each stage, and the seed that makes the noise again.

    Raises:
        ValidationError: the text has no tokens, or the server's process lacks their
            ids.
        ContentTooLarge: the text has more tokens than a request may.
        ServiceError: another service did not do its part.
    """
    source = _tokenized(request)
    _check(source)
    noise, seed = noise_answer(
        NoiseRequest(
            tokens=source.tokens,
            timestep=request.timestep,
            process=_process(request, source),
            weights=None,
            protect=None,
            seed=request.seed,
            extras=request.extras,
        )
    )
    stages: dict[str, Any] = {
        "tokenize": {
            "tokenizer": source.name,
            "tokens": source.tokens,
            "token_types": source.token_types,
        },
        "noise": noise | source.texts(noise["noised_tokens"]),
    }
    denoised = _denoised(noise)
    if denoised is not None:
        kept = int(np.count_nonzero(denoised == source.tokens))
        stages["denoise"] = {
            "denoised_tokens": denoised,
            "metrics": metrics(kept, denoised.size),
        } | source.texts(denoised)
    return stages, seed


def _tokenized(request: PipelineRequest) -> Source:
    service = tokenizer_service()
    if service is not None and request.tokenizer is None:
        found = service.tokenize(request.text)
        return Source(tokens=found.tokens, token_types=found.token_types)
    name = request.tokenizer or default_tokenizer()
    tokenizer = tokenizer_named(name)
    encoding = encoded(tokenizer, request.text)
    return Source(
        tokens=encoding.tokens,
        token_types=encoding.token_types,
        name=name,
        tokenizer=tokenizer,
    )


def _check(source: Source) -> None:
    """Refuse tokens that cannot be noised here."""
    if source.tokens.size > settings.MAX_TOKENS:
        raise ContentTooLarge(
            f"`text` must not have more than {settings.MAX_TOKENS} tokens, "
            f"got {source.tokens.size}."
        )
    if not source.tokens.size:
        detail = ErrorDetail("`text` must have a token, got none.", "empty")
        raise ValidationError({"text": [detail]})
    size, greatest = default_process().vocab_size, int(source.tokens.max())
    if greatest >= size:
        origin, needed = "the tokenizer service", greatest + 1
        if source.tokenizer is not None:
            origin, needed = f"tokenizer {source.name}", source.tokenizer.vocab_size
        raise ValidationError(
            {
                "text": [
                    ErrorDetail(
                        f"`text` has token {greatest} of {origin}, but the server's "
                        f"process knows 0..{size - 1} only; start the server with "
                        f"VOCAB_SIZE={needed} or another tokenizer.",
                        "vocabulary_too_small",
                    )
                ]
            }
        )


def _process(request: PipelineRequest, source: Source) -> ForwardProcess:
    if not request.by_position:
        return default_process()
    if request.hyperschedule is not None:
        return request.hyperschedule
    if source.token_types is None:
        return default_hyperscheduled()
    classes = {kind: ids.tolist() for kind, ids in source.token_types.items()}
    try:
        return with_hyperschedule(default_process(), type_weighting(classes))
    except EngineError as error:
        # Ours are in order: only a service sorts an id into two types, or an unknown.
        raise ServiceFailedError(
            f"The tokenizer service's token types cannot be used: {error}"
        ) from None


def _denoised(noise: dict[str, Any]) -> NDArray[np.int64] | None:
    service = denoiser_service()
    if service is None:
        return None
    return service.denoise(
        noise["noised_tokens"],
        noise["alpha"],
        num_states=default_process().num_states,
    )
