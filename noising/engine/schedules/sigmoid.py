"""The sigmoid schedule."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Final, Self

import numpy as np

from noising.engine.arrays import FloatArray
from noising.engine.errors import EngineError
from noising.engine.information import minus_log
from noising.engine.parameters import Number, Parameter
from noising.engine.schedules.base import TIME_RANGE, AlphaSchedule, Context

_SHORTEST: Final = 1e-6  # least distance of start and end
_SMALLEST_ALPHA: Final = 1e-290  # below, float64 loses digits and then underflows


@dataclass(frozen=True, slots=True, kw_only=True)
class Sigmoid(AlphaSchedule):
    """alpha = (v(1) - v(t))/(v(1) - v(0)) with v(t) = sigmoid(x(t)), alpha(1) = 0.

    x(t) = (start + (end-start)·t)/tau. A difference of sigmoids is computed as the
    product v(b) - v(a) = sinh((b-a)/2)/(2·cosh(a/2)·cosh(b/2)), which has no
    cancellation. Its exponentials are combined so that none overflows.
    Source: Jabri, Fleet, Chen 2022, sigmoid schedule.

    Attributes:
        first: x(0).
        last: x(1).
        span: x(1) - x(0) > 0.
    """

    PARAMETERS: ClassVar[Mapping[str, Parameter]] = {
        "start": Number(default=-3.0, low=-1e3, high=1e3, help="argument at t = 0"),
        "end": Number(default=3.0, low=-1e3, high=1e3, help="argument at t = 1"),
        "tau": Number(default=1.0, low=1e-3, high=1e3, help="temperature"),
        "time_range": TIME_RANGE,
    }
    first: float
    last: float
    span: float

    @classmethod
    def create(cls, parameters: Mapping[str, Any], context: Context) -> Self:
        """Return the schedule; end must lie above start."""
        start, end, tau = (parameters[name] for name in ("start", "end", "tau"))
        if not end - start >= _SHORTEST:
            rule = f"must exceed start = {start:g} by at least {_SHORTEST:g}"
            raise EngineError("schedule.end", "out_of_order", rule, end)
        return cls(first=start / tau, last=end / tau, span=(end - start) / tau)

    def alpha(self, t: FloatArray) -> FloatArray:
        """Return the share of the rise of v that comes after t."""
        ahead = self.span * (1.0 - t)
        x = self.last - ahead
        scale = np.exp(max(self.first, 0.0) - np.maximum(x, 0.0))
        # Rounding may carry the product just above 1.
        return np.minimum(scale * self._share(ahead, x, self.first), 1.0)

    def move_chance(self, t: FloatArray) -> FloatArray:
        """Return the share of the rise of v that comes before t."""
        behind = self.span * t
        x = self.first + behind
        scale = np.exp(np.minimum(x, 0.0) - min(self.last, 0.0))
        return np.minimum(scale * self._share(behind, x, self.last), 1.0)

    def sigma(self, t: FloatArray) -> FloatArray:
        """Return -log alpha, as a sum of logarithms where alpha may underflow."""
        alpha = self.alpha(t)
        plain = minus_log(self.move_chance(t), alpha)
        return np.where(alpha > _SMALLEST_ALPHA, plain, -self._log_alpha(t))

    def log_snr(self, t: FloatArray) -> FloatArray:
        """Return log alpha - log(1 - alpha), which cannot underflow."""
        return self._log_alpha(t) - self._log_move_chance(t)

    def dsigma(self, t: FloatArray) -> FloatArray:
        """Return dv/dt over the rise after t, without overflow or underflow."""
        ahead = self.span * (1.0 - t)
        x = self.last - ahead
        gathered = np.minimum(x, 0.0) - min(self.last, 0.0)
        return self._rate(ahead, x, self.last, gathered)

    def cross_entropy_weight(self, t: FloatArray) -> FloatArray:
        """Return dv/dt over the rise before t, without overflow or underflow."""
        behind = self.span * t
        x = self.first + behind
        gathered = max(self.first, 0.0) - np.maximum(x, 0.0)
        return self._rate(behind, x, self.first, gathered)

    def lost_share(self, s: FloatArray, t: FloatArray) -> FloatArray:
        """Return (v(t) - v(s))/(v(1) - v(s))."""
        x = self.last - self.span * (1.0 - t)
        gathered = np.minimum(x, 0.0) - min(self.last, 0.0)
        step = -np.expm1(-self.span * (t - s)) * (1.0 + math.exp(-abs(self.last)))
        whole = -np.expm1(-self.span * (1.0 - s)) * (1.0 + np.exp(-np.abs(x)))
        return np.exp(gathered) * step / whole

    def move_rate(self, t: FloatArray) -> FloatArray:
        """Return dv/dt over the whole rise."""
        size = np.abs(self.first + self.span * t)
        gathered = max(self.first, 0.0) - min(self.last, 0.0) - size
        far = (1.0 + math.exp(-abs(self.first))) * (1.0 + math.exp(-abs(self.last)))
        whole = -math.expm1(-self.span)
        return self.span * far / whole * np.exp(gathered) / (1.0 + np.exp(-size)) ** 2

    def _rate(
        self, part: FloatArray, x: FloatArray, other: float, gathered: FloatArray
    ) -> FloatArray:
        """Return v'(x)·span over the part of the rise between x and the other end.

        `gathered` is the sum of the exponents of the quotient.
        """
        far = (1.0 + math.exp(-abs(other))) * np.exp(gathered)
        return self.span * far / ((1.0 + np.exp(-np.abs(x))) * -np.expm1(-part))

    def _log_alpha(self, t: FloatArray) -> FloatArray:
        ahead = self.span * (1.0 - t)
        x = self.last - ahead
        log_scale = max(self.first, 0.0) - np.maximum(x, 0.0)
        return np.minimum(log_scale + np.log(self._share(ahead, x, self.first)), 0.0)

    def _log_move_chance(self, t: FloatArray) -> FloatArray:
        behind = self.span * t
        x = self.first + behind
        log_scale = np.minimum(x, 0.0) - min(self.last, 0.0)
        return np.minimum(log_scale + np.log(self._share(behind, x, self.last)), 0.0)

    def _share(self, part: FloatArray, x: FloatArray, other: float) -> FloatArray:
        """Return (1 - e^-part)·(1 + e^-|other|)/((1 + e^-|x|)·(1 - e^-span))."""
        whole = -math.expm1(-self.span) / (1.0 + math.exp(-abs(other)))
        return -np.expm1(-part) / ((1.0 + np.exp(-np.abs(x))) * whole)
