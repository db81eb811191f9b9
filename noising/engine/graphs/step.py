"""The noise of a step from one time to a later one."""

from dataclasses import dataclass

import numpy as np

from noising.engine.arrays import FloatArray


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A step from time s to time t >= s; all arrays have the same shape.

    Attributes:
        sigma_s: total noise at s.
        sigma_t: total noise at t.
        added: sigma_t - sigma_s, exact even where s and t are close; 0 where s = t,
            infinite where sigma_s is.
        s: the earlier time, or None if only the noise is known.
        t: the later time, or None if only the noise is known.
    """

    sigma_s: FloatArray
    sigma_t: FloatArray
    added: FloatArray
    s: FloatArray | None = None
    t: FloatArray | None = None

    @classmethod
    def of_noise(cls, sigma_s: FloatArray, sigma_t: FloatArray) -> "Step":
        """Return the step between two noise levels at different times."""
        added = later_noise(sigma_s, sigma_t)
        return cls(sigma_s=sigma_s, sigma_t=sigma_t, added=added)

    def broadcast_to(self, shape: tuple[int, ...]) -> "Step":
        """Return the step with its arrays broadcast to a shape."""
        return Step(
            sigma_s=np.broadcast_to(self.sigma_s, shape),
            sigma_t=np.broadcast_to(self.sigma_t, shape),
            added=np.broadcast_to(self.added, shape),
            s=None if self.s is None else np.broadcast_to(self.s, shape),
            t=None if self.t is None else np.broadcast_to(self.t, shape),
        )


def later_noise(sigma_s: FloatArray, sigma_t: FloatArray) -> FloatArray:
    """Return sigma_t - sigma_s for s < t; infinite where sigma_s is."""
    added = np.maximum(sigma_t - sigma_s, 0.0)  # negative only by rounding
    return np.where(np.isinf(sigma_s), np.inf, added)
