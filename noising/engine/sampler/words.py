"""Random words of a block, hashed in buffers that all blocks reuse."""

import math
from typing import Any, Final

import numpy as np

from noising.engine.arrays import TokenArray, WordArray
from noising.engine.randomness import UNIFORM_BITS, Stream, mix64_words
from noising.engine.sampler.blocks import TILE, list_tiles
from noising.engine.sampler.grids import AnyGrid, Places
from noising.engine.sampler.thresholds import LEADING_SHIFT, ByteArray

UNIFORM_SHIFT: Final = np.array(64 - UNIFORM_BITS, np.uint64)
"""Right shift that turns a word into a uniform below 2^53."""
REST_SHIFT: Final = np.array(64 - LEADING_SHIFT, np.uint64)
"""Right shift that turns a word into the lower 45 bits of a uniform."""


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

    def draw(self, grid: AnyGrid, stream: Stream) -> WordArray:
        """Return the words of a grid, (R, C), or those of its eights for KEEP."""
        rows, columns = grid.shape_words(stream)
        words = self.words[: rows * columns]
        shaped = words.reshape(rows, columns)
        grid.write_inputs(stream, shaped)
        mix64_words(words, self.spare[: words.size])
        return shaped

    def draw_at(self, grid: AnyGrid, places: Places, stream: Stream) -> WordArray:
        """Return the words of some positions, (N,), N <= TILE."""
        words = self.words[: places.flat.size]
        grid.write_inputs_at(places, stream, words)
        mix64_words(words, self.spare[: words.size])
        return words

    def draw_leading_bytes(self, grid: AnyGrid) -> ByteArray:
        """Return the leading byte of every position's u, (R, C)."""
        if math.prod(grid.shape_words(Stream.KEEP)) <= self.words.size:
            return grid.find_leading_bytes(self.draw(grid, Stream.KEEP))
        shape = grid.rows, grid.columns
        leading = np.empty(shape, np.uint8)
        for part in list_tiles(shape):
            leading[part] = self.draw_leading_bytes(grid.cut(*part))
        return leading

    def draw_uniforms(self, grid: AnyGrid) -> WordArray:
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
