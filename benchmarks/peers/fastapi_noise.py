"""POST /noise with FastAPI, pydantic and naive NumPy.

It accepts the same requests as the service and its responses have the same keys. It is
as fast as this stack allows without tricks: the endpoints run on the event loop, where
FastAPI is fastest, and pydantic writes the response.

    uvicorn benchmarks.peers.fastapi_noise:app --workers 2 --no-access-log
"""

import numpy as np
from fastapi import FastAPI, HTTPException
from numpy.typing import NDArray
from pydantic import BaseModel, Field

VOCAB_SIZE = 50257
NUM_TIMESTEPS = 1000

ALPHAS = np.cos(np.linspace(0.0, np.pi / 2, NUM_TIMESTEPS)) ** 2
"""Not the service's schedule, but a lookup takes the same time."""

app = FastAPI()
generator = np.random.default_rng()


class NoiseRequest(BaseModel):
    """The body of POST /noise."""

    tokens: list[int] = Field(min_length=1, max_length=1_048_576)
    timestep: int = Field(ge=0, lt=NUM_TIMESTEPS)
    use_hyperschedule: bool = False
    token_weights: list[float] | None = None


class Metrics(BaseModel):
    """Counts of unchanged tokens."""

    unchanged_tokens: int
    percent_unchanged: float
    total_tokens: int


class NoiseResponse(BaseModel):
    """The response of POST /noise."""

    noised_tokens: list[int]
    alpha: float
    metrics: Metrics


class BatchRequest(BaseModel):
    """The body of POST /api/v1/noise."""

    tokens: list[list[int]] = Field(min_length=1)
    timesteps: int = Field(ge=0, lt=NUM_TIMESTEPS)


class BatchResponse(BaseModel):
    """The response of POST /api/v1/noise."""

    noised_tokens: list[list[int]]
    alpha: float


def resample(tokens: NDArray[np.int64], alpha: float) -> NDArray[np.int64]:
    """Keep each token with probability alpha, else draw one from the vocabulary."""
    if tokens.min() < 0 or tokens.max() >= VOCAB_SIZE:
        raise HTTPException(422, f"tokens must lie in 0..{VOCAB_SIZE - 1}")
    keep = generator.random(tokens.shape) < alpha
    others = generator.integers(VOCAB_SIZE, size=tokens.shape)
    return np.where(keep, tokens, others)


@app.post("/noise")
async def noise(request: NoiseRequest) -> NoiseResponse:
    """Noise a sequence."""
    tokens = np.array(request.tokens)
    alpha = float(ALPHAS[request.timestep])
    result = resample(tokens, alpha)
    total, unchanged = tokens.size, int(np.count_nonzero(result == tokens))
    return NoiseResponse(
        noised_tokens=result.tolist(),
        alpha=alpha,
        metrics=Metrics(
            unchanged_tokens=unchanged,
            percent_unchanged=round(100 * unchanged / total, 2),
            total_tokens=total,
        ),
    )


@app.post("/api/v1/noise")
async def noise_batch(request: BatchRequest) -> BatchResponse:
    """Noise rows of the same length."""
    alpha = float(ALPHAS[request.timesteps])
    result = resample(np.array(request.tokens), alpha)
    return BatchResponse(noised_tokens=result.tolist(), alpha=alpha)
