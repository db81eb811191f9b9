"""Weights that distribute noise over positions and keep a row's mean alpha."""

from dataclasses import dataclass

import numpy as np

from noising.engine.arrays import BoolArray, FloatArray, IntArray, quiet
from noising.engine.hyperschedules.base import GroupedSigma


@dataclass(frozen=True, slots=True, kw_only=True)
class WeightGroups:
    """The positions of each row, grouped by weight.

    A row's groups depend on its own real positions only, so padding and other rows do
    not change results in any bit.

    Attributes:
        weights: (R, G) the groups' weights; R may be 1 here or in `counts`, `place`.
        counts: (R, G) number of real positions in each group.
        place: (R, L) the group of each position.
    """

    weights: FloatArray
    counts: FloatArray
    place: IntArray

    @classmethod
    def of(cls, weights: FloatArray, real: BoolArray | None) -> "WeightGroups":
        """Group positions of equal weight, in ascending order.

        Args:
            weights: (R, L) weights > 0, or (1, L) for all rows of `real`.
            real: (R, L) False at padding, or None.
        """
        finite = weights if real is None else np.where(real, weights, np.inf)
        order = np.argsort(finite, axis=1, kind="stable")
        ascending = np.take_along_axis(finite, order, axis=1)
        first = np.zeros(ascending.shape, np.int64)
        first[:, 1:] = ascending[:, 1:] != ascending[:, :-1]
        group = np.cumsum(first, axis=1)
        rows, width = finite.shape[0], int(group.max()) + 1
        distinct = np.full((rows, width), np.inf)
        np.put_along_axis(distinct, group, ascending, axis=1)
        flat = (group + width * np.arange(rows)[:, None]).reshape(-1)
        sizes = np.bincount(flat, minlength=rows * width).reshape(rows, width)
        place = np.empty_like(order)
        np.put_along_axis(place, order, group, axis=1)
        counts = np.where(np.isinf(distinct), 0.0, sizes)
        return cls(weights=distinct, counts=counts, place=place)

    def group_sigma(self, sigma: FloatArray, *, calibrate: bool) -> GroupedSigma:
        """Return the total noise s/w of every group.

        Args:
            sigma: (B,) total noise of the rows; B or R may be 1.
            calibrate: whether to solve for s; otherwise s = sigma.
        """
        if calibrate:
            noise = calibrate_sigma(sigma, self.weights, self.counts)
        else:
            noise = np.where(self.counts > 0.0, sigma[:, None] / self.weights, 0.0)
        return GroupedSigma(sigma=noise, group=self.place)


@quiet
def calibrate_sigma(
    sigma: FloatArray, weights: FloatArray, counts: FloatArray
) -> FloatArray:
    """Return sigma_g = s·x_g with mean over positions of exp(-s·x) = exp(-sigma).

    x is the row's largest weight divided by the group's weight. G(s) = -log mean
    exp(-s·x) is concave and increasing, so Newton's method from the lower bound
    sigma/mean(x) (Jensen) approaches the root from below.

    Args:
        sigma: (B,) total noise of each row as a whole.
        weights: (R, G) weights of a row's groups; B or R may be 1.
        counts: (R, G) number of positions in each group.

    Returns:
        (B, G) or (R, G): 0 where sigma = 0 and in groups without positions,
        infinity where sigma is.
    """
    present = counts > 0.0
    greatest = np.where(present, weights, 0.0).max(axis=1, keepdims=True)
    stretch = np.where(present, greatest / weights, 0.0)
    above = np.where(present, stretch - 1.0, 0.0)
    total = np.maximum(_in_order(counts), 1.0)
    scale = sigma / np.maximum(_in_order(counts * stretch) / total, 1.0)
    is_active = np.isfinite(sigma) & (sigma > 0.0) & present.any(axis=1)
    while is_active.any():
        exponent = -scale[:, None] * above
        decay = np.exp(exponent) * counts
        mean = _in_order(decay) / total
        lost = _in_order(np.expm1(exponent) * counts) / total
        reached = scale - np.where(mean < 0.5, np.log(mean), np.log1p(lost))
        rate = 1.0 + _in_order(decay * above) / (mean * total)
        step = np.where(is_active, (sigma - reached) / rate, 0.0)
        scale = scale + step
        is_active &= step > 2.0 * np.spacing(scale)
    return np.where(present, scale[:, None] * stretch, 0.0)


def _in_order(values: FloatArray) -> FloatArray:
    """Return the sums of rows, added left to right.

    The rounding of NumPy's pairwise sum depends on the row's length, so padding would
    change the result.
    """
    return np.asarray(np.cumsum(values, axis=1)[:, -1], np.float64)
