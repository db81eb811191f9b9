"""The requests to the servers, by size and format."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

VOCAB_SIZE: Final = 50_257
NUM_TIMESTEPS: Final = 1_000
VARIANTS: Final = 16
"""Number of different requests of a case, so that responses cannot be cached."""

SIZES: Final = (6, 128, 1_024, 8_192)
BATCH: Final = (64, 1_024)

JSON, NPY = "application/json", "application/x-npy"
FORMS: Final = {JSON: "JSON", NPY: "uint16 npy"}


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestCase:
    """One kind of request, for the service and for the peer.

    Attributes:
        rows: number of sequences in a request; 0 for POST /noise, which takes one.
        length: number of tokens of each sequence.
        form: media type of the service's requests and responses, JSON or NPY; the peer
            always uses JSON.
        target: smallest acceptable ratio of the service's rate to the peer's.
    """

    rows: int
    length: int
    form: str
    target: float

    @property
    def tokens(self) -> int:
        """Tokens in one request."""
        return max(1, self.rows) * self.length

    @property
    def name(self) -> str:
        """A short description of the case."""
        if not self.rows:
            return f"{self.length:,} tokens"
        return f"{self.rows} x {self.length:,} tokens as {FORMS[self.form]}"

    def requests(self, program: str, seed: int) -> list[bytes]:
        """Return complete HTTP requests, which depend on the seed only.

        Args:
            program: "service" or "peer".
            seed: draws tokens and timesteps.
        """
        generator = np.random.default_rng(seed)
        form = self.form if program == "service" else JSON
        return [self._request(generator, form) for _ in range(VARIANTS)]

    def _request(self, generator: np.random.Generator, form: str) -> bytes:
        shape = (self.rows, self.length) if self.rows else (self.length,)
        tokens = generator.integers(VOCAB_SIZE, size=shape)
        timestep = int(generator.integers(NUM_TIMESTEPS))
        if form == NPY:
            target = f"/api/v1/noise?timesteps={timestep}"
            body = io.BytesIO()
            np.save(body, tokens.astype(np.uint16))
            return http_request(target, NPY, body.getvalue())
        document = {"tokens": tokens.tolist()}
        if self.rows:
            return _json_request("/api/v1/noise", document | {"timesteps": timestep})
        rest = {"timestep": timestep, "use_hyperschedule": False, "token_weights": None}
        return _json_request("/noise", document | rest)


CORE_CASES: Final[Sequence[RequestCase]] = tuple(
    RequestCase(rows=0, length=length, form=JSON, target=target)
    for length, target in zip(SIZES, (1.2, 1.35, 1.6, 1.9), strict=True)
)
BATCH_CASES: Final[Sequence[RequestCase]] = tuple(
    RequestCase(rows=BATCH[0], length=BATCH[1], form=form, target=target)
    for form, target in ((NPY, 8.0), (JSON, 1.6))
)


def _json_request(target: str, document: object) -> bytes:
    return http_request(target, JSON, json.dumps(document).encode())


def http_request(target: str, media_type: str, body: bytes) -> bytes:
    """Return a POST request as bytes."""
    head = (
        f"POST {target} HTTP/1.1\r\n"
        "Host: 127.0.0.1\r\n"
        "User-Agent: noising-benchmark\r\n"
        f"Accept: {media_type}\r\n"
        f"Content-Type: {media_type}\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body
