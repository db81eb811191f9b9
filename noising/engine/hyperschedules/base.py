"""What a hyperschedule is: a total noise of its own for every position."""

import abc
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, TypeAlias

import numpy as np

from noising.engine.arrays import BoolArray, FloatArray, IntArray, TokenArray
from noising.engine.noise_time import NoiseTime
from noising.engine.parameters import Parameter

SigmaFunction: TypeAlias = Callable[[FloatArray], FloatArray]


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupedSigma:
    """Total noise of groups of positions, and which group each position is in.

    What depends on the noise alone need be worked out once for a group.

    Attributes:
        sigma: (R, G) total noise of the groups; R is 1 where all rows share it. Where
            `group` is None every position is its own: (R, L).
        group: (B, L) the group of each position, or None; B is 1 where all rows share
            it.
    """

    sigma: FloatArray
    group: IntArray | None

    def spread(self, columns: slice = slice(None)) -> FloatArray:
        """Return the total noise of every position, (B, C) or (R, C)."""
        if self.group is None:
            return self.sigma[:, columns]
        group = self.group[:, columns]
        rows = max(self.sigma.shape[0], group.shape[0])
        return np.take_along_axis(
            np.broadcast_to(self.sigma, (rows, self.sigma.shape[1])),
            np.broadcast_to(group, (rows, group.shape[1])),
            axis=1,
        )

    def find_places(self, group: IntArray, rows: int) -> IntArray:
        """Return where positions find their noise in the flattened `sigma`.

        Args:
            group: (B, C) some columns of `group`.
            rows: rows of the result.

        Returns:
            (rows, C).
        """
        count, width = self.sigma.shape
        if count > 1:
            group = group + width * np.arange(count)[:, None]
        return np.broadcast_to(group, (rows, group.shape[1]))


class Hyperschedule(abc.ABC):
    """Total noise by position, never decreasing in time."""

    PARAMETERS: ClassVar[Mapping[str, Parameter]] = {}
    BY_TOKENS: ClassVar[bool] = False
    """Whether the tokens decide, so that rows at one time differ."""

    @classmethod
    @abc.abstractmethod
    def create(cls, parameters: Mapping[str, Any], vocab_size: int) -> "Hyperschedule":
        """Return the hyperschedule of checked `parameters`.

        Raises:
            EngineError: the parameters contradict each other or the vocabulary.
        """

    @abc.abstractmethod
    def group_sigma(
        self,
        sigma: SigmaFunction,
        time: NoiseTime,
        length: int,
        tokens: TokenArray | None,
        real: BoolArray | None,
    ) -> GroupedSigma:
        """Return the total noise of the positions of B rows, or of one for all.

        Args:
            sigma: the schedule's total noise as a function of time.
            time: the time of each of the B rows.
            length: positions in a row.
            tokens: (B, length) clean tokens, for families that look at them.
            real: (B, length) False at padding, or None where nothing is padded.
                What padding is given has no meaning; it never moves.

        Raises:
            EngineError: the rows do not fit the hyperschedule.
        """


class LocalTimeHyperschedule(Hyperschedule):
    """Positions have times of their own, by place and by length alone.

    Padding takes no part: a row is as long as its real positions.
    """

    LOCAL_DTYPE: ClassVar[type[np.generic]] = np.float64
    """The dtype of `local`: times, or places in a table."""

    @abc.abstractmethod
    def local(self, time: NoiseTime, length: int) -> np.ndarray:
        """Return where every position is in its own time, (B, length).

        Args:
            time: the time of each of the B rows.
            length: positions in a row.

        Returns:
            Whatever `noise` understands, such as times or places in a table.

        Raises:
            EngineError: the length does not fit the hyperschedule.
        """

    @abc.abstractmethod
    def find_sigma(self, sigma: SigmaFunction, local: np.ndarray) -> GroupedSigma:
        """Return the total noise where `local` says."""

    def group_sigma(
        self,
        sigma: SigmaFunction,
        time: NoiseTime,
        length: int,
        tokens: TokenArray | None,
        real: BoolArray | None,
    ) -> GroupedSigma:
        """Return sigma at each position's local time."""
        if real is None:
            return self.find_sigma(sigma, self.local(time, length))
        lengths = real.sum(axis=1)
        local = np.zeros(real.shape, self.LOCAL_DTYPE)
        for real_length in set(lengths.tolist()) - {0}:
            rows = np.flatnonzero(lengths == real_length)
            local[rows, :real_length] = self.local(time.select_rows(rows), real_length)
        return self.find_sigma(sigma, local)


class ContinuousHyperschedule(LocalTimeHyperschedule):
    """Local times are real numbers in [0, 1], one for every position."""

    def find_sigma(self, sigma: SigmaFunction, local: FloatArray) -> GroupedSigma:
        """Return sigma at the local times."""
        return GroupedSigma(
            sigma=sigma(local.reshape(-1)).reshape(local.shape), group=None
        )
