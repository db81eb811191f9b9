"""The tokenizer service, which converts text to ids and their types."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from noising.integrations.breaker import CircuitBreaker
from noising.integrations.errors import ServiceFailedError
from noising.integrations.responses import member, whole_numbers
from noising.integrations.service import JsonService
from noising.tokenizers import TOKEN_TYPES

NAME = "tokenizer service"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Tokenized:
    """The response of the tokenizer service.

    Attributes:
        tokens: (L,) int64 ids.
        token_types: ids by type, or None if the service has no types.
    """

    tokens: NDArray[np.int64]
    token_types: dict[str, NDArray[np.int64]] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenizerClient:
    """Sends requests to POST /tokenize."""

    service: JsonService

    @classmethod
    def at(cls, url: str) -> TokenizerClient:
        """Return a client of the service with this base URL."""
        breaker = CircuitBreaker(NAME)
        return cls(
            service=JsonService(name=NAME, url=f"{url}/tokenize", breaker=breaker)
        )

    def tokenize(self, text: str) -> Tokenized:
        """Return the text as tokens.

        Raises:
            ServiceError: the service did not return tokens.
        """
        return self.service.post({"text": text}, _read)


def _read(document: Any) -> Tokenized:
    tokens = whole_numbers(member(document, "tokens", NAME), "tokens", NAME)
    types = document.get("token_types")
    return Tokenized(
        tokens=tokens, token_types=None if types is None else _check_types(types)
    )


def _check_types(types: Any) -> dict[str, NDArray[np.int64]]:
    if not isinstance(types, dict) or not types.keys() <= set(TOKEN_TYPES):
        raise ServiceFailedError(
            f"In the response of the {NAME}, `token_types` is not an object of "
            f"{', '.join(TOKEN_TYPES)}."
        )
    return {
        kind: whole_numbers(ids, f"token_types.{kind}", NAME)
        for kind, ids in types.items()
    }
