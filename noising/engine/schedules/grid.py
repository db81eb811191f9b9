"""Schedules known at the timesteps only: sigma on a grid, linear in between."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from noising.engine.arrays import FloatArray
from noising.engine.converters import sigmas_of_betas
from noising.engine.schedules.base import Schedule

_SNAP: Final = 2.0**-51  # (k+1)/T times T is k + 1 up to two relative roundings


@dataclass(frozen=True, slots=True, kw_only=True)
class GridSchedule(Schedule):
    """A schedule given by sigma at t = 0, 1/T, ..., 1.

    Between grid points sigma is linear in t. At a grid point dsigma is the slope
    of the interval to its left; at t = 0 it is the first interval's.

    Attributes:
        sigmas: (T+1,) total noise at the grid points, sigmas[0] = 0.
    """

    sigmas: FloatArray

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
        """Return the slope of the interval that holds t, left at grid points."""
        interval = self._interval(t)
        rise = self.sigmas[interval + 1] - self.sigmas[interval]
        return np.where(np.isnan(rise), np.inf, rise * self.steps)

    def added(self, s: FloatArray, t: FloatArray) -> FloatArray:
        """Return slope·(t - s) inside an interval, the difference across its ends."""
        interval, _ = self._locate(s)
        rise = self.sigmas[interval + 1] - self.sigmas[interval]
        inside = (interval == self._interval(t)) & np.isfinite(rise)
        exact = (t - s) * self.steps * rise
        across = Schedule.added(self, s, t)
        # What underflows is the difference of two values that do not.
        return np.where(inside & (exact > 0.0), exact, across)

    def cross_entropy_weight(self, t: FloatArray) -> FloatArray:
        """Return -alpha'/(1 - alpha), with -alpha' the mean of an endless interval.

        Where sigma becomes infinite within an interval, alpha falls at its start and
        is 0 in the rest of it: that fall is spread over the interval, so that the
        weight's integral holds all of alpha. In this way a table that ends in 0 has
        the weights of the formula that it was made by, such as 1/t.
        """
        interval = self._interval(t)
        ends = np.exp(-np.stack([self.sigmas[interval], self.sigmas[interval + 1]]))
        lost = (ends[0] - ends[1]) * self.steps / self.move_chance(t)
        is_endless = np.isinf(self.sigmas[interval + 1]) | np.isinf(self.sigma(t))
        return np.where(is_endless, lost, Schedule.cross_entropy_weight(self, t))

    def falls(self) -> bool:
        """Return whether sigma decreases from one grid point to the next."""
        return bool((self.sigmas[1:] < self.sigmas[:-1]).any())

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
    """Return (T+1,) total noise of (T,) per-step move chances, 0 before the first."""
    return np.concatenate([[0.0], sigmas_of_betas(betas)])
