"""Schedules given at the timesteps, with sigma linear between them."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from noising.engine.arrays import FloatArray
from noising.engine.converters import sigmas_of_betas
from noising.engine.schedules.base import Schedule

_SNAP: Final = 2.0**-51  # ((k+1)/T)·T differs from k + 1 by up to two roundings


@dataclass(frozen=True, slots=True, kw_only=True)
class GridSchedule(Schedule):
    """A schedule given by sigma at t = 0, 1/T, ..., 1.

    Between grid points sigma is linear in t. At a grid point dsigma is the slope of
    the interval on its left; at t = 0 it is the slope of the first interval.

    Attributes:
        sigmas: (T+1,) total noise at the grid points, sigmas[0] = 0.
    """

    sigmas: FloatArray

    @property
    def is_table(self) -> bool:
        """True: sigma is linear between grid points."""
        return True

    @property
    def steps(self) -> int:
        """T, the number of intervals."""
        return int(self.sigmas.size) - 1

    def sigma(self, t: FloatArray) -> FloatArray:
        """Return sigma, interpolated linearly between grid points."""
        left, fraction = self._locate(t)
        start, end = self.sigmas[left], self.sigmas[left + 1]
        between = start + fraction * (end - start)
        between = np.where(np.isinf(start) | (fraction == 0.0), start, between)
        return np.asarray(np.where(fraction == 1.0, end, between), np.float64)

    def dsigma(self, t: FloatArray) -> FloatArray:
        """Return the slope of the interval around t, or left of a grid point."""
        interval = self._interval(t)
        rise = self.sigmas[interval + 1] - self.sigmas[interval]
        return np.where(np.isnan(rise), np.inf, rise * self.steps)

    def added(self, s: FloatArray, t: FloatArray) -> FloatArray:
        """Return slope·(t - s) inside an interval, else the difference of sigmas."""
        interval, _ = self._locate(s)
        rise = self.sigmas[interval + 1] - self.sigmas[interval]
        inside = (interval == self._interval(t)) & np.isfinite(rise)
        exact = (t - s) * self.steps * rise
        across = Schedule.added(self, s, t)
        # Where the product underflows, use the difference, which does not.
        return np.where(inside & (exact > 0.0), exact, across)

    def cross_entropy_weight(self, t: FloatArray) -> FloatArray:
        """Return -alpha'/(1 - alpha), averaged where sigma becomes infinite.

        In such an interval alpha falls to 0 at its start. The weight spreads that fall
        over the interval, so that its integral accounts for all of alpha. A table of
        alphas that ends in 0 thus has the weights of its formula, such as 1/t.
        """
        interval = self._interval(t)
        ends = np.exp(-np.stack([self.sigmas[interval], self.sigmas[interval + 1]]))
        lost = (ends[0] - ends[1]) * self.steps / self.move_chance(t)
        is_infinite = np.isinf(self.sigmas[interval + 1]) | np.isinf(self.sigma(t))
        return np.where(is_infinite, lost, Schedule.cross_entropy_weight(self, t))

    def falls(self, low: float = 0.0, high: float = 1.0) -> bool:
        """Return whether sigma decreases in an interval between two times."""
        first = int(self._locate(np.asarray(low))[0])
        last = int(self._interval(np.asarray(high)))
        sigmas = self.sigmas[first : last + 2]
        return bool((sigmas[1:] < sigmas[:-1]).any())

    def _locate(self, t: FloatArray) -> tuple[np.ndarray, FloatArray]:
        """Return the left grid index (< T) and the fraction of the interval."""
        place = t * self.steps
        near = np.rint(place)
        place = np.where(np.abs(place - near) <= _SNAP * near, near, place)
        left = np.minimum(np.floor(place), self.steps - 1).astype(np.int64)
        return left, place - left

    def _interval(self, t: FloatArray) -> np.ndarray:
        left, fraction = self._locate(t)
        return np.where((fraction == 0.0) & (left > 0), left - 1, left)


def from_betas(betas: FloatArray) -> FloatArray:
    """Return (T+1,) total noise of (T,) move chances; it is 0 before the first step."""
    return np.concatenate([[0.0], sigmas_of_betas(betas)])
