"""The time of a call, which the caller gives as timesteps or as real times."""

from dataclasses import dataclass

import numpy as np

from noising.engine.arrays import AnyArray, AnyIntArray, FloatArray, IntArray


def time_of_timesteps(timesteps: AnyIntArray, num_timesteps: int) -> FloatArray:
    """Return t = (k+1)/T of valid timesteps k, in their shape."""
    return np.divide(timesteps.astype(np.int64, copy=False) + 1, num_timesteps)


@dataclass(frozen=True, slots=True, kw_only=True)
class NoiseTime:
    """The time of a call: timesteps or real times, never both.

    Attributes:
        given: timesteps in 0..T-1 or times in [0, 1], in the caller's shape and dtype.
        is_timestep: whether `given` holds timesteps.
        num_timesteps: T.
        field: the argument that they were passed as, for error messages.
    """

    given: AnyArray
    is_timestep: bool
    num_timesteps: int
    field: str = "t"

    @property
    def t(self) -> FloatArray:
        """The times in [0, 1], in the shape of `given`."""
        if self.is_timestep:
            return time_of_timesteps(self.given, self.num_timesteps)
        return self.given.astype(np.float64, copy=False)

    def with_given(self, given: AnyArray) -> "NoiseTime":
        """Return a copy with other timesteps or times."""
        return NoiseTime(
            given=given,
            is_timestep=self.is_timestep,
            num_timesteps=self.num_timesteps,
            field=self.field,
        )

    def select_rows(self, rows: slice | IntArray) -> "NoiseTime":
        """Return the times of some rows, (N,), or (1,) if all rows share one time."""
        given = self.given.reshape(-1)
        return self.with_given(given[rows] if given.size > 1 else given)

    def find_rows(self, count: int) -> IntArray:
        """Return which of the rows 0..count of a table applies at each time.

        Timestep k takes row ceil((k+1)·count/T), in integer arithmetic; a real time t
        takes row ceil(t·count - 1e-9), which tolerates rounding.
        """
        if self.is_timestep:
            total = self.num_timesteps
            steps = self.given.astype(np.int64, copy=False)
            return ((steps + 1) * count + total - 1) // total
        return np.ceil(self.t * count - 1e-9).astype(np.int64)
