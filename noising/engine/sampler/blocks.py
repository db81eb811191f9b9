"""Blocks of tokens, their random coordinates, and how they are cut into tiles."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Generic, TypeAlias, TypeVar

import numpy as np

from noising.engine.arrays import BoolArray, IntArray, TokenArray, WordArray
from noising.engine.replacements import Replacement
from noising.engine.sampler.thresholds import Limits

Level = TypeVar("Level")

TILE: Final = 1 << 15
"""Words worked on at once: a buffer of them and a spare one fit the cache."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What becomes of a token that noise strikes.

    Attributes:
        replacement: draws the id of a token that moves.
        mask_id: the id that a second event gives; any where there is none.
    """

    replacement: Replacement
    mask_id: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """R sequences by C positions as far as random words are concerned.

    Attributes:
        keys: (R, 1) uint64.
        gammas: (R, 1) uint64.
        first: position of the first column, a multiple of 8.
        columns: C.
    """

    keys: WordArray
    gammas: WordArray
    first: int
    columns: int

    @property
    def rows(self) -> int:
        """R."""
        return int(self.keys.shape[0])

    def tile(self, rows: slice, columns: slice) -> "Grid":
        """Return a part of the grid."""
        return Grid(
            keys=self.keys[rows],
            gammas=self.gammas[rows],
            first=self.first + columns.start,
            columns=columns.stop - columns.start,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Block(Generic[Level]):
    """Tokens and what decides their noise.

    Attributes:
        tokens: (R, C) clean tokens, C-contiguous.
        grid: their random coordinates.
        level: thresholds, or what else tells how much noise there is.
        fixed: (R, C) or (1, C) positions that never move, or None.
    """

    tokens: TokenArray
    grid: Grid
    level: Level
    fixed: BoolArray | None


LimitedBlock: TypeAlias = Block[Limits]


def tile(block: LimitedBlock, rows: slice, columns: slice) -> LimitedBlock:
    """Return a part of a block, without `fixed`, which only `Hasher.moved` needs."""
    return Block(
        tokens=block.tokens[rows, columns],
        grid=block.grid.tile(rows, columns),
        level=block.level.tile(rows, columns),
        fixed=None,
    )


def eights(columns: int) -> int:
    """Return columns, rounded up to a multiple of 8."""
    return 8 * -(-columns // 8)


def tiles(shape: tuple[int, ...], most: int) -> Iterator[tuple[slice, slice]]:
    """Yield parts of a grid of at most `most` positions, whole rows if these fit.

    Columns count in eights, as many as share a word.

    Args:
        shape: (R, C).
        most: a multiple of 8, as every part's first column is.
    """
    rows, columns = shape
    width = min(columns, most)
    height = max(1, most // eights(width))
    for top in range(0, rows, height):
        for left in range(0, columns, width):
            yield (
                slice(top, min(top + height, rows)),
                slice(left, min(left + width, columns)),
            )


def threshold_at(
    block: LimitedBlock, thresholds: WordArray, flat: IntArray
) -> WordArray:
    """Return the thresholds of some positions, broadcastable to (N,)."""
    if block.level.refine is not None:
        return block.level.refine(flat)
    if block.level.index is not None:
        return thresholds[block.level.index.reshape(-1)[flat]]
    if thresholds.size == 1:
        return thresholds.reshape(1)
    columns = block.grid.columns
    row = flat // columns if thresholds.shape[0] > 1 else np.zeros_like(flat)
    column = flat % columns if thresholds.shape[1] > 1 else 0
    found: WordArray = thresholds[row, column]
    return found


def largest(tokens: TokenArray) -> int:
    """Return the largest token; a negative one counts as a huge one."""
    return int(tokens.view(f"u{tokens.itemsize}").max())
