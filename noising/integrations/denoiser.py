"""The denoiser service: noised tokens to tokens."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from noising.integrations.answers import member, whole_numbers
from noising.integrations.breaker import CircuitBreaker
from noising.integrations.errors import ServiceFailedError
from noising.integrations.service import JsonService

NAME = "denoiser service"
KEY = "denoised_tokens"


@dataclass(frozen=True, slots=True, kw_only=True)
class DenoiserClient:
    """Asks POST /denoise."""

    service: JsonService

    @classmethod
    def at(cls, url: str) -> DenoiserClient:
        """Make the client of the service whose paths stand below this URL."""
        breaker = CircuitBreaker(NAME)
        return cls(
            service=JsonService(name=NAME, url=f"{url}/denoise", breaker=breaker)
        )

    def denoise(
        self, noised_tokens: NDArray[np.int64], alpha: float, *, num_states: int
    ) -> NDArray[np.int64]:
        """Return what the service makes of noised tokens, (L,) int64.

        Args:
            noised_tokens: (L,) ids.
            alpha: share of the signal that is left in them.
            num_states: of the process that noised them; no greater id can come back.

        Raises:
            ServiceError: the service did not do it.
        """

        def read(document: Any) -> NDArray[np.int64]:
            tokens = whole_numbers(member(document, KEY, NAME), KEY, NAME)
            if tokens.size != noised_tokens.size:
                raise ServiceFailedError(
                    f"The {NAME} answered {tokens.size} tokens to {noised_tokens.size}."
                )
            return tokens

        body = {"noised_tokens": noised_tokens, "alpha": alpha}
        denoised = self.service.post(body, read)
        if denoised.size and denoised.max() >= num_states:
            raise ServiceFailedError(
                f"The {NAME} answered token {denoised.max()}, but the noise process "
                f"knows 0..{num_states - 1} only."
            )
        return denoised
