"""The entropy schedule, which loses information about x_0 at an even rate."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Final, Self

import numpy as np

from noising.engine.arrays import FloatArray
from noising.engine.errors import EngineError
from noising.engine.information import Solver
from noising.engine.parameters import Number, Numbers, Optional, Parameter
from noising.engine.schedules.base import TIME_RANGE, Context, Schedule

_LEAST_LEFT: Final = 2.0**-53  # share left at the last time before t = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class SeddEntropy(Schedule):
    """I(x_t; x_0) = (1 - (1-epsilon)·t)·I_0 for the process's own graph.

    For the absorbing graph this is SEDD's loglinear schedule, for any prior. SEDD has
    no entropy schedule ("score entropy" is its loss): this is the mutual-information
    schedule of D3PM, solved exactly at every t.
    Source: Austin et al. 2021 (D3PM), appendix A.7; Lou, Meng, Ermon 2024 (SEDD).
    """

    PARAMETERS: ClassVar[Mapping[str, Parameter]] = {
        "epsilon": Number(
            default=1e-3,
            low=0.0,
            high=1.0,
            open_high=True,
            help="fraction of the information that is left at t = 1",
        ),
        "prior": Optional(
            default=None,
            inner=Numbers(
                item=Number(low=0.0, help="weight of one token"),
                min_length=2,
                help="V weights",
            ),
            help="token frequencies, V numbers >= 0; null for uniform",
        ),
        "time_range": TIME_RANGE,
    }
    epsilon: float
    solver: Solver

    @classmethod
    def create(cls, parameters: Mapping[str, Any], context: Context) -> Self:
        """Return the schedule for the graph of the context."""
        prior = parameters["prior"]
        weights = None if prior is None else np.asarray(prior, np.float64)
        curve = context.information(weights)
        if not curve.start > 0.0:
            raise EngineError(
                "schedule.prior",
                "no_entropy",
                "must have an entropy above 0",
                prior,
                "give weight to at least two tokens that the graph distinguishes",
            )
        epsilon = parameters["epsilon"]
        least = epsilon or _LEAST_LEFT
        solver = curve.solver(least)
        # Raises here, not at the first use, if the equation has no solution.
        solver.sigma(np.array([1.0 - least]), np.array([least]))
        return cls(epsilon=epsilon, solver=solver)

    def sigma(self, t: FloatArray) -> FloatArray:
        """Return the sigma at which (1-epsilon)·t of the information is lost."""
        return self.solver.sigma(*self._shares(t))

    def dsigma(self, t: FloatArray) -> FloatArray:
        """Return (1-epsilon)·(d sigma / d share), by the share that is lost."""
        return (1.0 - self.epsilon) * self.solver.rate(*self._shares(t))

    def cross_entropy_weight(self, t: FloatArray) -> FloatArray:
        """Return dsigma/expm1(sigma), or the left limit where sigma is infinite.

        The limit is finite for graphs that only mask, whose loss has this weight.
        """
        early = np.minimum(t, 1.0 - _LEAST_LEFT) if self.epsilon == 0.0 else t
        return Schedule.cross_entropy_weight(self, early)

    def _shares(self, t: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return the shares of the information that are lost and left."""
        return (1.0 - self.epsilon) * t, (1.0 - t) + self.epsilon * t
