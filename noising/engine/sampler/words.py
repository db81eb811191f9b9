"""Random words of a block, hashed in buffers that all blocks reuse."""

import functools
import sys
from typing import Any, Final

import numpy as np

from noising.engine.arrays import IntArray, TokenArray, WordArray
from noising.engine.randomness import (
    COUNTERS_PER_POSITION,
    UNIFORM_BITS,
    Stream,
    mix64_words,
)
from noising.engine.sampler.blocks import TILE, Grid
from noising.engine.sampler.thresholds import LEADING_SHIFT, ByteArray

IS_BIG_ENDIAN: Final = sys.byteorder == "big"
"""Whether the low byte of a word, which is position 0's, comes last in memory."""
UNIFORM_SHIFT: Final = np.array(64 - UNIFORM_BITS, np.uint64)
"""Right shift that turns a word into a uniform below 2^53."""
REST_SHIFT: Final = np.array(64 - LEADING_SHIFT, np.uint64)
"""Right shift that turns a word into the lower 45 bits of a uniform."""
_STEP: Final = np.array(COUNTERS_PER_POSITION, np.uint64)


class Places:
    """Some positions of a grid.

    Attributes:
        flat: (N,) ascending flat indices.
        counts: (R,) number of positions in each row, or None in a grid of one row.
    """

    __slots__ = ("counts", "flat")

    def __init__(self, flat: IntArray, shape: tuple[int, ...]) -> None:
        rows, columns = shape
        self.flat = flat
        self.counts: IntArray | None = None
        if rows > 1:
            edges = flat.searchsorted(_list_row_edges(rows, columns))
            self.counts = edges[1:] - edges[:-1]


class Hasher:
    """Draws random words in its own buffers, which every call overwrites.

    Args:
        capacity: largest number of positions of a block.

    Attributes:
        words: the buffer of the results.
        spare: another buffer of the same size, unused between calls.
    """

    def __init__(self, capacity: int) -> None:
        words = min(capacity, TILE)
        self.words = np.empty(words, np.uint64)
        self.spare = np.empty(words, np.uint64)

    def draw(self, grid: Grid, stream: Stream) -> WordArray:
        """Return the words of all positions, (R, C), or of groups of eight for KEEP."""
        first, columns = grid.first, grid.columns
        if stream is Stream.KEEP:
            first, columns = first // 8, (columns + 7) // 8
        rows = grid.keys.shape[0]
        words = self.words[: rows * columns]
        shaped = words.reshape(rows, columns)
        np.multiply(_list_counters(first, columns, stream), grid.gammas, out=shaped)
        np.add(shaped, grid.keys, out=shaped)
        mix64_words(words, self.spare[: words.size])
        return shaped

    def draw_at(self, grid: Grid, places: Places, stream: Stream) -> WordArray:
        """Return the words of some positions, (N,), N <= TILE."""
        flat = places.flat.view(np.uint64)
        words = self.words[: flat.size]
        gammas = grid.gammas[:, 0]
        steps = gammas * _STEP
        # The first position's counter minus the counters of all rows before.
        start = COUNTERS_PER_POSITION * grid.first + stream + 1
        origins = gammas * _list_origins(grid.rows, grid.columns, start)
        origins += grid.keys[:, 0]
        if places.counts is None:
            np.multiply(flat, steps, out=words)
            np.add(words, origins, out=words)
        else:
            np.multiply(flat, steps.repeat(places.counts), out=words)
            np.add(words, origins.repeat(places.counts), out=words)
        mix64_words(words, self.spare[: flat.size])
        return words

    def draw_leading_bytes(self, grid: Grid) -> ByteArray:
        """Return the leading byte of every position's u, (R, C)."""
        words = self.draw(grid, Stream.KEEP)
        if IS_BIG_ENDIAN:  # pragma: no cover
            words = words.byteswap()
        return words.view(np.uint8)[:, : grid.columns]

    def draw_uniforms(self, grid: Grid) -> WordArray:
        """Return u of every position as integers below 2^53, (R, C)."""
        leading = self.draw_leading_bytes(grid).astype(np.uint64)
        leading <<= np.uint64(LEADING_SHIFT)
        rest = self.draw(grid, Stream.REFINE)
        rest >>= REST_SHIFT
        rest |= leading
        return rest


def convert_words(words: WordArray, dtype: np.dtype[Any]) -> TokenArray:
    """Return ids in words as tokens, in the same memory if the sizes match."""
    if dtype.itemsize == words.itemsize:
        return words.view(dtype)
    return words.astype(dtype)


# The results of these functions are cached: do not change them.
@functools.lru_cache(maxsize=8)
def _list_counters(first: int, columns: int, stream: Stream) -> WordArray:
    """Return the counters of some columns plus one, (C,)."""
    start = COUNTERS_PER_POSITION * first + stream + 1
    stop = start + COUNTERS_PER_POSITION * columns
    return np.arange(start, stop, COUNTERS_PER_POSITION, dtype=np.uint64)


@functools.lru_cache(maxsize=8)
def _list_origins(rows: int, columns: int, start: int) -> WordArray:
    """Return `start` minus the counters of all rows before, (R,), modulo 2^64."""
    before = COUNTERS_PER_POSITION * columns * np.arange(rows, dtype=np.uint64)
    return np.uint64(start) - before


@functools.lru_cache(maxsize=8)
def _list_row_edges(rows: int, columns: int) -> IntArray:
    """Return the flat indices of the starts of rows, and of the end, (R+1,)."""
    return np.arange(0, rows * columns + 1, columns)
