"""Hyperschedules by local time: positions sweep from full noise to clean in rows.

Generation walks from the row in which all positions have full noise to the
all-clean row; noising walks back. Row 0 is all clean, row R all full, and row r
is step R - r of the walk.

Source: Fathi et al. 2025 (HDLM), metaschedules; its level maps and rows are
reproduced, its failures at width 1 are not.
"""

import abc
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Final, Self

import numpy as np

from noising.engine.arrays import (
    BoolArray,
    FloatArray,
    IntArray,
    TokenArray,
    check_elements,
)
from noising.engine.errors import EngineError
from noising.engine.hyperschedules.base import Hyperschedule, Moment, SigmaFunction
from noising.engine.parameters import Choice, Integer, Parameter

HDLM_EDGE: Final = 1e-4  # HDLM keeps its times this far from 0 and 1


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelHyperschedule(Hyperschedule):
    """Positions take integer levels 0..levels, each read as a local time.

    A subclass gives the rows; sigma_i(t) = sigma(level/levels) follows. With the
    level map ``hdlm`` a settled position (before the first active one) is at
    e = 1e-4, one at full noise at 1 - e, and an active one in between.

    Attributes:
        width: positions in a block or a ramp.
        levels: the level of full noise.
        level_map: "linear" or "hdlm".
    """

    PARAMETERS: ClassVar[Mapping[str, Parameter]] = {
        "width": Integer(
            default=32, low=1, high=1 << 24, help="positions in a block or a ramp"
        ),
        "levels": Integer(
            default=32, low=1, high=1 << 16, help="steps from clean to full noise"
        ),
        "level_map": Choice(
            default="linear",
            options=("linear", "hdlm"),
            help="how a level becomes a time: level/levels, or HDLM's own map",
        ),
    }
    width: int
    levels: int
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
    def count(self, length: int) -> int:
        """Return R: rows of a sequence of `length`, the all-clean one not counted."""

    @abc.abstractmethod
    def at(self, steps: IntArray, length: int) -> tuple[IntArray, IntArray]:
        """Return levels (N, length) and first active positions (N, 1) of steps.

        Args:
            steps: (N,) steps of the walk, 0 (all full) to R (all clean).
            length: positions in a row.
        """

    def rows(self, length: int) -> IntArray:
        """Return the level of every position in every row, (R+1, length).

        Raises:
            EngineError: the table exceeds the engine's bound.
        """
        count = self.count(length)
        check_elements(count + 1, length, field="length")
        return self.at(np.arange(count, -1, -1), length)[0]

    def position_sigma(
        self,
        sigma: SigmaFunction,
        moment: Moment,
        length: int,
        tokens: TokenArray | None,
        real: BoolArray | None,
    ) -> FloatArray:
        """Return sigma at each position's local time.

        Padding takes no part: a row is as long as its real positions.
        """
        if real is None:
            return self._noise(sigma, moment.row_of(self.count(length)), length, length)
        lengths = real.sum(axis=1)
        result = np.zeros(real.shape)
        for real_length in np.unique(lengths[lengths > 0]):
            rows = np.flatnonzero(lengths == real_length)
            own = moment.row_of(self.count(int(real_length)))
            own = np.broadcast_to(own, lengths.shape)[rows]
            result[rows] = self._noise(sigma, own, int(real_length), length)
        return result

    def _noise(
        self, sigma: SigmaFunction, rows: IntArray, length: int, width: int
    ) -> FloatArray:
        """Return (N, width) noise of rows that are `length` long, 0 beyond."""
        levels, first_active = self.at(self.count(length) - rows, length)
        noise = np.zeros((rows.size, width))
        if self.level_map == "linear":
            table = sigma(np.arange(self.levels + 1) / self.levels)
            noise[:, :length] = table[levels]
            return noise
        edge = HDLM_EDGE
        active = 10 * edge + np.arange(self.levels) * (
            (1 - 20 * edge) / (self.levels - 1)
        )
        table = sigma(np.concatenate([active, [1 - edge, edge]]))
        settled = np.arange(length) < first_active
        noise[:, :length] = table[np.where(settled, self.levels + 1, levels)]
        return noise


@dataclass(frozen=True, slots=True, kw_only=True)
class Block(LevelHyperschedule):
    """Blocks sweep level by level, left to right (HDLM's block annealing).

    Earlier blocks are clean and later ones full; the last may be shorter.
    """

    def count(self, length: int) -> int:
        """Return levels times the number of blocks."""
        return self.levels * -(-length // self.width)

    def at(self, steps: IntArray, length: int) -> tuple[IntArray, IntArray]:
        """Return each step's levels; the swept block is the active one."""
        block = np.arange(length) // self.width
        levels = np.clip(self.levels * (block + 1) - steps[:, None], 0, self.levels)
        swept = np.maximum(steps - 1, 0) // self.levels
        return levels, (swept * self.width)[:, None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sliding(LevelHyperschedule):
    """A ramp of `width` positions slides left to right (HDLM's simple annealing).

    The ramp rises from 0 to levels - 1; positions before it are clean, behind it
    full. It enters position by position and then moves on, a step at a time, by as
    many positions as it holds clean: by one unless levels < width. With width 1 it
    is autoregressive: one position at a time.
    """

    def ramp(self) -> IntArray:
        """Return the ramp's levels, (width,), from clean to noisy."""
        top = self.levels - 1
        places = np.arange(self.width)
        return np.rint(places * top / max(self.width - 1, 1)).astype(np.int64)

    def count(self, length: int) -> int:
        """Return the step at which the last position is clean."""
        stride = self._stride()
        if length <= stride:
            return self.width + length - stride
        return self.width - 1 + -(-length // stride)

    def _stride(self) -> int:
        return int(np.count_nonzero(self.ramp() == 0))

    def at(self, steps: IntArray, length: int) -> tuple[IntArray, IntArray]:
        """Return each step's levels; the ramp's left end is the first active."""
        table = np.concatenate([[0], self.ramp(), [self.levels]])
        beyond = steps[:, None] - self.width
        left = np.where(beyond > 0, beyond * self._stride(), beyond)
        place = np.clip(np.arange(length) - left, -1, self.width)
        return table[place + 1], np.maximum(left, 0)
