"""The base classes of hyperschedules, which give every position its own noise."""

import abc
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, TypeAlias

import numpy as np

from noising.engine.arrays import (
    AnyArray,
    AnyIntArray,
    BoolArray,
    FloatArray,
    IntArray,
    TokenArray,
)
from noising.engine.noise_time import NoiseTime
from noising.engine.parameters import Parameter

SigmaFunction: TypeAlias = Callable[[FloatArray], FloatArray]


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupedSigma:
    """Total noise of groups of positions, and the group of each position.

    Quantities that depend on the noise only need to be computed once per group.

    Attributes:
        sigma: (R, G) total noise of the groups, or (R, L) of the positions if `group`
            is None; R is 1 if all rows share it.
        group: (B, L) the group of each position, or None; B is 1 if all rows share it.
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

    def select(self, positions: AnyIntArray) -> "GroupedSigma":
        """Return the noise at (B, C) or (1, C) of the L positions."""
        if self.group is None:
            return GroupedSigma(sigma=_take(self.sigma, positions), group=None)
        return GroupedSigma(sigma=self.sigma, group=_take(self.group, positions))

    def find_places(self, group: IntArray, rows: int) -> IntArray:
        """Return the indices of the positions' noise in the flattened `sigma`.

        Args:
            group: (B, C) columns of `group`.
            rows: number of rows of the result.

        Returns:
            (rows, C).
        """
        count, width = self.sigma.shape
        if count > 1:
            group = group + width * np.arange(count)[:, None]
        return np.broadcast_to(group, (rows, group.shape[1]))


def _take(table: AnyArray, positions: AnyIntArray) -> AnyArray:
    """Return columns of a (1 or B, L) table for each row, (B, C) or (1, C)."""
    rows = max(table.shape[0], positions.shape[0])
    return np.take_along_axis(
        np.broadcast_to(table, (rows, table.shape[1])),
        np.broadcast_to(positions, (rows, positions.shape[1])).astype(np.int64),
        axis=1,
    )


class Hyperschedule(abc.ABC):
    """Total noise by position, which never decreases in time."""

    PARAMETERS: ClassVar[Mapping[str, Parameter]] = {}
    BY_TOKENS: ClassVar[bool] = False
    """Whether noise depends on the tokens, so that rows at the same time differ."""
    HAS_ORDER: ClassVar[bool] = False
    """Whether `order_moves` knows when a position moves."""

    @property
    def depends_on_row(self) -> bool:
        """Whether a token's noise depends on the row's length or on other tokens."""
        return True

    @property
    def own_length(self) -> int | None:
        """The number of positions that this defines, or None for any number."""
        return None

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
        """Return the total noise of the positions of B rows, or of one row for all.

        Args:
            sigma: the schedule's total noise as a function of time.
            time: the time of each of the B rows.
            length: positions in a row.
            tokens: (B, length) clean tokens, for hyperschedules that depend on them.
            real: (B, length) False at padding, or None without padding. The noise at
                padding has no meaning, since padding never changes.

        Raises:
            EngineError: the rows do not fit the hyperschedule.
        """

    def group_sigma_at(
        self,
        sigma: SigmaFunction,
        time: NoiseTime,
        positions: AnyIntArray,
        tokens: TokenArray | None,
    ) -> GroupedSigma:
        """Return the total noise of tokens at given positions.

        Only for hyperschedules without `depends_on_row`.

        Args:
            sigma: the schedule's total noise as a function of time.
            time: the time of each of the B rows.
            positions: (B, C) or (1, C); those beyond `own_length` have no meaning.
            tokens: (B, C) clean tokens, for hyperschedules that depend on them.
        """
        if self.own_length is None:
            return self.group_sigma(sigma, time, positions.shape[1], tokens, None)
        whole = self.group_sigma(sigma, time, self.own_length, None, None)
        return whole.select(np.minimum(positions, self.own_length - 1))

    def order_moves(
        self, uniforms: FloatArray, positions: AnyIntArray, tokens: TokenArray
    ) -> FloatArray:
        """Return numbers that rise with the time at which each position moves.

        Only for hyperschedules with `HAS_ORDER`; by default positions with a smaller
        u move earlier.

        Args:
            uniforms: (R, C) u of the positions in [0, 1).
            positions: (R, C) or (1, C).
            tokens: (R, C) clean tokens.
        """
        return uniforms


class LocalTimeHyperschedule(Hyperschedule):
    """Positions have their own times, which depend on position and length only.

    Padding does not count: the length of a row is that of its real positions.
    """

    LOCAL_DTYPE: ClassVar[type[np.generic]] = np.float64
    """The dtype of `local`: times, or indices into a table."""

    @abc.abstractmethod
    def local(self, time: NoiseTime, length: int) -> np.ndarray:
        """Return the local time of every position, (B, length).

        Args:
            time: the time of each of the B rows.
            length: positions in a row.

        Returns:
            Times, or indices into a table, as `find_sigma` takes them.

        Raises:
            EngineError: the length does not fit the hyperschedule.
        """

    @abc.abstractmethod
    def find_sigma(self, sigma: SigmaFunction, local: np.ndarray) -> GroupedSigma:
        """Return the total noise at the result of `local`."""

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
    """Local times are real numbers in [0, 1]."""

    def find_sigma(self, sigma: SigmaFunction, local: FloatArray) -> GroupedSigma:
        """Return sigma at the local times."""
        return GroupedSigma(
            sigma=sigma(local.reshape(-1)).reshape(local.shape), group=None
        )


def look_up_ids(
    tokens: TokenArray, ids: IntArray, values: IntArray, *, missing: int
) -> IntArray:
    """Return the value of each token's id; shape of `tokens`.

    Args:
        tokens: ids of any shape.
        ids: (N,) known ids, ascending.
        values: (N,) value of each.
        missing: value of the other ids.
    """
    if not ids.size:
        return np.full(tokens.shape, missing, np.int64)
    place = np.minimum(np.searchsorted(ids, tokens), ids.size - 1)
    return np.where(ids[place] == tokens, values[place], missing)
