"""Checks that dsigma is the derivative of sigma, by finite differences."""

from typing import Final

import numpy as np

from noising.engine.arrays import FloatArray, IntArray
from noising.engine.quantities import ExactQuantities

LARGEST_RATE_ERROR: Final = 0.05
"""Relative error above which dsigma is not the derivative of sigma."""

_STEEPEST: Final = 16.0  # ratio of neighbouring rates above which bounds are loose
_PEAK: Final = 3.0  # allowed ratio of a peak between timesteps to the rates around it


def sigma_slopes(
    process: ExactQuantities, times: FloatArray, h: FloatArray
) -> FloatArray:
    """Return d sigma / dt by fourth-order differences, (N,); NaN where sigma is inf.

    Args:
        process: the noise process.
        times: (N,) times, at least 2h away from both ends of their intervals.
        h: (N,) step widths of the differences.
    """
    offsets = h[:, None] * np.array([-2.0, -1.0, 1.0, 2.0])
    noise = process.sigma(times[:, None] + offsets)
    far, near = noise[:, 3] - noise[:, 0], noise[:, 2] - noise[:, 1]
    return np.asarray((2.0 / 3.0 * near - far / 12.0) / h)


def rate_errors(process: ExactQuantities, intervals: IntArray) -> FloatArray:
    """Return the relative error of dsigma as the derivative of sigma, (N,).

    A table gives rates at the timesteps only, while the slope of its sigma is the mean
    rate over an interval. The check allows every mean rate between two bounds:

    * The means of the hyperbola through the rates at both ends and of its mirror
      image, which are the steepest curves between the two that schedules follow.
    * The rates at both ends themselves if they differ more than sixteenfold.
    * A third of the smallest and three times the largest of the four rates around the
      interval, if these both rise and fall: a peak may lie between timesteps.

    The rate in the middle of the interval is allowed too, for schedules that are not
    tables. The error is 0 where sigma is infinite.

    Args:
        process: the noise process.
        intervals: (N,) numbers of intervals between timesteps, 0..T-1; interval 0
            begins at t = 0.
    """
    steps = process.num_timesteps
    middle = (intervals + 0.5) / steps
    slope = sigma_slopes(process, middle, np.full(middle.shape, 1e-3 / steps))
    around = np.clip(intervals + np.arange(-1, 3)[:, None], 0, steps)
    times, place = np.unique(around, return_inverse=True)
    rates = process.dsigma(times / steps)[place.reshape(around.shape)]
    start, end = rates[1], rates[2]
    hyperbola = start * end * np.log(end / start) / (end - start)
    low, high = np.minimum(start, end), np.maximum(start, end)
    anything = np.isclose(start, end) | (high > _STEEPEST * low)
    hyperbola = np.where(anything, low, hyperbola)
    change = np.diff(rates, axis=0)
    turns = (change.min(axis=0) < 0.0) & (change.max(axis=0) > 0.0)
    least = np.where(turns, rates.min(axis=0) / _PEAK, hyperbola)
    most = np.where(turns, rates.max(axis=0) * _PEAK, start + end - hyperbola)
    rate = process.dsigma(middle)
    outside = np.maximum(np.fmin(least, rate) - slope, slope - np.fmax(most, rate))
    finite = np.isfinite(slope) & np.isfinite(rate)
    scale = np.maximum(np.abs(slope), 1e-6 * np.abs(slope[finite]).max(initial=0.0))
    error = np.where(finite, np.maximum(outside, 0.0), 0.0)
    return np.asarray(error / np.where(scale > 0.0, scale, 1.0))
