"""Blocks of tokens, and how batches are cut up."""

import functools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeAlias, TypeVar

import numpy as np

from noising.engine.arrays import BoolArray, IntArray, TokenArray, WordArray
from noising.engine.replacements import Replacement
from noising.engine.sampler.grids import AnyGrid
from noising.engine.sampler.thresholds import Thresholds

Level = TypeVar("Level")
Cut: TypeAlias = tuple[slice, slice]
"""Rows and columns of a batch, or of a block."""

TILE: Final = 1 << 15
"""Words processed at once: two buffers of this size fit into the cache."""


UNSIGNED: Final = {size: np.dtype(f"u{size}") for size in (1, 2, 4, 8)}
"""Unsigned types by size in bytes; read as such, negative ids are very large."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a resampled token becomes.

    Attributes:
        replacement: draws the id of a token that moves.
        mask_id: the id of a token that a second event masks; else unused.
    """

    replacement: Replacement
    mask_id: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenBlock(Generic[Level]):
    """Tokens with their random coordinates and their noise.

    Attributes:
        tokens: (R, C) clean tokens, C-contiguous.
        grid: random coordinates of the tokens.
        level: thresholds, or total noise, broadcastable to (R, C).
        fixed: (R, C) or (1, C) positions that never move, or None.
    """

    tokens: TokenArray
    grid: AnyGrid
    level: Level
    fixed: BoolArray | None


EventBlock: TypeAlias = TokenBlock[Thresholds]


def cut_block(block: EventBlock, rows: slice, columns: slice) -> EventBlock:
    """Return a part of a block without `fixed`, for tokens that are known to move."""
    return TokenBlock(
        tokens=block.tokens[rows, columns],
        grid=block.grid.cut(rows, columns),
        level=block.level.cut(rows, columns),
        fixed=None,
    )


def round_to_eights(columns: int) -> int:
    """Round a number of columns up to a multiple of 8."""
    return (columns + 7) // 8 * 8


def iterate_cuts(
    shape: tuple[int, ...], most: int, most_rows: int | None = None
) -> Iterator[Cut]:
    """Yield parts of a grid of at most `most` positions, whole rows if they fit.

    Columns are counted in groups of eight, which share a word.

    Args:
        shape: (R, C).
        most: a multiple of 8, so that every part starts at a multiple of 8.
        most_rows: largest number of rows of a part, or None for any number.
    """
    rows, columns = shape
    width = min(columns, most)
    height = max(1, most // round_to_eights(width))
    if most_rows is not None:
        height = min(height, most_rows)
    for top in range(0, rows, height):
        for left in range(0, columns, width):
            yield (
                slice(top, min(top + height, rows)),
                slice(left, min(left + width, columns)),
            )


@functools.lru_cache(maxsize=16)
def list_tiles(shape: tuple[int, ...]) -> tuple[Cut, ...]:
    """Return the parts of a block with at most TILE positions each."""
    return tuple(iterate_cuts(shape, TILE))


def cut_array(array: np.ndarray, rows: slice, columns: slice = slice(None)) -> Any:
    """Return a part of an array whose axes may have length 1 to be broadcast."""
    by_row, by_column = array.shape[0] > 1, array.shape[1] > 1
    if by_row and by_column:
        return array[rows, columns]
    if by_row:
        return array[rows]
    return array[:, columns] if by_column else array


def find_thresholds_at(
    block: EventBlock, thresholds: WordArray, flat: IntArray
) -> WordArray:
    """Return the thresholds of some positions, broadcastable to (N,).

    Args:
        block: the block.
        thresholds: the `move` or `mask` thresholds of its level.
        flat: (N,) flat indices of positions.
    """
    level = block.level
    if level.refine is not None:
        return level.refine(flat)
    if level.index is not None:
        return thresholds[level.index.reshape(-1)[flat]]
    if thresholds.size == 1:
        return thresholds.reshape(1)
    columns = block.grid.columns
    row = flat // columns if thresholds.shape[0] > 1 else np.zeros_like(flat)
    column = flat % columns if thresholds.shape[1] > 1 else 0
    chosen: WordArray = thresholds[row, column]
    return chosen


def can_hold(out: Any, shape: tuple[int, ...], dtype: np.dtype[Any]) -> bool:
    """Return whether tokens of a shape and dtype can be written to `out`."""
    return (
        isinstance(out, np.ndarray)
        and out.shape == shape
        and out.dtype == dtype
        and out.flags.c_contiguous
        and out.flags.behaved  # aligned and writeable
    )


def find_largest(tokens: TokenArray) -> int:
    """Return the largest token, where negative ones count as very large."""
    ids = tokens.view(UNSIGNED[tokens.itemsize])
    return int(ids.item(ids.argmax()))  # NumPy's argmax is faster than its max
