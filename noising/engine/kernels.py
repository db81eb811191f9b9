"""The sampling kernel: which positions move and what they become.

Works on a block of R sequences by C positions at a time. Eight positions share
the leading bytes of their uniforms, one 64-bit word; the rest of a uniform is
hashed only where its leading byte ties with the threshold's, and a replacement
only where a token moves (or everywhere, where most move). np.where, masked copies
and boolean indexing mispredict a branch per token: blending is by xor and and.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from noising.engine.arrays import BoolArray, FloatArray, IntArray, TokenArray, WordArray
from noising.engine.randomness import (
    COUNTERS_PER_POSITION,
    UNIFORM_BITS,
    Stream,
    mix64_words,
)

BLOCK_TOKENS: Final = 1 << 16
"""Tokens per block: its temporaries stay in the second-level cache."""

_LEADING_SHIFT: Final = UNIFORM_BITS - 8
_DENSE_ABOVE: Final = 0.55  # share of moved tokens from which hashing all is faster


def thresholds(chance: FloatArray) -> WordArray:
    """Return the integers u is compared with: u·2^-53 < chance iff u < threshold.

    Args:
        chance: probabilities in [0, 1], any shape.

    Returns:
        ceil(chance·2^53) as uint64, shape of `chance`.
    """
    return np.ceil(np.ldexp(chance, UNIFORM_BITS)).astype(np.uint64)


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """R sequences by C positions and where their random words come from.

    Attributes:
        keys: (R, 1) uint64.
        gammas: (R, 1) uint64.
        first: position of the block's first column, a multiple of 8.
        columns: C.
    """

    keys: WordArray
    gammas: WordArray
    first: int
    columns: int

    def words(self, stream: Stream) -> WordArray:
        """Return the words of every position, (R, C); for KEEP one per group."""
        keep = stream is Stream.KEEP
        first, count = (
            (self.first // 8, -(-self.columns // 8))
            if keep
            else (self.first, self.columns)
        )
        start = COUNTERS_PER_POSITION * first + stream + 1
        stop = start + COUNTERS_PER_POSITION * count
        counters = np.arange(start, stop, COUNTERS_PER_POSITION, dtype=np.uint64)
        words = counters * self.gammas
        words += self.keys
        mix64_words(words)
        return words

    def words_at(self, places: IntArray, stream: Stream) -> WordArray:
        """Return the words of some positions.

        Args:
            places: (N,) ascending flat indices into the block.
            stream: which of a position's words.

        Returns:
            (N,) uint64.
        """
        words = places.astype(np.uint64)
        start = np.uint64(COUNTERS_PER_POSITION * self.first + stream + 1)
        steps = self.gammas * np.uint64(COUNTERS_PER_POSITION)
        if self.keys.size == 1:
            words *= steps[0]  # arrays wrap around in silence, scalars warn
            words += self.keys[0] + start * self.gammas[0]
        else:
            row_starts = np.arange(self.keys.size, dtype=np.uint64)[:, None]
            row_starts *= np.uint64(self.columns)
            origins = self.keys + start * self.gammas - row_starts * steps
            counts = self._counts_by_row(places)
            words *= np.repeat(steps[:, 0], counts)
            words += np.repeat(origins[:, 0], counts)
        mix64_words(words)
        return words

    def _counts_by_row(self, places: IntArray) -> IntArray:
        edges = np.arange(self.keys.size + 1) * self.columns
        return np.diff(np.searchsorted(places, edges))

    def uniforms(self, stream: Stream) -> WordArray:
        """Return w of every position as integers below 2^53, (R, C)."""
        return self.words(stream) >> np.uint64(64 - UNIFORM_BITS)

    def moved(self, limits: WordArray, fixed: BoolArray | None) -> BoolArray:
        """Return where u < limits, (R, C).

        Args:
            limits: thresholds, broadcastable to (R, C).
            fixed: (R, C) positions that never move, or None.
        """
        words = self.words(Stream.KEEP).astype("<u8", copy=False)
        leading = words.view(np.uint8)[:, : self.columns]
        high = np.minimum(limits >> np.uint64(_LEADING_SHIFT), 255)
        leading_limits = high.astype(np.uint8)
        moved: BoolArray = leading < leading_limits
        ties = leading == leading_limits
        if fixed is not None:
            moved &= ~fixed
            ties &= ~fixed
        places = ties.reshape(-1).nonzero()[0]
        if places.size:
            rest = self.words_at(places, Stream.REFINE)
            rest >>= np.uint64(64 - _LEADING_SHIFT)
            low = limits - (high << np.uint64(_LEADING_SHIFT))
            if low.size > 1:
                low = np.broadcast_to(low, moved.shape).reshape(-1)[places]
            moved.reshape(-1)[places] = rest < low.reshape(-1)
        return moved


def scaled(words: WordArray, size: int) -> WordArray:
    """Return words scaled to 0..size-1, in place: the leading 40 bits times size.

    Args:
        words: random words.
        size: 1..2^24, so that the product fits and the bias is at most 2^-16.
    """
    words >>= np.uint64(24)
    words *= np.uint64(size)
    words >>= np.uint64(40)
    return words


def put_uniform(
    block: Block, tokens: TokenArray, out: TokenArray, moved: BoolArray, size: int
) -> None:
    """Write `tokens` with the moved ones replaced uniformly from 0..size-1.

    Args:
        block: the block the tokens are.
        tokens: (R, C) tokens.
        out: (R, C) result, of the same dtype.
        moved: (R, C) bool.
        size: number of ids to draw from.
    """
    if np.count_nonzero(moved) > _DENSE_ABOVE * moved.size:
        drawn = scaled(block.words(Stream.REPLACE), size)
        _blend(tokens, drawn.astype(tokens.dtype, copy=False), out, moved)
        return
    np.copyto(out, tokens)
    places = moved.reshape(-1).nonzero()[0]
    if places.size:
        drawn = scaled(block.words_at(places, Stream.REPLACE), size)
        out.reshape(-1)[places] = drawn.astype(out.dtype, copy=False)


def put_constant(
    tokens: TokenArray, out: TokenArray, moved: BoolArray, token: int
) -> None:
    """Write `tokens` with the moved ones replaced by one id; all are (R, C)."""
    _blend(tokens, np.asarray(token, tokens.dtype), out, moved)


def _blend(
    tokens: TokenArray, others: TokenArray, out: TokenArray, moved: BoolArray
) -> None:
    """Write tokens ^ ((tokens ^ others) & mask), mask all ones where moved."""
    mask = np.negative(moved.view(np.int8)).astype(f"i{tokens.itemsize}")
    difference = np.bitwise_xor(tokens, others)
    difference &= mask.view(tokens.dtype)
    np.bitwise_xor(tokens, difference, out=out)
