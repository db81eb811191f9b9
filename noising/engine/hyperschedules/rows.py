"""Hyperschedules by rows, in which positions fall from full noise level by level.

Generation walks from the row in which all positions have full noise to the row in
which all are clean; noising walks back. Row 0 is all clean, row R has full noise, and
row r is step R - r of the walk.
"""

import abc
from dataclasses import dataclass
from typing import ClassVar, Final

import numpy as np

from noising.engine.arrays import FloatArray, IntArray, check_elements
from noising.engine.hyperschedules.base import (
    GroupedSigma,
    LocalTimeHyperschedule,
    SigmaFunction,
)
from noising.engine.noise_time import NoiseTime
from noising.engine.parameters import Integer

LEVELS: Final = Integer(
    default=32, low=1, high=1 << 16, help="steps from clean to full noise"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelHyperschedule(LocalTimeHyperschedule):
    """Positions have integer levels 0..levels, which stand for the times level/levels.

    A subclass defines the walk; rows, local times and noise follow.

    Attributes:
        levels: the level of full noise.
    """

    LOCAL_DTYPE: ClassVar[type[np.generic]] = np.int64

    levels: int

    @abc.abstractmethod
    def count(self, length: int) -> int:
        """Return R: the number of rows for `length`, without the all-clean one."""

    @abc.abstractmethod
    def at(self, steps: IntArray, length: int) -> IntArray:
        """Return the levels at steps of the walk, (N, length).

        Args:
            steps: (N,) steps, from 0 (full noise) to R (all clean).
            length: positions in a row.
        """

    def rows(self, length: int) -> IntArray:
        """Return the level of every position in every row, (R+1, length).

        Raises:
            EngineError: the table exceeds the engine's bound.
        """
        count = self.count(length)
        check_elements(count + 1, length, field="length")
        return self.at(np.arange(count, -1, -1), length)

    def local(self, time: NoiseTime, length: int) -> IntArray:
        """Return each position's index into the table of times, (B, length)."""
        count = self.count(length)
        return self.places(count - time.find_rows(count), length)

    def places(self, steps: IntArray, length: int) -> IntArray:
        """Return indices into the table of times at steps of the walk: the levels."""
        return self.at(steps, length)

    def times(self) -> FloatArray:
        """Return the table of local times: level/levels for every level."""
        return np.arange(self.levels + 1) / self.levels

    def find_sigma(self, sigma: SigmaFunction, local: IntArray) -> GroupedSigma:
        """Return sigma at the times in the table, with one group for each time."""
        return GroupedSigma(sigma=sigma(self.times())[None], group=local)
