"""The exact quantities of one configuration."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

from noising.decision import measure_weights, share_wasted
from noising.engine import EngineError, ForwardProcess
from noising.engine.arrays import quiet
from noising.engine.lint import timestep_information

MEASURES: Final[Mapping[str, str]] = {
    "information_wasted": "information wasted",
    "weight_variance": "variance of the loss weight",
    "effective_share": "effective share of samples",
    "half_time": "time at half of the information",
    "information_left": "information left at the end",
}
"""Label of each quantity by name."""


@quiet
def measure(
    process: ForwardProcess, prior: NDArray[np.float64], *, row_length: int
) -> dict[str, float | None]:
    """Return the quantities of MEASURES; docs/benchmarks.md defines them.

    Args:
        process: the noise process.
        prior: (V,) token frequencies of the corpus.
        row_length: tokens of a row of the corpus.

    Returns:
        A number for each name, or None if the process lacks the quantity.

    Raises:
        EngineError: the graph is too large to compute its information, or the corpus
            has none.
    """
    information = timestep_information(process, prior)
    if not information.size:
        rule = "must have an information that can be computed"
        raise EngineError("graph", "too_large", rule, process.graph.vocab_size)
    if not information[0] > 0.0:
        rule = "must have tokens that tell something: at least two different ones"
        raise EngineError("corpus", "no_information", rule, float(information[0]))
    left = information / information[0]
    times = np.asarray(process.time(np.arange(process.num_timesteps)))
    values: dict[str, float | None] = {
        "information_wasted": share_wasted(information),
        "half_time": _find_half(left, times),
        "information_left": float(left[-1]),
    }
    weights = measure_weights(process, prior, row_length=row_length)
    if weights is not None:
        values["weight_variance"] = weights.variance["uniform"]
        values["effective_share"] = weights.effective_share("uniform")
    return {name: _finite(values.get(name)) for name in MEASURES}


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None


def _find_half(left: NDArray[np.float64], times: NDArray[np.float64]) -> float:
    """Return the first time at which half is left, between timesteps by a line."""
    below = np.flatnonzero(left[1:] <= 0.5)
    if not below.size:
        return math.nan
    place = int(below[0])
    before = 0.0 if place == 0 else float(times[place - 1])
    high, low = float(left[place]), float(left[place + 1])
    share = (high - 0.5) / (high - low) if high > low else 1.0
    return before + share * (float(times[place]) - before)
