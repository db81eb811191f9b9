"""HDLM's metaschedules: blocks, sliding ramps, and ramps inside blocks.

Source: Fathi et al. 2025 (HDLM). Rows and times are those of its code, except at
width 1, where the code fails.
"""

import abc
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Final, Self

import numpy as np

from noising.engine.arrays import FloatArray, IntArray
from noising.engine.errors import EngineError
from noising.engine.hyperschedules.rows import LEVELS, LevelHyperschedule
from noising.engine.parameters import Choice, Integer, Parameter

HDLM_EDGE: Final = 1e-4  # HDLM keeps its times this far from 0 and 1


@dataclass(frozen=True, slots=True, kw_only=True)
class AnnealingHyperschedule(LevelHyperschedule):
    """Rows of a block or ramp of `width` positions that moves left to right.

    With the level map ``hdlm`` a settled position, which lies before the first active
    one, has time e = 1e-4, a position at full noise 1 - e, and an active one a time
    in between.

    Attributes:
        width: positions in a block or a ramp.
        level_map: "linear" or "hdlm".
    """

    PARAMETERS: ClassVar[Mapping[str, Parameter]] = {
        "width": Integer(
            default=32, low=1, high=1 << 24, help="positions in a block or a ramp"
        ),
        "levels": LEVELS,
        "level_map": Choice(
            default="linear",
            options=("linear", "hdlm"),
            help="how a level becomes a time: level/levels, or HDLM's own map",
        ),
    }
    width: int
    level_map: str

    @classmethod
    def create(cls, parameters: Mapping[str, Any], vocab_size: int) -> Self:
        """Return the hyperschedule; HDLM's level map needs two levels."""
        if parameters["level_map"] == "hdlm" and parameters["levels"] < 2:
            raise EngineError(
                "hyperschedule.levels",
                "out_of_range",
                "must be at least 2 for the level map `hdlm`",
                parameters["levels"],
            )
        return cls(**parameters)

    @abc.abstractmethod
    def first_active(self, steps: IntArray) -> IntArray:
        """Return the first position that is not settled, for (N,) steps."""

    def places(self, steps: IntArray, length: int) -> IntArray:
        """Return indices into `times`: the level, or that of settled positions."""
        levels = self.at(steps, length)
        if self.level_map == "linear":
            return levels
        settled = np.arange(length) < self.first_active(steps)[:, None]
        return np.where(settled, self.levels + 1, levels)

    def times(self) -> FloatArray:
        """Return the time of every level and, for HDLM's map, of settled positions."""
        levels = np.arange(self.levels + 1)
        if self.level_map == "linear":
            return levels / self.levels
        edge = HDLM_EDGE
        active = 10 * edge + levels[:-1] * ((1 - 20 * edge) / (self.levels - 1))
        return np.concatenate([active, [1 - edge, edge]])


@dataclass(frozen=True, slots=True, kw_only=True)
class Block(AnnealingHyperschedule):
    """Blocks fall level by level, left to right (HDLM's block annealing).

    Earlier blocks are clean and later ones have full noise. The last block may be
    shorter.
    """

    def count(self, length: int) -> int:
        """Return levels times the number of blocks."""
        return self.levels * -(-length // self.width)

    def at(self, steps: IntArray, length: int) -> IntArray:
        """Return each step's levels."""
        block = np.arange(length) // self.width
        levels: IntArray = self.levels * (block + 1) - steps[:, None]
        return levels.clip(0, self.levels)

    def first_active(self, steps: IntArray) -> IntArray:
        """Return the start of the active block."""
        return np.maximum(steps - 1, 0) // self.levels * self.width


@dataclass(frozen=True, slots=True, kw_only=True)
class Sliding(AnnealingHyperschedule):
    """A ramp of `width` positions slides left to right (HDLM's simple annealing).

    The ramp rises from 0 to levels - 1. Positions on its left are clean, those on its
    right have full noise. It enters position by position; after that each step moves
    it by the number of its clean positions, which is one unless levels < width. With
    width 1 it is autoregressive: one position at a time.
    """

    def ramp(self, places: IntArray) -> IntArray:
        """Return the ramp's levels at places 0 (clean) to width - 1 (noisy)."""
        top = self.levels - 1
        return np.rint(places * top / max(self.width - 1, 1)).astype(np.int64)

    @property
    def stride(self) -> int:
        """The number of places of the ramp that are clean (round to level 0)."""
        top = self.levels - 1
        return (self.width - 1) // (2 * top) + 1 if top else self.width

    def count(self, length: int) -> int:
        """Return the step at which the last position is clean."""
        if length <= self.stride:
            return self.width + length - self.stride
        return self.width - 1 + -(-length // self.stride)

    def at(self, steps: IntArray, length: int) -> IntArray:
        """Return each step's levels."""
        place: IntArray = np.arange(length) - self._left(steps)[:, None]
        levels = self.ramp(place.clip(0, self.width - 1))
        return np.where(place < self.width, levels, self.levels)

    def first_active(self, steps: IntArray) -> IntArray:
        """Return the ramp's left end."""
        return np.maximum(self._left(steps), 0)

    def _left(self, steps: IntArray) -> IntArray:
        """Return the ramp's left end, (N,), negative while the ramp enters."""
        beyond = steps - self.width
        return np.where(beyond > 0, beyond * self.stride, beyond)


@dataclass(frozen=True, slots=True, kw_only=True)
class HybridAnnealing(AnnealingHyperschedule):
    """Block after block, with a ramp inside each block (HDLM's hybrid annealing).

    All positions of a block drop to levels - 1 in one step. Then each falls by a level
    per step and starts one step after its left neighbour. Earlier blocks are clean,
    later ones have full noise.
    """

    def count(self, length: int) -> int:
        """Return the step at which the last position is clean.

        A shorter last block takes fewer steps, unless there is only one level, where
        a block is clean after one step.
        """
        last = (length - 1) // self.width
        places = length - last * self.width if self.levels > 1 else 1
        return last * self._sweep() + self.levels - 1 + places

    def at(self, steps: IntArray, length: int) -> IntArray:
        """Return each step's levels."""
        swept, step = np.divmod(steps[:, None] - 1, self._sweep())
        block, place = np.divmod(np.arange(length), self.width)
        fallen = np.maximum(step - place, 0)
        levels = np.maximum(self.levels - 1 - fallen, 0)
        levels = np.where(block < swept, 0, levels)
        return np.where(block > swept, self.levels, levels)

    def first_active(self, steps: IntArray) -> IntArray:
        """Return the start of the active block."""
        return np.maximum(steps - 1, 0) // self._sweep() * self.width

    def _sweep(self) -> int:
        """Return the number of steps of a full block."""
        return self.levels + self.width - 1
