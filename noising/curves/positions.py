"""The signal left by position and timestep under a hyperschedule."""

from typing import Final

import numpy as np

from noising.engine import EngineError, ForwardProcess
from noising.engine.arrays import FloatArray, quiet
from noising.engine.hyperschedules import (
    Matrix,
    TokenExponents,
    TokenTypes,
    Weights,
)

DEFAULT_LENGTH: Final = 64
LONGEST: Final = 1024
OF_EACH_TYPE: Final = 8
"""Positions of each token type or exponent, if the noise depends on these."""
MOST_EXPONENTS: Final = 16
"""Exponents that are shown, from the lowest to the highest."""


@quiet
def position_alphas(process: ForwardProcess, points: int) -> FloatArray:
    """Return alpha by position and timestep, (L, points), evenly spaced in 0..T-1.

    The length is that of the hyperschedule if it has one. If the noise depends on token
    types or exponents, the positions are a few tokens of each.

    Args:
        process: a process with a hyperschedule.
        points: number of timesteps, evenly spaced.

    Raises:
        EngineError: the hyperschedule is for more than 1,024 positions.
    """
    steps = process.num_timesteps
    times = np.linspace(1.0, steps, points) / steps  # timestep k is t = (k + 1) / T
    tokens = _tokens_by_type(process)
    length = DEFAULT_LENGTH if tokens is None else tokens.size
    length = _own_length(process) or length
    if length > LONGEST:
        rule = f"must be for at most {LONGEST} positions to be plotted"
        raise EngineError("hyperschedule", "too_long", rule, length)
    sigma = process.position_sigma(times, length, tokens=tokens)
    alphas: FloatArray = np.exp(-sigma).T
    return alphas


def _own_length(process: ForwardProcess) -> int | None:
    match process.hyperschedule:
        case Weights(weights=weights):
            return weights.size
        case Matrix(walk=walk):
            return int(walk.shape[1])
        case _:
            return None


def _tokens_by_type(process: ForwardProcess) -> FloatArray | None:
    hyperschedule = process.hyperschedule
    if isinstance(hyperschedule, TokenExponents):
        exponents, ids = np.unique(
            hyperschedule.exponents[
                hyperschedule.place_of(np.arange(process.vocab_size))
            ],
            return_index=True,
        )
        last = exponents.size - 1
        chosen = np.linspace(0, last, min(exponents.size, MOST_EXPONENTS)).astype(int)
        return np.repeat(ids[chosen], OF_EACH_TYPE)
    if not isinstance(hyperschedule, TokenTypes):
        return None
    classes = process.spec["hyperschedule"]["classes"]
    known = [ids[0] for ids in classes.values() if ids]
    listed = {token for ids in classes.values() for token in ids}
    rest = next((i for i in range(process.vocab_size) if i not in listed), None)
    kinds = known if rest is None else [*known, rest]
    return np.repeat(np.array(kinds, dtype=np.int64), OF_EACH_TYPE)
