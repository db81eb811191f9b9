"""Schedules given by a formula for sigma(t)."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np

from noising.engine.arrays import FloatArray
from noising.engine.errors import EngineError
from noising.engine.parameters import Number, Parameter
from noising.engine.schedules.base import TIME_RANGE, Context, Schedule


def _check_order(parameters: Mapping[str, Any]) -> None:
    low, high = parameters["sigma_min"], parameters["sigma_max"]
    if low > high:
        raise EngineError(
            "schedule.sigma_min",
            "out_of_order",
            f"must not exceed sigma_max = {high:g}",
            low,
            "swap the two",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Geometric(Schedule):
    """sigma = sigma_min^(1-t)·sigma_max^t; note that sigma(0) = sigma_min > 0.

    Source: Lou, Meng, Ermon 2024 (SEDD), noise_lib.GeometricNoise.
    """

    PARAMETERS: ClassVar[Mapping[str, Parameter]] = {
        "sigma_min": Number(default=1e-4, low=0.0, open_low=True, help="noise at 0"),
        "sigma_max": Number(default=20.0, low=0.0, open_low=True, help="noise at 1"),
        "time_range": TIME_RANGE,
    }
    sigma_min: float
    sigma_max: float

    @classmethod
    def create(cls, parameters: Mapping[str, Any], context: Context) -> Self:
        """Return the schedule; sigma_min must not exceed sigma_max."""
        _check_order(parameters)
        return cls(**parameters)

    def sigma(self, t: FloatArray) -> FloatArray:
        """Return the geometric mean of the two ends, weighted by t."""
        between = self.sigma_min ** (1.0 - t) * self.sigma_max**t
        # Rounding must not leave the range: equal ends are constant noise.
        return np.clip(between, self.sigma_min, self.sigma_max)

    def dsigma(self, t: FloatArray) -> FloatArray:
        """Return sigma·log(sigma_max/sigma_min)."""
        return self.sigma(t) * self._growth

    def added(self, s: FloatArray, t: FloatArray) -> FloatArray:
        """Return sigma(t) - sigma(s).

        For close times that is sigma(s)·((sigma_max/sigma_min)^(t-s) - 1).
        """
        growth = self._growth * (t - s)
        is_close = growth < 1.0
        close = self.sigma(s) * np.expm1(np.where(is_close, growth, 0.0))
        return np.where(is_close, close, Schedule.added(self, s, t))

    @property
    def _growth(self) -> float:
        return math.log(self.sigma_max) - math.log(self.sigma_min)


@dataclass(frozen=True, slots=True, kw_only=True)
class LinearSigma(Schedule):
    """sigma = sigma_min + (sigma_max - sigma_min)·t: a constant rate.

    Source: Sahoo et al. 2024 (MDLM), noise_schedule.Linear.
    """

    PARAMETERS: ClassVar[Mapping[str, Parameter]] = {
        "sigma_min": Number(default=1e-3, low=0.0, help="noise at 0"),
        "sigma_max": Number(default=7.0, low=0.0, help="noise at 1"),
        "time_range": TIME_RANGE,
    }
    sigma_min: float
    sigma_max: float

    @classmethod
    def create(cls, parameters: Mapping[str, Any], context: Context) -> Self:
        """Return the schedule; sigma_min must not exceed sigma_max."""
        _check_order(parameters)
        return cls(**parameters)

    def sigma(self, t: FloatArray) -> FloatArray:
        """Return the line between the two ends."""
        return self.sigma_min + (self.sigma_max - self.sigma_min) * t

    def dsigma(self, t: FloatArray) -> FloatArray:
        """Return sigma_max - sigma_min."""
        return np.full_like(t, self.sigma_max - self.sigma_min)

    def added(self, s: FloatArray, t: FloatArray) -> FloatArray:
        """Return (sigma_max - sigma_min)·(t - s)."""
        return (self.sigma_max - self.sigma_min) * (t - s)


@dataclass(frozen=True, slots=True, kw_only=True)
class UniformSchedule(Schedule):
    """Constant rate, sigma = -log(terminal_alpha)·t: the benchmarks' baseline.

    Every step and every position gets the same noise.
    """

    PARAMETERS: ClassVar[Mapping[str, Parameter]] = {
        "terminal_alpha": Number(
            default=1e-3,
            low=0.0,
            high=1.0,
            open_low=True,
            open_high=True,
            help="alpha at t = 1",
        ),
        "time_range": TIME_RANGE,
    }
    rate: float

    @classmethod
    def create(cls, parameters: Mapping[str, Any], context: Context) -> Self:
        """Return the schedule that ends at terminal_alpha."""
        return cls(rate=-math.log(parameters["terminal_alpha"]))

    def sigma(self, t: FloatArray) -> FloatArray:
        """Return rate·t."""
        return self.rate * t

    def dsigma(self, t: FloatArray) -> FloatArray:
        """Return the constant rate."""
        return np.full_like(t, self.rate)

    def added(self, s: FloatArray, t: FloatArray) -> FloatArray:
        """Return rate·(t - s)."""
        return self.rate * (t - s)
