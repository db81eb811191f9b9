"""A schedule at T integer timesteps and at real times."""

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from noising.engine.arrays import (
    AnyIntArray,
    FloatArray,
    IntArray,
    bounded_integers,
    check_times,
    quiet,
    read_only,
    time_array,
)
from noising.engine.errors import EngineError
from noising.engine.noise_time import NoiseTime, time_of_timesteps
from noising.engine.schedules import Schedule

LARGEST_FALL: Final = 1e-9
"""Relative decrease of sigma that counts as rounding; for tables none does."""


# No slots: functools.cached_property keeps its tables in the instance's __dict__.
@dataclass(frozen=True, kw_only=True, eq=False)
class Timeline:
    """A schedule and its tables over the timesteps; timestep k is t = (k+1)/T.

    Attributes:
        schedule: total noise as a function of time.
        num_timesteps: T.
    """

    schedule: Schedule
    num_timesteps: int

    @functools.cached_property
    @quiet
    def sigmas(self) -> FloatArray:
        """Total noise at every timestep, (T,), read-only."""
        return read_only(self.schedule.sigma(self.time(np.arange(self.num_timesteps))))

    @functools.cached_property
    def alphas(self) -> FloatArray:
        """Alpha at every timestep, (T,), read-only."""
        return read_only(np.exp(-self.sigmas))

    @functools.cached_property
    @quiet
    def falls(self) -> bool:
        """Whether sigma decreases anywhere by more than rounding."""
        sigmas = np.concatenate([self.schedule.sigma(np.zeros(1)), self.sigmas])
        fall = sigmas[:-1] - sigmas[1:]
        return self.schedule.falls() or bool((fall > LARGEST_FALL * sigmas[:-1]).any())

    def steps(self, timestep: Any, field: str = "timestep") -> IntArray:
        """Return integer timesteps, each checked to lie in 0..T-1.

        Raises:
            EngineError: a timestep is not an integer or out of range.
        """
        return self._check_steps(timestep, field).astype(np.int64)

    def _check_steps(self, timestep: Any, field: str = "timestep") -> AnyIntArray:
        return bounded_integers(
            timestep,
            field,
            low=0,
            high=self.num_timesteps - 1,
            way_out="pass a time in [0, 1] as `t`",
        )

    def time(self, steps: IntArray) -> FloatArray:
        """Return t = (k+1)/T of valid timesteps."""
        return time_of_timesteps(steps, self.num_timesteps)

    @quiet
    def evaluate(self, function: Callable[[FloatArray], FloatArray], t: Any) -> Any:
        """Check times and return `function` of them, in their shape.

        Args:
            function: takes and returns (N,) float64.
            t: times in [0, 1], a scalar or an array.

        Raises:
            EngineError: a time is not a number or outside [0, 1].
        """
        times = time_array(t)
        return function(times.reshape(-1)).reshape(times.shape)[()]

    def check_time(self, timestep: Any, t: Any) -> NoiseTime:
        """Return the time of a call, which must give either a timestep or a time.

        Raises:
            EngineError: both or neither are given, or a value is out of range.
        """
        if (timestep is None) == (t is None):
            received = "neither" if t is None else "both"
            raise EngineError("timestep", "one_of", "or `t` must be given", received)
        is_timestep = t is None
        return NoiseTime(
            given=self._check_steps(timestep) if is_timestep else check_times(t, "t"),
            is_timestep=is_timestep,
            num_timesteps=self.num_timesteps,
            field="timestep" if is_timestep else "t",
        )

    def make_times(self, steps: IntArray, field: str) -> list[NoiseTime]:
        """Return a `NoiseTime` for each of (K,) valid timesteps."""
        return [
            NoiseTime(
                given=np.asarray(step),
                is_timestep=True,
                num_timesteps=self.num_timesteps,
                field=field,
            )
            for step in steps
        ]

    def require_valid_kernel(self) -> None:
        """Check that sigma never falls, without which there is no transition kernel.

        Raises:
            EngineError: sigma falls somewhere.
        """
        if self.falls:
            raise EngineError(
                "schedule",
                "sigma_decreases",
                "must have a sigma that never falls for steps between timesteps",
                "a sigma that falls",
                "marginals and `noise` work with it; `lint` reports where it falls",
            )

    def alpha_at(self, time: NoiseTime) -> Any:
        """Return alpha at the time of a call, in its shape."""
        if time.is_timestep:
            return self.alphas[time.given][()]
        return self.evaluate(self.schedule.alpha, time.given)
