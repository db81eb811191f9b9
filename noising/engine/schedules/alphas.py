"""Schedules given by a formula for alpha(t).

All but `Power` fall to epsilon at t = 1. Each of them has a shape m(t) that rises from
0 to 1: 1 - alpha = (1-epsilon)·m and alpha = (1 - m) + epsilon·m. It computes m and
1 - m separately.
"""

import abc
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Final, Self

import numpy as np

from noising.engine.arrays import FloatArray
from noising.engine.parameters import Number, Parameter
from noising.engine.schedules.base import TIME_RANGE, AlphaSchedule, Context, Schedule

EPSILON: Final = Number(
    default=1e-3, low=0.0, high=1.0, open_high=True, help="alpha that is left at t = 1"
)
_HALF_PI: Final = math.pi / 2


@dataclass(frozen=True, slots=True, kw_only=True)
class ShapeSchedule(AlphaSchedule):
    """A move chance of a given shape, scaled so that alpha ends at epsilon.

    Attributes:
        epsilon: alpha at t = 1.
    """

    PARAMETERS: ClassVar[Mapping[str, Parameter]] = {
        "epsilon": EPSILON,
        "time_range": TIME_RANGE,
    }
    epsilon: float

    @classmethod
    def create(cls, parameters: Mapping[str, Any], context: Context) -> Self:
        """Return the schedule."""
        return cls(**parameters)

    @abc.abstractmethod
    def shape(self, t: FloatArray) -> FloatArray:
        """Return m(t), rising from 0 to 1."""

    @abc.abstractmethod
    def rest(self, t: FloatArray) -> FloatArray:
        """Return 1 - m(t), exact where it is small."""

    @abc.abstractmethod
    def slope(self, t: FloatArray) -> FloatArray:
        """Return dm/dt."""

    @abc.abstractmethod
    def rise(self, s: FloatArray, t: FloatArray) -> FloatArray:
        """Return m(t) - m(s) for s <= t, exact where the times are close."""

    def alpha(self, t: FloatArray) -> FloatArray:
        """Return (1 - m) + epsilon·m."""
        return self.rest(t) + self.epsilon * self.shape(t)

    def move_chance(self, t: FloatArray) -> FloatArray:
        """Return (1-epsilon)·m."""
        return (1.0 - self.epsilon) * self.shape(t)

    def move_rate(self, t: FloatArray) -> FloatArray:
        """Return (1-epsilon)·dm/dt."""
        return (1.0 - self.epsilon) * self.slope(t)

    def lost_share(self, s: FloatArray, t: FloatArray) -> FloatArray:
        """Return (1-epsilon)·(m(t) - m(s))/alpha(s)."""
        return (1.0 - self.epsilon) * self.rise(s, t) / self.alpha(s)


@dataclass(frozen=True, slots=True, kw_only=True)
class LogLinear(ShapeSchedule):
    """alpha = 1 - (1-epsilon)·t: the move chance grows linearly.

    Source: Lou, Meng, Ermon 2024 (SEDD), noise_lib.LogLinearNoise; Sahoo et al.
    2024 (MDLM).
    """

    def shape(self, t: FloatArray) -> FloatArray:
        """Return t."""
        return t

    def rest(self, t: FloatArray) -> FloatArray:
        """Return 1 - t."""
        return 1.0 - t

    def slope(self, t: FloatArray) -> FloatArray:
        """Return 1."""
        return np.ones_like(t)

    def rise(self, s: FloatArray, t: FloatArray) -> FloatArray:
        """Return t - s."""
        return t - s


@dataclass(frozen=True, slots=True, kw_only=True)
class MdlmCosine(ShapeSchedule):
    """alpha = epsilon + (1-epsilon)·cos(pi·t/2).

    Source: Sahoo et al. 2024 (MDLM), noise_schedule.CosineNoise.
    """

    def shape(self, t: FloatArray) -> FloatArray:
        """Return 1 - cos(pi·t/2) = 2·sin^2(pi·t/4)."""
        return 2.0 * np.sin(_HALF_PI / 2.0 * t) ** 2

    def rest(self, t: FloatArray) -> FloatArray:
        """Return cos(pi·t/2), computed as sin(pi·(1-t)/2)."""
        return np.sin(_HALF_PI * (1.0 - t))

    def slope(self, t: FloatArray) -> FloatArray:
        """Return pi/2·sin(pi·t/2)."""
        return _HALF_PI * np.sin(_HALF_PI * t)

    def rise(self, s: FloatArray, t: FloatArray) -> FloatArray:
        """Return 2·sin(pi·(t+s)/4)·sin(pi·(t-s)/4)."""
        quarter = _HALF_PI / 2.0
        return 2.0 * np.sin(quarter * (t + s)) * np.sin(quarter * (t - s))


@dataclass(frozen=True, slots=True, kw_only=True)
class CosineSquared(ShapeSchedule):
    """alpha = epsilon + (1-epsilon)·cos^2(pi·t/2).

    Source: Sahoo et al. 2024 (MDLM), noise_schedule.CosineSqrNoise.
    """

    def shape(self, t: FloatArray) -> FloatArray:
        """Return sin^2(pi·t/2)."""
        return np.sin(_HALF_PI * t) ** 2

    def rest(self, t: FloatArray) -> FloatArray:
        """Return cos^2(pi·t/2), computed as sin^2(pi·(1-t)/2)."""
        return np.sin(_HALF_PI * (1.0 - t)) ** 2

    def slope(self, t: FloatArray) -> FloatArray:
        """Return pi·sin(pi·t/2)·cos(pi·t/2)."""
        return math.pi * np.sin(_HALF_PI * t) * np.sin(_HALF_PI * (1.0 - t))

    def rise(self, s: FloatArray, t: FloatArray) -> FloatArray:
        """Return sin(pi·(t+s)/2)·sin(pi·(t-s)/2), with 2 - t - s for late times."""
        middle = np.minimum(t + s, (1.0 - t) + (1.0 - s))
        return np.sin(_HALF_PI * middle) * np.sin(_HALF_PI * (t - s))


@dataclass(frozen=True, slots=True, kw_only=True)
class MaskgitCosine(ShapeSchedule):
    """alpha = 1 - (1-epsilon)·sin(pi·t/2).

    Source: Chang et al. 2022 (MaskGIT), cosine mask scheduling; Shi et al. 2024
    (MD4), table 1.
    """

    def shape(self, t: FloatArray) -> FloatArray:
        """Return sin(pi·t/2)."""
        return np.sin(_HALF_PI * t)

    def rest(self, t: FloatArray) -> FloatArray:
        """Return 1 - sin(pi·t/2), computed as 2·sin^2(pi·(1-t)/4) for late times."""
        late = 2.0 * np.sin(_HALF_PI / 2.0 * (1.0 - t)) ** 2
        return np.where(t < 1 / 3, 1.0 - self.shape(t), late)

    def slope(self, t: FloatArray) -> FloatArray:
        """Return pi/2·cos(pi·t/2)."""
        return _HALF_PI * np.sin(_HALF_PI * (1.0 - t))

    def rise(self, s: FloatArray, t: FloatArray) -> FloatArray:
        """Return 2·cos(pi·(t+s)/4)·sin(pi·(t-s)/4), with a sine for the cosine."""
        quarter = _HALF_PI / 2.0
        lacking = (1.0 - t) + (1.0 - s)
        return 2.0 * np.sin(quarter * lacking) * np.sin(quarter * (t - s))


@dataclass(frozen=True, slots=True, kw_only=True)
class Polynomial(ShapeSchedule):
    """alpha = 1 - (1-epsilon)·t^exponent; `power`, (1-t)^exponent, is its mirror image.

    Source: Shi et al. 2024 (MD4), table 1; Arriola et al. 2025 (BD3-LM), square
    and square root.

    Attributes:
        exponent: above 0; 1 is the loglinear schedule.
    """

    PARAMETERS: ClassVar[Mapping[str, Parameter]] = {
        "exponent": Number(
            default=2.0, low=0.0, open_low=True, help="power of t, 1 for loglinear"
        ),
        "epsilon": EPSILON,
        "time_range": TIME_RANGE,
    }
    exponent: float

    def shape(self, t: FloatArray) -> FloatArray:
        """Return t^exponent."""
        return np.asarray(t**self.exponent, np.float64)

    def rest(self, t: FloatArray) -> FloatArray:
        """Return 1 - t^exponent = -expm1(exponent·log t)."""
        return -np.expm1(self.exponent * np.log(t))

    def slope(self, t: FloatArray) -> FloatArray:
        """Return exponent·t^(exponent-1), infinite at 0 for exponents below 1."""
        if self.exponent < 1.0:  # the power may overflow where the product does not
            return np.where(t > 0.0, self.exponent * self.shape(t) / t, np.inf)
        return np.asarray(self.exponent * t ** (self.exponent - 1.0), np.float64)

    def rise(self, s: FloatArray, t: FloatArray) -> FloatArray:
        """Return t^exponent - s^exponent.

        For close times that is s^exponent·expm1(exponent·log(t/s)).
        """
        growth = self.exponent * np.log1p((t - s) / s)
        is_close = growth < 1.0
        close = self.shape(s) * np.expm1(np.where(is_close, growth, 0.0))
        return np.where(is_close, close, self.shape(t) - self.shape(s))


@dataclass(frozen=True, slots=True, kw_only=True)
class Power(Schedule):
    """alpha = (1-t)^exponent, with alpha(1) = 0; `polynomial` is its mirror image.

    Source: Gat et al. 2024 (discrete flow matching), whose time is 1 - t; there
    kappa = t^exponent, PolynomialConvexScheduler in the code.

    Attributes:
        exponent: above 0; 1 is the loglinear schedule with epsilon 0.
    """

    PARAMETERS: ClassVar[Mapping[str, Parameter]] = {
        "exponent": Number(
            default=2.0, low=0.0, open_low=True, help="power of 1 - t, 1 for loglinear"
        ),
        "time_range": TIME_RANGE,
    }
    exponent: float

    @classmethod
    def create(cls, parameters: Mapping[str, Any], context: Context) -> Self:
        """Return the schedule."""
        return cls(**parameters)

    def sigma(self, t: FloatArray) -> FloatArray:
        """Return -exponent·log(1 - t)."""
        return -self.exponent * np.log1p(-t)

    def dsigma(self, t: FloatArray) -> FloatArray:
        """Return exponent/(1 - t)."""
        return self.exponent / (1.0 - t)

    def alpha(self, t: FloatArray) -> FloatArray:
        """Return (1 - t)^exponent, more exact than exp(-sigma) for large sigma."""
        return np.asarray((1.0 - t) ** self.exponent, np.float64)

    def cross_entropy_weight(self, t: FloatArray) -> FloatArray:
        """Return exponent·(1 - t)^(exponent-1)/(1 - alpha), which t = 1 has too."""
        moved = self.move_chance(t)
        rate = self.exponent * (1.0 - t) ** (self.exponent - 1.0)
        return np.where(moved > 0.0, rate / np.where(moved > 0.0, moved, 1.0), np.inf)

    def added(self, s: FloatArray, t: FloatArray) -> FloatArray:
        """Return exponent·log((1-s)/(1-t)) = exponent·log1p((t-s)/(1-t))."""
        return self.exponent * np.log1p((t - s) / (1.0 - t))
