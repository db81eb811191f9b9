"""Diffusion Forcing: staggered or independent noise levels of positions."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Final, Self

import numpy as np

from noising.engine.arrays import AnyIntArray, FloatArray, IntArray, TokenArray
from noising.engine.hyperschedules.base import (
    ContinuousHyperschedule,
    GroupedSigma,
    Hyperschedule,
    SigmaFunction,
)
from noising.engine.hyperschedules.rows import LEVELS, LevelHyperschedule
from noising.engine.noise_time import NoiseTime
from noising.engine.parameters import REQUIRED, Choice, Integer, Number, Parameter
from noising.engine.randomness import (
    MASK64,
    MAX_SEED,
    mix64_words,
    sequence_key,
)

POSITIONS_STEP: Final = (1 << 32) - 2
"""The step coordinate that draws the positions' paces; no path has so many steps."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ramps(LevelHyperschedule):
    """Positions start to fall one after the other, with a delay.

    At step m of the walk position i has level clip(levels + delay_i - m, 0, levels).

    Attributes:
        uncertainty_scale: delay between neighbours in steps.
    """

    uncertainty_scale: float

    @classmethod
    def create(cls, parameters: Mapping[str, Any], vocab_size: int) -> Self:
        """Return the scheme."""
        return cls(
            levels=parameters["levels"],
            uncertainty_scale=parameters["uncertainty_scale"],
        )

    def order(self, length: int) -> IntArray:
        """Return the number of positions that start before each one, (length,)."""
        return np.arange(length)

    def count(self, length: int) -> int:
        """Return the step at which the last position is clean."""
        return self.levels + int(self._delay(length).max())

    def at(self, steps: IntArray, length: int) -> IntArray:
        """Return each step's levels."""
        left: IntArray = self.levels + self._delay(length) - steps[:, None]
        return left.clip(0, self.levels)

    def _delay(self, length: int) -> IntArray:
        delay = self.order(length).astype(np.float64) * self.uncertainty_scale
        return np.floor(delay).astype(np.int64)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pyramid(_Ramps):
    """Positions fall one after the other, left to right."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trapezoid(_Ramps):
    """Positions fall from both ends towards the middle.

    The published matrix has an error: for an even length it leaves the middle column
    clean. This formula does not.
    """

    def order(self, length: int) -> IntArray:
        """Return the distance to the closer end."""
        places = np.arange(length)
        return np.asarray(np.minimum(places, length - 1 - places), np.int64)


@dataclass(frozen=True, slots=True, kw_only=True)
class Independent(ContinuousHyperschedule):
    """Every position has a pace of its own: tau_i = u_i^((1-t)/t).

    u_i is uniform in (0, 1) and depends on (seed, i) only. At t = 1/2 the local times
    are uniform, as in the training of Diffusion Forcing.

    Attributes:
        seed: seed of the paces.
    """

    seed: int

    @classmethod
    def create(cls, parameters: Mapping[str, Any], vocab_size: int) -> Self:
        """Return the scheme."""
        return cls(seed=parameters["seed"])

    @property
    def depends_on_row(self) -> bool:
        """Return False: each position has a pace of its own."""
        return False

    def paces(self, positions: AnyIntArray) -> FloatArray:
        """Return u of some positions, in their shape; each lies between 0 and 1."""
        key, gamma = sequence_key(self.seed, 0, step=POSITIONS_STEP)
        words = positions.astype(np.uint64)
        words *= np.uint64(gamma)
        words += np.uint64((key + gamma) & MASK64)
        mix64_words(words)
        # The leading 52 bits plus 1/2 are exact in float64 and never give 0 or 1.
        return np.ldexp((words >> np.uint64(12)).astype(np.float64) + 0.5, -52)

    def local(self, time: NoiseTime, length: int) -> FloatArray:
        """Return the local times, (B, length): 0 at t = 0 and 1 at t = 1."""
        return self._at(time, np.arange(length))

    def group_sigma_at(
        self,
        sigma: SigmaFunction,
        time: NoiseTime,
        positions: AnyIntArray,
        tokens: TokenArray | None,
    ) -> GroupedSigma:
        """Return sigma at the local times of the positions."""
        return self.find_sigma(sigma, self._at(time, positions))

    def _at(self, time: NoiseTime, positions: AnyIntArray) -> FloatArray:
        t = time.t[:, None]
        return self.paces(positions) ** ((1.0 - t) / t)


SCHEMES: Mapping[str, type[Hyperschedule]] = {
    "pyramid": Pyramid,
    "trapezoid": Trapezoid,
    "independent": Independent,
}
"""Maps a scheme's name to its class."""


class DiffusionForcing(Hyperschedule):
    """Diffusion Forcing; `create` returns the hyperschedule of the chosen scheme.

    Source: Chen et al. 2024 (Diffusion Forcing), scheduling matrices.
    """

    PARAMETERS: ClassVar[Mapping[str, Parameter]] = {
        "scheme": Choice(
            default=REQUIRED,
            options=tuple(SCHEMES),
            help="pyramid, trapezoid or independent",
        ),
        "levels": LEVELS,
        "uncertainty_scale": Number(
            default=1.0,
            low=0.0,
            high=float(1 << 16),
            help="steps of delay from neighbour to neighbour",
        ),
        "seed": Integer(
            default=0, low=0, high=MAX_SEED, help="seed of independent paces"
        ),
    }

    @classmethod
    def create(cls, parameters: Mapping[str, Any], vocab_size: int) -> Hyperschedule:
        """Return the hyperschedule of the scheme."""
        return SCHEMES[parameters["scheme"]].create(parameters, vocab_size)
