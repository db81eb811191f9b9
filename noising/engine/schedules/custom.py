"""A user's own table of alphas or sigmas."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np

from noising.engine.arrays import FloatArray
from noising.engine.errors import EngineError
from noising.engine.parameters import Number, Numbers, Optional, Parameter
from noising.engine.schedules.base import TIME_RANGE, Context, Schedule
from noising.engine.schedules.grid import GridSchedule


def _table(help_text: str, high: float = math.inf) -> Optional:
    item = Number(low=0.0, high=high, help=help_text)
    return Optional(
        default=None, inner=Numbers(item=item, help=help_text), help=help_text
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Custom(GridSchedule):
    """A table of T values, `alphas` or `sigmas`, with optional `rates`.

    Only length, finiteness and range are checked here: a falling sigma is allowed and
    the linter reports it.

    Attributes:
        rates: (T,) values of dsigma at the timesteps, which is linear in between; None
            for the slope of sigma.
    """

    PARAMETERS: ClassVar[Mapping[str, Parameter]] = {
        "alphas": _table("alpha at every timestep, T numbers in [0, 1]", 1.0),
        "sigmas": _table("total noise at every timestep, T numbers >= 0"),
        "rates": _table("dsigma at every timestep, T numbers >= 0"),
        "time_range": TIME_RANGE,
    }
    rates: FloatArray | None

    @classmethod
    def create(cls, parameters: Mapping[str, Any], context: Context) -> Self:
        """Return the table as a schedule on the context's T steps."""
        alphas, sigmas = parameters["alphas"], parameters["sigmas"]
        if (alphas is None) == (sigmas is None):
            received = "neither" if alphas is None else "both"
            raise EngineError(
                "schedule.alphas", "one_of", "or `sigmas` must be given", received
            )
        for name, values in parameters.items():
            if values is not None and len(values) != context.num_timesteps:
                raise EngineError(
                    f"schedule.{name}",
                    "wrong_length",
                    f"must have num_timesteps = {context.num_timesteps} items",
                    len(values),
                )
        with np.errstate(divide="ignore"):
            noise = -np.log(alphas) if sigmas is None else np.asarray(sigmas)
        rates = parameters["rates"]
        return cls(
            sigmas=np.concatenate([[0.0], noise + 0.0]),
            rates=None if rates is None else np.asarray(rates, np.float64),
        )

    def dsigma(self, t: FloatArray) -> FloatArray:
        """Return the user's rates, or the slope of sigma without rates."""
        if self.rates is None:
            # super() without arguments fails in a dataclass with slots.
            return GridSchedule.dsigma(self, t)
        times = np.arange(1, self.steps + 1) / self.steps
        return np.interp(t, times, self.rates)

    def cross_entropy_weight(self, t: FloatArray) -> FloatArray:
        """Return the weight from the user's rates, or from the table without rates."""
        if self.rates is None:
            return GridSchedule.cross_entropy_weight(self, t)
        return Schedule.cross_entropy_weight(self, t)
