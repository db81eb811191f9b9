"""GIDD's schedule: masks beside a bump of uniform noise."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Final, Self

import numpy as np

from noising.engine.arrays import FloatArray
from noising.engine.parameters import Number, Parameter
from noising.engine.roots import Pair, increasing_root
from noising.engine.schedules.base import AlphaSchedule, Context

_LOWEST_LOG: Final = -744.4400719213812  # the log of the least positive float64


@dataclass(frozen=True, slots=True, kw_only=True)
class Gidd(AlphaSchedule):
    """alpha = (1-t)/(1+c) with c = B·(t(1-t))^(gamma/2), B = 2^gamma·p/(1-p).

    p is the share of uniform noise at its most, at t = 1/2.
    Source: von Ruette et al. 2025 (GIDD), eq. 7 to 9.

    Attributes:
        bump: B.
        gamma: exponent of the bump, in (0, 2].
    """

    PARAMETERS: ClassVar[Mapping[str, Parameter]] = {
        "p_uniform": Number(
            default=0.1,
            low=0.0,
            high=1.0,
            open_high=True,
            help="share of uniform noise at t = 1/2",
        ),
        "gamma": Number(
            default=1.0, low=0.0, high=2.0, open_low=True, help="exponent of the bump"
        ),
    }
    bump: float
    gamma: float

    @classmethod
    def create(cls, parameters: Mapping[str, Any], context: Context) -> Self:
        """Return the schedule."""
        p, gamma = parameters["p_uniform"], parameters["gamma"]
        return cls(bump=2.0**gamma * p / (1.0 - p), gamma=gamma)

    def mixing(self, t: FloatArray) -> FloatArray:
        """Return c(t), the weight of uniform noise beside data and mask."""
        return self._mixing(t, 1.0 - t)

    def alpha(self, t: FloatArray) -> FloatArray:
        """Return (1-t)/(1+c)."""
        return (1.0 - t) / (1.0 + self.mixing(t))

    def move_chance(self, t: FloatArray) -> FloatArray:
        """Return (t+c)/(1+c)."""
        c = self.mixing(t)
        return (t + c) / (1.0 + c)

    def move_rate(self, t: FloatArray) -> FloatArray:
        """Return (1 + c + (1-t)·dc/dt)/(1+c)^2, infinite at 0 for gamma < 2."""
        c = self.mixing(t)
        return (1.0 + c + self._mixing_rate(t, 1.0 - t)) / (1.0 + c) ** 2

    def parts_at(self, sigma: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Return t, 1 - t and c where total noise is sigma.

        They are the parts of mask, data and uniform noise before division by 1 + c,
        each exact where it is small. The unknown is log t up to t = 1/2 and
        -log(1-t) beyond; in these sigma bends little.

        Args:
            sigma: total noise in [0, inf], any shape, which the results have too.
        """
        flat = sigma.reshape(-1)
        half = self.sigma(np.array([0.5]))[0]
        t = np.where(flat > 0.0, 1.0, 0.0)
        left = np.where(flat > 0.0, 0.0, 1.0)
        early = np.flatnonzero((flat > 0.0) & (flat <= half))
        late = np.flatnonzero((flat > half) & np.isfinite(flat))
        t[early] = self._early(flat[early])
        left[early] = 1.0 - t[early]
        left[late] = self._late(flat[late])
        t[late] = 1.0 - left[late]
        t, left = t.reshape(sigma.shape), left.reshape(sigma.shape)
        return t, left, self._mixing(t, left)

    def _mixing(self, t: FloatArray, left: FloatArray) -> FloatArray:
        return np.asarray(self.bump * (t * left) ** (self.gamma / 2.0), np.float64)

    def _mixing_rate(self, t: FloatArray, left: FloatArray) -> FloatArray:
        """Return (1-t)·dc/dt = gamma/2·(1-2t)·c/t."""
        if self.bump == 0.0:
            return np.zeros_like(t)
        half = self.gamma / 2.0
        return half * (left - t) * self.bump * left**half * t ** (half - 1.0)

    def _early(self, sigma: FloatArray) -> FloatArray:
        """Solve log sigma(t) = log sigma in log t."""

        def miss(log_t: FloatArray, target: FloatArray) -> Pair:
            t = np.exp(log_t)
            reached = self.sigma(t)
            return np.log(reached) - target, t * self.dsigma(t) / reached

        logs = np.log(sigma)
        by_bump = (logs - np.log(self.bump)) * (2.0 / self.gamma)
        guess = np.minimum(logs, by_bump)
        high = math.log(0.6)  # beyond the last root: none lies on the bracket's edge
        return np.exp(increasing_root(miss, logs, guess, low=_LOWEST_LOG, high=high))

    def _late(self, sigma: FloatArray) -> FloatArray:
        """Return 1 - t, from y + log(1 + c) = sigma in y = -log(1-t)."""

        def miss(y: FloatArray, target: FloatArray) -> Pair:
            t, left = -np.expm1(-y), np.exp(-y)
            c = self._mixing(t, left)
            rate = 1.0 + self._mixing_rate(t, left) / (1.0 + c)
            return y + np.log1p(c) - target, rate

        low = -math.log(0.6)
        high = 1.0 + float(sigma.max(initial=low))  # c >= 0, so that y <= sigma
        return np.exp(-increasing_root(miss, sigma, sigma, low=low, high=high))
