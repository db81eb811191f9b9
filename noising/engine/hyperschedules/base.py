"""What a hyperschedule is: a total noise of its own for every position."""

import abc
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self, TypeAlias

import numpy as np

from noising.engine.arrays import BoolArray, FloatArray, IntArray, TokenArray
from noising.engine.parameters import Parameter

SigmaFunction: TypeAlias = Callable[[FloatArray], FloatArray]


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """When the rows of a batch are noised.

    Attributes:
        t: (B,) times in [0, 1].
        timesteps: (B,) the integer steps these times come from, or None.
        num_timesteps: T.
    """

    t: FloatArray
    timesteps: IntArray | None
    num_timesteps: int

    def row_of(self, count: int) -> IntArray:
        """Return which of the rows 0..count is in force, (B,).

        Timestep k takes row ceil((k+1)·count/T), in integers; a real t takes
        ceil(t·count), forgiving 1e-9.
        """
        if self.timesteps is not None:
            total = self.num_timesteps
            return ((self.timesteps + 1) * count + total - 1) // total
        return np.ceil(self.t * count - 1e-9).astype(np.int64)


class Hyperschedule(abc.ABC):
    """Total noise by position, never decreasing in time."""

    PARAMETERS: ClassVar[Mapping[str, Parameter]] = {}

    @classmethod
    @abc.abstractmethod
    def create(cls, parameters: Mapping[str, Any], vocab_size: int) -> Self:
        """Return the hyperschedule of checked `parameters`.

        Raises:
            EngineError: the parameters contradict each other or the vocabulary.
        """

    @abc.abstractmethod
    def position_sigma(
        self,
        sigma: SigmaFunction,
        moment: Moment,
        length: int,
        tokens: TokenArray | None,
        real: BoolArray | None,
    ) -> FloatArray:
        """Return the total noise of every position, (B, length) or (1, length).

        Args:
            sigma: the schedule's total noise as a function of time.
            moment: the time of each of the B rows.
            length: positions in a row.
            tokens: (B, length) clean tokens, for families that look at them.
            real: (B, length) False at padding, or None where nothing is padded.

        Raises:
            EngineError: the rows do not fit the hyperschedule.
        """
