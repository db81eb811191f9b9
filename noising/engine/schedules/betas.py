"""Schedules defined by the move chance beta_k of each step."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np

from noising.engine.arrays import FloatArray
from noising.engine.errors import EngineError
from noising.engine.parameters import Number, Parameter
from noising.engine.schedules.base import TIME_RANGE, Context
from noising.engine.schedules.grid import GridSchedule, from_betas

BETA_RANGE: Mapping[str, Parameter] = {
    "beta_min": Number(
        default=1e-4,
        low=0.0,
        high=1.0,
        open_high=True,
        help="beta of the first step, a move chance; meant for 1000 timesteps",
    ),
    "beta_max": Number(
        default=0.02,
        low=0.0,
        high=1.0,
        open_high=True,
        help="beta of the last step, a move chance; meant for 1000 timesteps",
    ),
    "time_range": TIME_RANGE,
}


def _beta_range(parameters: Mapping[str, Any]) -> tuple[float, float]:
    low, high = parameters["beta_min"], parameters["beta_max"]
    if low > high:
        raise EngineError(
            "schedule.beta_min",
            "out_of_order",
            f"must not exceed beta_max = {high:g}",
            low,
            "swap the two",
        )
    return low, high


@dataclass(frozen=True, slots=True, kw_only=True)
class Linear(GridSchedule):
    """Betas rise linearly, as in D3PM; MDLM's linear, alpha = 1 - t, is `loglinear`.

    beta_k = beta_min + (beta_max - beta_min)·k/(T-1). The betas are per step. They are
    meant for T = 1000 and not rescaled to other T.
    Source: Ho et al. 2020 (DDPM), section 4; Austin et al. 2021 (D3PM).
    """

    PARAMETERS: ClassVar[Mapping[str, Parameter]] = BETA_RANGE

    @classmethod
    def create(cls, parameters: Mapping[str, Any], context: Context) -> Self:
        """Return the schedule on the context's T steps."""
        low, high = _beta_range(parameters)
        betas = np.linspace(low, high, context.num_timesteps)
        return cls(sigmas=from_betas(betas))


@dataclass(frozen=True, slots=True, kw_only=True)
class Quadratic(GridSchedule):
    """Square roots of the betas linearly spaced, "scaled linear" elsewhere.

    Source: the DDPM codebases; sqrt(beta_k) runs from sqrt(beta_min) to
    sqrt(beta_max).
    """

    PARAMETERS: ClassVar[Mapping[str, Parameter]] = BETA_RANGE

    @classmethod
    def create(cls, parameters: Mapping[str, Any], context: Context) -> Self:
        """Return the schedule on the context's T steps."""
        low, high = _beta_range(parameters)
        roots = np.linspace(low**0.5, high**0.5, context.num_timesteps)
        return cls(sigmas=from_betas(roots**2))


COSINE_PARAMETERS: Mapping[str, Parameter] = {
    "s": Number(
        default=0.008, low=0.0, high=1e100, help="offset that keeps the first betas up"
    ),
    "max_beta": Number(
        default=0.999, low=0.0, high=1.0, open_low=True, help="cap on every beta"
    ),
    "time_range": TIME_RANGE,
}


def _cosine_steps(steps: int, s: float) -> tuple[float, FloatArray, FloatArray]:
    """Return the spacing d of the angles (t+s)/(1+s)·pi/2 and two multiples of it.

    A step goes from angle a to angle b = a + d. The multiples, each (T,), are a + b
    and pi/2 - a in units of d. They keep their digits for large s and for many steps.
    """
    spacing = math.pi / 2 / (steps * (1.0 + s))
    whole = np.arange(steps, dtype=np.float64)
    return spacing, 2.0 * (whole + steps * s) + 1.0, steps - whole


def _sigmas_to_zero(betas: FloatArray, max_beta: float) -> FloatArray:
    """Return (T+1,) total noise of capped betas; sets the last beta to 1 first."""
    betas[-1] = 1.0
    return from_betas(np.minimum(betas, max_beta))


@dataclass(frozen=True, slots=True, kw_only=True)
class Cosine(GridSchedule):
    """alpha follows cos^2, each beta capped at max_beta.

    beta_k = 1 - f((k+1)/T)/f(k/T) with f(t) = cos^2((t+s)/(1+s)·pi/2), computed as
    sin(b-a)·sin(a+b)/cos^2(a), which has no cancellation.
    Source: Nichol, Dhariwal 2021, eq. 17.
    """

    PARAMETERS: ClassVar[Mapping[str, Parameter]] = COSINE_PARAMETERS

    @classmethod
    def create(cls, parameters: Mapping[str, Any], context: Context) -> Self:
        """Return the schedule on the context's T steps."""
        d, sums, lacking = _cosine_steps(context.num_timesteps, parameters["s"])
        # a + b and pi - (a + b) have the same sine; the smaller one is more exact.
        sine_of_sum = np.sin(d * np.minimum(sums, 2.0 * lacking - 1.0))
        cosine = np.sin(d * lacking)
        betas = math.sin(d) / cosine * (sine_of_sum / cosine)
        return cls(sigmas=_sigmas_to_zero(betas, parameters["max_beta"]))


@dataclass(frozen=True, slots=True, kw_only=True)
class D3PMCosine(GridSchedule):
    """alpha follows a cosine that is not squared, each beta capped at max_beta.

    beta_k = 1 - f((k+1)/T)/f(k/T) with f(t) = cos((t+s)/(1+s)·pi/2), computed as
    2·sin((b-a)/2)·sin((a+b)/2)/cos(a), which has no cancellation.
    Source: Austin et al. 2021 (D3PM), get_diffusion_betas; Hoogeboom et al. 2021.
    """

    PARAMETERS: ClassVar[Mapping[str, Parameter]] = COSINE_PARAMETERS

    @classmethod
    def create(cls, parameters: Mapping[str, Any], context: Context) -> Self:
        """Return the schedule on the context's T steps."""
        d, sums, lacking = _cosine_steps(context.num_timesteps, parameters["s"])
        drop = 2.0 * math.sin(d / 2.0) * np.sin(d * sums / 2.0)
        betas = drop / np.sin(d * lacking)
        return cls(sigmas=_sigmas_to_zero(betas, parameters["max_beta"]))
