"""GIDD's schedule: masking mixed with uniform noise in the middle of time."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Final, Self

import numpy as np

from noising.engine.arrays import FloatArray
from noising.engine.parameters import Number, Parameter
from noising.engine.roots import Pair, increasing_root
from noising.engine.schedules.base import (
    TIME_RANGE,
    AlphaSchedule,
    Context,
    RangedSchedule,
)

_LOWEST_LOG: Final = -744.4400719213812  # the log of the least positive float64


@dataclass(frozen=True, slots=True, kw_only=True)
class GiddSchedule(AlphaSchedule):
    """alpha = (1-t)/(1+c) with c = B·(t(1-t))^(gamma/2), B = 2^gamma·p/(1-p).

    p is the largest share of uniform noise, at t = 1/2.
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
        "time_range": TIME_RANGE,
    }
    bump: float
    gamma: float

    @classmethod
    def create(cls, parameters: Mapping[str, Any], context: Context) -> Self:
        """Return the schedule."""
        p, gamma = parameters["p_uniform"], parameters["gamma"]
        return cls(bump=2.0**gamma * p / (1.0 - p), gamma=gamma)

    def within(self, low: float, high: float) -> "RangedGidd":
        """Return the part of the schedule between two times, stretched to [0, 1]."""
        return RangedGidd(whole=self, low=low, high=high)

    def mixing(self, t: FloatArray) -> FloatArray:
        """Return c(t), the weight of uniform noise."""
        both = t * (1.0 - t)
        # At both ends explicitly: half of the smallest gamma is 0, and 0^0 is 1.
        return np.where(both > 0.0, self.bump * both ** (self.gamma / 2.0), 0.0)

    def alpha(self, t: FloatArray) -> FloatArray:
        """Return (1-t)/(1+c)."""
        return (1.0 - t) / (1.0 + self.mixing(t))

    def step_parts(self, s: FloatArray, t: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return the chances that a step from s to t >= s resamples and masks.

        Together they are m_t - a_t/a_s·m_s. A token is masked with
        (t-s)/((1-s)(1+c_t)) and resampled with ((1-s)·c_t - (1-t)·c_s)/((1-s)(1+c_t)).
        For close times this difference is computed as (1-t)·c_s·(e^x - 1), where x is a
        sum of terms >= 0. NaN where s = 1.
        """
        c_s, c_t = self.mixing(s), self.mixing(t)
        half = self.gamma / 2.0
        growth = half * np.log1p((t - s) / s)
        if half < 1.0:
            growth = growth + (half - 1.0) * np.log1p(-(t - s) / (1.0 - s))
        is_close = growth < 1.0
        close = (1.0 - t) * c_s * np.expm1(np.where(is_close, growth, 0.0))
        drawn = np.where(is_close, close, (1.0 - s) * c_t - (1.0 - t) * c_s)
        whole = (1.0 - s) * (1.0 + c_t)
        return drawn / whole, (t - s) / whole

    def lost_share(self, s: FloatArray, t: FloatArray) -> FloatArray:
        """Return the chance that a step resamples or masks."""
        drawn, masked = self.step_parts(s, t)
        return drawn + masked

    def move_chance(self, t: FloatArray) -> FloatArray:
        """Return (t+c)/(1+c)."""
        c = self.mixing(t)
        return (t + c) / (1.0 + c)

    def move_rate(self, t: FloatArray) -> FloatArray:
        """Return (1 + c + (1-t)·dc/dt)/(1+c)^2, infinite at 0 for gamma < 2."""
        c = self.mixing(t)
        bump_rate = self.gamma / 2.0 * (1.0 - 2.0 * t) * c / t  # (1-t)·dc/dt
        at_zero = self.bump if self.gamma == 2.0 or self.bump == 0.0 else np.inf
        return (1.0 + c + np.where(t > 0.0, bump_rate, at_zero)) / (1.0 + c) ** 2

    def parts_at(self, sigma: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Return t, 1 - t and c at total noise sigma, each exact where it is small.

        They are the weights of mask, data and uniform noise before division by 1 + c.
        The equation is (t + c)/(1-t) = expm1(sigma), solved for u = log(t/(1-t)) with
        logarithms on both sides, since the left side is then nearly linear in u.

        Args:
            sigma: total noise in [0, inf], of any shape; the results have its shape.
        """
        flat = sigma.reshape(-1)
        odds = flat + np.log(-np.expm1(-flat))
        t = np.where(np.isinf(flat), 1.0, 0.0)
        left = 1.0 - t
        # Below the smallest positive float64, t is 0 and all noise is uniform.
        first_t, _, first_c = self._logs(np.array([_LOWEST_LOG]))
        first = np.logaddexp(first_t, first_c)
        c = np.where(odds <= first, np.expm1(flat), 0.0)
        solved = np.flatnonzero((odds > first) & np.isfinite(flat))
        logs = self._logs(self._solve(odds[solved]))
        t[solved], left[solved], c[solved] = np.exp(logs)
        t, left, c = (part.reshape(sigma.shape) for part in (t, left, c))
        return t, left, c

    def _solve(self, odds: FloatArray) -> FloatArray:
        """Return u = log(t/(1-t)) where log((t + c)/(1-t)) has the given values."""

        def miss(u: FloatArray, target: FloatArray) -> Pair:
            log_t, log_left, log_c = self._logs(u)
            t, left = np.exp(log_t), np.exp(log_left)
            log_moved = np.logaddexp(log_t, log_c)
            share = np.exp(log_c - log_moved)  # share of the noise that is uniform
            rate = t + (1.0 - share) * left + share * self.gamma / 2.0 * (left - t)
            scale = np.maximum(np.abs(target) / 64.0, 1.0)  # rounding grows with it
            return (log_moved - log_left - target) / scale, rate / scale

        by_bump = (odds - np.log(self.bump)) * (2.0 / self.gamma)
        return increasing_root(
            miss,
            odds,
            np.fmin(odds, by_bump),  # c >= 0, so that u <= odds
            low=_LOWEST_LOG,
            high=float(odds.max(initial=0.0)),
            field="schedule",
            way_out="move gamma and p_uniform away from the ends of their ranges",
        )

    def _logs(self, u: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Return the logarithms of t, 1 - t and c where u = log(t/(1-t))."""
        log_larger = -np.log1p(np.exp(-np.abs(u)))  # of t and 1 - t, which add to 1
        log_t, log_left = (
            log_larger + np.minimum(u, 0.0),
            log_larger - np.maximum(u, 0.0),
        )
        log_c = np.log(self.bump) + self.gamma / 2.0 * (log_t + log_left)
        return log_t, log_left, log_c


@dataclass(frozen=True, slots=True, kw_only=True)
class RangedGidd(RangedSchedule):
    """A part of GIDD's schedule, which is the clock of GIDD's graph too."""

    whole: GiddSchedule

    @property
    def gamma(self) -> float:
        """Exponent of the uniform noise's bump."""
        return self.whole.gamma

    def parts_at(self, sigma: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Return t, 1 - t and c of the whole schedule at total noise sigma."""
        return self.whole.parts_at(sigma)

    def mixing(self, t: FloatArray) -> FloatArray:
        """Return c at a time of the whole schedule."""
        return self.whole.mixing(t)

    def step_parts(self, s: FloatArray, t: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return the chances that a step from s to t >= s resamples and masks."""
        start, end, factor = self.steps(s, t)
        drawn, masked = self.whole.step_parts(start, end)
        return factor * drawn, factor * masked
