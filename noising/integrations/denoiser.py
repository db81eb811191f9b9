"""The denoiser service: noised tokens to tokens."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from noising.integrations.breaker import CircuitBreaker
from noising.integrations.errors import ServiceFailedError
from noising.integrations.responses import member, whole_numbers
from noising.integrations.service import JsonService

NAME = "denoiser service"
KEY = "denoised_tokens"


@dataclass(frozen=True, slots=True, kw_only=True)
class DenoiserClient:
    """Sends requests to POST /denoise."""

    service: JsonService

    @classmethod
    def at(cls, url: str) -> DenoiserClient:
        """Return a client of the service with this base URL."""
        breaker = CircuitBreaker(NAME)
        return cls(
            service=JsonService(name=NAME, url=f"{url}/denoise", breaker=breaker)
        )

    def denoise(
        self, noised_tokens: NDArray[np.int64], alpha: float, *, num_states: int
    ) -> NDArray[np.int64]:
        """Return the denoised tokens, (L,) int64.

        Args:
            noised_tokens: (L,) ids.
            alpha: share of the signal that is left in them.
            num_states: number of states of the noise process; ids must be below it.

        Raises:
            ServiceError: the service did not return denoised tokens.
        """

        def read(document: Any) -> NDArray[np.int64]:
            tokens = whole_numbers(member(document, KEY, NAME), KEY, NAME)
            if tokens.size != noised_tokens.size:
                raise ServiceFailedError(
                    f"The {NAME} returned {tokens.size} tokens "
                    f"for {noised_tokens.size}."
                )
            return tokens

        body = {"noised_tokens": noised_tokens, "alpha": alpha}
        denoised = self.service.post(body, read)
        if denoised.size and denoised.max() >= num_states:
            raise ServiceFailedError(
                f"The {NAME} returned token {denoised.max()}, but the noise process "
                f"has states 0..{num_states - 1} only."
            )
        return denoised
