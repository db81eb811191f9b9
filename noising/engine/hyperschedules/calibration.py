"""Weights that move the noise budget between positions without changing it."""

from typing import Final

import numpy as np

from noising.engine.arrays import FloatArray, quiet

_MAX_ITERATIONS: Final = 200


@quiet
def calibrated_scale(
    sigma: FloatArray, stretch: FloatArray, counts: FloatArray
) -> FloatArray:
    """Return s with mean over positions of exp(-s·x) = exp(-sigma).

    G(s) = -log mean exp(-s·x) is concave and increasing, so Newton's method from
    the lower bound sigma/mean(x) (Jensen) climbs to the root without overshoot.

    Args:
        sigma: (B,) total noise that the row as a whole is to have.
        stretch: (B, U) or (1, U) the distinct x = 1/w >= 1, each row's least is 1.
        counts: same shape, positions of each x; a row of none has s = 0.

    Returns:
        (B,) s: 0 where sigma = 0, infinity where sigma is.
    """
    total = _in_order(counts)
    counts = np.where(total[:, None] > 0.0, counts, 1.0)
    sigma = np.where(total > 0.0, sigma, 0.0)
    total = _in_order(counts)
    least = np.where(counts > 0, stretch, np.inf).min(axis=1)
    above = stretch - least[:, None]
    scale = sigma / (_in_order(counts * stretch) / total)
    climbing = np.isfinite(sigma) & (sigma > 0.0)
    for _ in range(_MAX_ITERATIONS):
        decay = np.exp(-scale[:, None] * above) * counts
        mean = _in_order(decay) / total
        lost = _in_order(np.expm1(-scale[:, None] * above) * counts) / total
        reached = scale * least - np.where(mean < 0.5, np.log(mean), np.log1p(lost))
        rate = least + _in_order(decay * above) / (mean * total)
        step = np.where(climbing, (sigma - reached) / rate, 0.0)
        scale = scale + step
        climbing &= step > 2.0 * np.spacing(scale)
        if not climbing.any():
            break
    return scale


def _in_order(values: FloatArray) -> FloatArray:
    """Return the sums of rows, added left to right.

    NumPy's pairwise sum rounds by the row's length, so padding would show.
    """
    return np.asarray(np.cumsum(values, axis=1)[:, -1], np.float64)
