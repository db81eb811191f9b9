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

    def falls(self) -> bool:
        """Tell whether sigma decreases from one grid point to the next."""
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
