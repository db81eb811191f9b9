"""The sampling kernel: which positions noise strikes and what they become.

Works on a block of R sequences by C positions at a time, in buffers that are reused
from block to block. Eight positions share the leading bytes of their uniforms, one
64-bit word; the rest of a uniform is hashed only where its leading byte ties with
the threshold's, and a replacement only where a token moves (or everywhere, where
most move). np.where, masked copies and boolean indexing mispredict a branch per
token: blending is by xor and and, or by taking the larger.
"""

from dataclasses import dataclass
from typing import Any, ClassVar, Final

import numpy as np
from numpy.typing import NDArray

from noising.engine.arrays import (
    BoolArray,
    IntArray,
    TokenArray,
    WordArray,
    small_buffers,
)
from noising.engine.randomness import (
    COUNTERS_PER_POSITION,
    UNIFORM_BITS,
    Stream,
    mix64_words,
)
from noising.engine.replacements import Constant, Even
from noising.engine.sampler.blocks import (
    TILE,
    Grid,
    LimitedBlock,
    Outcome,
    largest,
    threshold_at,
    tile,
    tiles,
)
from noising.engine.sampler.places import Flags, Places, multiples
from noising.engine.sampler.thresholds import LEADING_SHIFT, ByteArray

# Shares of moved tokens above which it is faster to work on all of them.
_DENSE_ABOVE: Final = 0.6
_BLEND_ABOVE: Final = 0.05
_UNIFORM_SHIFT: Final = np.uint64(64 - UNIFORM_BITS)
_REST_SHIFT: Final = np.uint64(64 - LEADING_SHIFT)


@dataclass(slots=True)
class Struck:
    """Where noise strikes a block.

    Attributes:
        flags: (R, C), in memory that the next block overwrites.
        count: how many positions.
        flat: (count,) their ascending flat indices, or None where not found yet.
    """

    flags: BoolArray
    count: int
    flat: IntArray | None = None


class Hasher:
    """Draws random words, in buffers of its own that every call overwrites.

    Args:
        capacity: most positions of a block.
    """

    def __init__(self, capacity: int) -> None:
        words = min(capacity, TILE)
        self.words = np.empty(words, np.uint64)
        self.spare = np.empty(words, np.uint64)
        self._moved = Flags(capacity)
        self._others = np.empty(capacity, np.bool_)
        self._bytes = np.empty(capacity, np.uint8)

    def draw(self, grid: Grid, stream: Stream) -> WordArray:
        """Return the words of every position, (R, C); for KEEP of every eight."""
        first, columns = grid.first, grid.columns
        if stream is Stream.KEEP:
            first, columns = first // 8, -(-columns // 8)
        words = self.words[: grid.rows * columns].reshape(grid.rows, columns)
        start = COUNTERS_PER_POSITION * first + stream + 1
        stop = start + COUNTERS_PER_POSITION * columns
        counters = np.arange(start, stop, COUNTERS_PER_POSITION, dtype=np.uint64)
        np.multiply(counters, grid.gammas, out=words)
        words += grid.keys
        mix64_words(words, self.spare[: words.size].reshape(words.shape))
        return words

    def draw_at(self, grid: Grid, places: Places, stream: Stream) -> WordArray:
        """Return the words of some positions, (N,), N <= TILE."""
        flat = places.flat.view(np.uint64)
        words = self.words[: flat.size]
        steps = grid.gammas[:, 0] * np.uint64(COUNTERS_PER_POSITION)
        start = np.uint64(COUNTERS_PER_POSITION * grid.first + stream + 1)
        origins = grid.gammas[:, 0] * start
        origins += grid.keys[:, 0]
        if places.counts is None:
            np.multiply(flat, steps, out=words)
            words += origins
        else:
            origins -= multiples(grid.rows, grid.columns).view(np.uint64) * steps
            np.multiply(flat, steps.repeat(places.counts), out=words)
            words += origins.repeat(places.counts)
        mix64_words(words, self.spare[: flat.size])
        return words

    def uniforms(self, grid: Grid) -> WordArray:
        """Return u of every position as integers below 2^53, (R, C)."""
        leading = self._leading_bytes(grid).astype(np.uint64)
        leading <<= np.uint64(LEADING_SHIFT)
        rest = self.draw(grid, Stream.REFINE)
        rest >>= _REST_SHIFT
        rest |= leading
        return rest

    def strike(self, block: LimitedBlock) -> Struck:
        """Return where u lies below its threshold."""
        limits, shape = block.level, block.tokens.shape
        leading = self._leading_bytes(block.grid)
        least = limits.leading
        if limits.index is not None:
            least = self._bytes[: leading.size].reshape(shape)
            limits.leading.take(limits.index, out=least, mode="clip")
        moved, ties = self._moved.of(shape), self._others[: leading.size].reshape(shape)
        np.less(leading, least, out=moved)
        if limits.highest is None:
            np.equal(leading, least, out=ties)
        else:
            np.less_equal(leading, limits.highest, out=ties)
            np.greater(ties, moved, out=ties)
        if block.fixed is not None:
            np.greater(moved, block.fixed, out=moved)
            np.greater(ties, block.fixed, out=ties)
        tied = ties.reshape(-1).nonzero()[0]
        below = self._are_below(block, leading, tied)
        moved.reshape(-1)[tied] = below
        if limits.leading.any():
            return Struck(flags=moved, count=int(np.count_nonzero(moved)))
        flat = tied[below]  # no byte lies below zero: what moves is among the ties
        return Struck(flags=moved, count=flat.size, flat=flat)

    def places(self, struck: Struck) -> Places:
        """Return the places at which noise strikes, as `strike` returned it."""
        flags, flat = struck.flags, struck.flat
        if flat is None:
            flat = self._moved.places(flags.size, struck.count)
        return Places(flat, flags.shape)

    def masked(self, block: LimitedBlock, thresholds: WordArray) -> BoolArray:
        """Return where w lies below its threshold, (R, C)."""
        masked = self._others[: block.tokens.size].reshape(block.tokens.shape)
        for part in tiles(masked.shape, TILE):
            words = self.draw(block.grid.tile(*part), Stream.SECOND)
            words >>= _UNIFORM_SHIFT
            if block.level.index is None:
                limit = np.broadcast_to(thresholds, masked.shape)[part]
            else:
                limit = self.spare[: words.size].reshape(words.shape)
                thresholds.take(block.level.index[part], out=limit, mode="clip")
            np.less(words, limit, out=masked[part])
        if block.fixed is not None:
            np.greater(masked, block.fixed, out=masked)
        return masked

    def blend(
        self,
        tokens: TokenArray,
        others: NDArray[np.integer[Any]],
        out: TokenArray,
        moved: BoolArray,
    ) -> None:
        """Write tokens ^ ((tokens ^ others) & mask), mask all ones where moved.

        Args:
            tokens: (R, C) tokens, at most TILE.
            others: (R, C) ids, which may be the words drawn last, or one id.
            out: (R, C) result.
            moved: (R, C) where the result is the other.
        """
        size, shape = tokens.size, tokens.shape
        mask = self._spread(moved, tokens.dtype)
        if others.itemsize != tokens.itemsize:
            room = self.spare.view(tokens.dtype)
            narrow = room[size : 2 * size].reshape(shape)
            np.copyto(narrow, others, casting="unsafe")
            others = narrow
        difference = self.words.view(tokens.dtype)[:size].reshape(shape)
        np.bitwise_xor(tokens, others.view(tokens.dtype), out=difference)
        difference &= mask
        np.bitwise_xor(tokens, difference, out=out)

    def cover(
        self, tokens: TokenArray, token: TokenArray, out: TokenArray, moved: BoolArray
    ) -> None:
        """Write max(tokens, token & mask), mask all ones where moved.

        Args:
            tokens: (R, C) tokens of at most `token`, at most TILE.
            token: one id, 0-d.
            out: (R, C) result.
            moved: (R, C) where the result is `token`.
        """
        mask = self._spread(moved, tokens.dtype)
        mask &= token
        np.maximum(tokens, mask, out=out)

    def _spread(self, moved: BoolArray, dtype: np.dtype[Any]) -> TokenArray:
        """Return words of all ones where moved and of zeros elsewhere, (R, C)."""
        signs = self._bytes[: moved.size].view(np.int8).reshape(moved.shape)
        np.negative(moved.view(np.int8), out=signs)
        mask = self.spare.view(dtype)[: moved.size].reshape(moved.shape)
        np.copyto(mask.view(f"i{dtype.itemsize}"), signs)
        return mask

    def _are_below(
        self, block: LimitedBlock, leading: ByteArray, flat: IntArray
    ) -> BoolArray:
        """Return whether u lies below its threshold, at some places, (N,)."""
        if not flat.size:
            return np.empty(0, np.bool_)
        limit = threshold_at(block, block.level.move, flat)
        high = leading.reshape(-1)[flat].astype(np.uint64)
        rest = self.draw_at(block.grid, Places(flat, leading.shape), Stream.REFINE)
        rest >>= _REST_SHIFT
        rest += high << np.uint64(LEADING_SHIFT)
        return np.asarray(rest < limit)

    def _leading_bytes(self, grid: Grid) -> ByteArray:
        words = self.draw(grid, Stream.KEEP).astype("<u8", copy=False)
        return words.view(np.uint8)[:, : grid.columns]


class Worker:
    """Noises blocks, one after the other; every thread has its own.

    Args:
        capacity: most tokens of a block.
        outcome: what becomes of a token that is struck.
    """

    BLOCK_TOKENS: ClassVar[int] = 8 * TILE
    """Most tokens of a block: the words of their leading bytes are one tile."""

    PARALLEL: ClassVar[bool] = False
    """NumPy's calls are short, and threads take the interpreter from each other: two
    take half as long again as one."""

    def __init__(self, capacity: int, outcome: Outcome) -> None:
        self._hasher = Hasher(capacity)
        self._outcome = outcome

    @small_buffers()
    def struck(self, block: LimitedBlock, out: BoolArray) -> None:
        """Write where noise strikes, (R, C)."""
        np.copyto(out, self._hasher.strike(block).flags)
        mask = block.level.mask
        if mask is not None and not block.level.mask_needs_move:
            out |= self._hasher.masked(block, mask)

    @small_buffers()
    def noise(self, block: LimitedBlock, out: TokenArray) -> int:
        """Write the noised tokens to `out` and return the largest clean one.

        Args:
            block: the block.
            out: (R, C) result, C-contiguous, of the tokens' dtype.
        """
        struck = self._hasher.strike(block)
        moved = struck.flags
        replacement, mask = self._outcome.replacement, block.level.mask
        if mask is not None and not block.level.mask_needs_move:
            masked = self._hasher.masked(block, mask)
            np.greater(moved, masked, out=moved)
            top = self._put_constant(block, out, masked, self._outcome.mask_id)
            self._put_some(block, out, Struck(moved, int(np.count_nonzero(moved))))
            return top
        share = struck.count / moved.size
        if isinstance(replacement, Constant) and share > _BLEND_ABOVE:
            return self._put_constant(block, out, moved, replacement.token)
        if isinstance(replacement, Even) and mask is None and share > _DENSE_ABOVE:
            return self._put_everywhere(block, out, moved)
        top = self._put_clean(block, out)
        self._put_some(block, out, struck)
        return top

    def _put_clean(self, block: LimitedBlock, out: TokenArray) -> int:
        top = 0
        for part in tiles(out.shape, TILE):
            tokens = block.tokens[part]
            top = max(top, largest(tokens))
            np.copyto(out[part], tokens)
        return top

    def _put_constant(
        self, block: LimitedBlock, out: TokenArray, moved: BoolArray, token: int
    ) -> int:
        """Write the tokens with one id where flagged."""
        top, other = 0, np.array(token, out.dtype)
        for part in tiles(out.shape, TILE):
            tokens = block.tokens[part]
            greatest = largest(tokens)
            put = self._hasher.cover if greatest <= token else self._hasher.blend
            put(tokens, other, out[part], moved[part])
            top = max(top, greatest)
        return top

    def _put_everywhere(
        self, block: LimitedBlock, out: TokenArray, moved: BoolArray
    ) -> int:
        """Draw a replacement for every token and blend by `moved`."""
        top = 0
        for part in tiles(out.shape, TILE):
            words = self._hasher.draw(block.grid.tile(*part), Stream.REPLACE)
            drawn = self._outcome.replacement.ids(words)
            tokens = block.tokens[part]
            top = max(top, largest(tokens))
            self._hasher.blend(tokens, drawn, out[part], moved[part])
        return top

    def _put_some(self, block: LimitedBlock, out: TokenArray, struck: Struck) -> None:
        """Write replacements, or the mask, over the moved tokens in `out`."""
        if struck.count <= TILE:
            self._put_at(block, self._hasher.places(struck), out.reshape(-1))
            return
        for part in tiles(out.shape, TILE):
            moved = struck.flags[part]
            places = Places(moved.reshape(-1).nonzero()[0], moved.shape)
            self._put_at(tile(block, *part), places, out[part].reshape(-1))

    def _put_at(self, block: LimitedBlock, places: Places, out: TokenArray) -> None:
        """Write replacements, or the mask, at some places of (R·C,) `out`."""
        if not places.flat.size:
            return
        replacement, level = self._outcome.replacement, block.level
        masked = None
        if level.mask is not None and level.mask_needs_move:
            words = self._hasher.draw_at(block.grid, places, Stream.SECOND)
            words >>= _UNIFORM_SHIFT
            masked = words < threshold_at(block, level.mask, places.flat)
        if isinstance(replacement, Constant):
            out[places.flat] = replacement.token
        else:
            words = self._hasher.draw_at(block.grid, places, Stream.REPLACE)
            drawn = replacement.ids(words)
            out[places.flat] = drawn.astype(out.dtype, copy=False)
        if masked is not None:
            out[places.flat[masked]] = self._outcome.mask_id
