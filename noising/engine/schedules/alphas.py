"""Schedules given by a formula for alpha(t)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np

from noising.engine.arrays import FloatArray
from noising.engine.parameters import Number, Parameter
from noising.engine.schedules.base import AlphaSchedule, Context

EPSILON = Number(
    default=1e-3, low=0.0, high=1.0, open_high=True, help="alpha that is left at t = 1"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class LogLinear(AlphaSchedule):
    """alpha = 1 - (1-epsilon)·t: the move chance grows evenly.

    Source: Lou, Meng, Ermon 2024 (SEDD), noise_lib.LogLinearNoise; Sahoo et al.
    2024 (MDLM).
    """

    PARAMETERS: ClassVar[Mapping[str, Parameter]] = {"epsilon": EPSILON}
    epsilon: float

    @classmethod
    def create(cls, parameters: Mapping[str, Any], context: Context) -> Self:
        """Return the schedule that leaves epsilon."""
        return cls(**parameters)

    def alpha(self, t: FloatArray) -> FloatArray:
        """Return (1 - t) + epsilon·t, which does not cancel."""
        return (1.0 - t) + self.epsilon * t

    def move_chance(self, t: FloatArray) -> FloatArray:
        """Return (1-epsilon)·t."""
        return (1.0 - self.epsilon) * t

    def move_rate(self, t: FloatArray) -> FloatArray:
        """Return 1 - epsilon."""
        return np.full_like(t, 1.0 - self.epsilon)
