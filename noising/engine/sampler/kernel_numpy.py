"""The kernel in NumPy, which decides what positions move and what they become.

It processes blocks of R sequences by C positions in buffers that all blocks reuse. One
64-bit word has the leading bytes of the uniforms of eight positions. The rest of a
uniform is hashed only where its leading byte equals that of the threshold, and a
replacement only where a token moves, or everywhere if most tokens move.

np.where, masked copies and boolean indexing mispredict a branch per token. Tokens are
replaced by bitwise operations or by maxima instead.
"""

import functools
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
from noising.engine.randomness import Stream, sequence_keys
from noising.engine.replacements import Constant, Even
from noising.engine.sampler.blocks import (
    TILE,
    EventBlock,
    Outcome,
    cut_block,
    find_largest,
    find_thresholds_at,
    list_tiles,
)
from noising.engine.sampler.grids import Grid, Places
from noising.engine.sampler.small_blocks import MOST_TOKENS, noise_small
from noising.engine.sampler.thresholds import LEADING_SHIFT, ByteArray
from noising.engine.sampler.words import REST_SHIFT, UNIFORM_SHIFT, Hasher

# Shares of moved tokens above which it is faster to process all tokens.
_DENSE_ABOVE: Final = 0.6
_BLEND_ABOVE: Final = 0.05
_SPARSE: Final = 50
_DENSE: Final = 10


@dataclass(slots=True)
class Moved:
    """The positions of a block whose tokens move.

    Attributes:
        flags: (R, C), in memory that the next block overwrites.
        count: number of positions.
        flat: (count,) ascending flat indices of them, or None if not known yet.
    """

    flags: BoolArray
    count: int
    flat: IntArray | None = None


class _Buffers:
    """Working memory, which every block overwrites.

    Args:
        capacity: largest number of tokens of a block.

    Attributes:
        hasher: draws random words.
        flags: flags of tokens that move, with extra room for `_find_flat`.
        others: (capacity,) more flags.
        bytes: (capacity,) bytes.
    """

    __slots__ = ("bytes", "flags", "hasher", "others")

    def __init__(self, capacity: int) -> None:
        self.hasher = Hasher(capacity)
        self.flags = np.empty(capacity + capacity // (_DENSE - 1) + 1, np.bool_)
        self.others = np.empty(capacity, np.bool_)
        self.bytes = np.empty(capacity, np.uint8)


class NumpyKernel:
    """Noises blocks one after the other; every thread needs its own kernel.

    Args:
        capacity: largest number of tokens of a block.
        outcome: what a resampled token becomes.
    """

    BLOCK_TOKENS: ClassVar[int] = 8 * TILE
    """Largest block in tokens, whose leading bytes are one tile of words."""

    PARALLEL: ClassVar[bool] = False
    """NumPy's calls are short, so threads contend for the interpreter lock: two take
    one and a half times as long as one."""

    make_keys = staticmethod(sequence_keys)

    def __init__(self, capacity: int, outcome: Outcome) -> None:
        self._outcome = outcome
        self._has_small = isinstance(outcome.replacement, (Even, Constant))
        self._capacity = capacity

    @functools.cached_property
    def _buffers(self) -> _Buffers:
        return _Buffers(self._capacity)  # made on demand: small blocks need none

    @property
    def _hasher(self) -> Hasher:
        return self._buffers.hasher

    def noise(self, block: EventBlock, out: TokenArray) -> int:
        """Write the noised tokens to `out` and return the largest clean one.

        Args:
            block: the block.
            out: (R, C) result, C-contiguous, of the tokens' dtype.
        """
        if out.size > MOST_TOKENS:
            with small_buffers():  # costs more than it saves for fewer tokens
                return self._noise(block, out)
        level, grid = block.level, block.grid
        plain = level.mask is None and level.index is None and level.refine is None
        if plain and self._has_small and isinstance(grid, Grid) and grid.first == 0:
            return self._noise_small(block, grid, out)
        return self._noise(block, out)

    def _noise_small(self, block: EventBlock, grid: Grid, out: TokenArray) -> int:
        least, limits = block.level.leading, block.level.move
        if limits.size == 1:
            least, limits = least.reshape(()), limits.reshape(())
        noise_small(
            block.tokens,
            grid.keys,
            grid.gammas,
            least,
            limits,
            self._outcome.replacement,
            fixed=block.fixed,
            out=out,
        )
        return find_largest(block.tokens)

    @small_buffers()
    def mark_resampled(self, block: EventBlock, out: BoolArray) -> None:
        """Write to `out`, (R, C), which tokens are resampled or masked."""
        np.copyto(out, self._find_moved(block).flags)
        mask = block.level.mask
        if mask is not None and not block.level.mask_needs_move:
            out |= self._find_masked(block, mask)

    def _noise(self, block: EventBlock, out: TokenArray) -> int:
        moved = self._find_moved(block)
        replacement, mask = self._outcome.replacement, block.level.mask
        if mask is not None and not block.level.mask_needs_move:
            masked = self._find_masked(block, mask)
            np.greater(moved.flags, masked, out=moved.flags)
            largest = self._put_constant(block, out, masked, self._outcome.mask_id)
            count = int(np.count_nonzero(moved.flags))
            self._put_some(block, out, Moved(moved.flags, count))
            return largest
        share = moved.count / out.size
        if isinstance(replacement, Constant) and share > _BLEND_ABOVE:
            return self._put_constant(block, out, moved.flags, replacement.token)
        if isinstance(replacement, Even) and mask is None and share > _DENSE_ABOVE:
            return self._put_everywhere(block, out, moved.flags)
        largest = self._put_clean(block, out)
        self._put_some(block, out, moved)
        return largest

    def _find_moved(self, block: EventBlock) -> Moved:
        """Return where u lies below its threshold."""
        thresholds, shape, size = block.level, block.tokens.shape, block.tokens.size
        leading = self._hasher.draw_leading_bytes(block.grid)
        least = thresholds.leading
        if thresholds.index is not None:
            least = self._buffers.bytes[:size].reshape(shape)
            thresholds.leading.take(thresholds.index, out=least, mode="clip")
        flat_flags, flat_ties = self._buffers.flags[:size], self._buffers.others[:size]
        flags, ties = flat_flags.reshape(shape), flat_ties.reshape(shape)
        np.less(leading, least, out=flags)
        if thresholds.highest is None:
            np.equal(leading, least, out=ties)
        else:
            np.less_equal(leading, thresholds.highest, out=ties)
            np.greater(ties, flags, out=ties)
        if block.fixed is not None:
            np.greater(flags, block.fixed, out=flags)
            np.greater(ties, block.fixed, out=ties)
        tied = flat_ties.nonzero()[0]
        if tied.size:
            below = self._are_below(block, leading, tied)
            flat_flags[tied] = below
            tied = tied[below]
        count = int(np.count_nonzero(flat_flags))
        # If thresholds are small, all positions that move are among the ties.
        return Moved(flags, count, tied if tied.size == count else None)

    def _are_below(
        self, block: EventBlock, leading: ByteArray, flat: IntArray
    ) -> BoolArray:
        """Return whether u lies below its threshold at some positions, (N,)."""
        limit = find_thresholds_at(block, block.level.move, flat)
        high = leading.reshape(-1)[flat].astype(np.uint64)
        high <<= np.uint64(LEADING_SHIFT)
        places = Places(flat, leading.shape)
        rest = self._hasher.draw_at(block.grid, places, Stream.REFINE)
        rest >>= REST_SHIFT
        rest |= high
        return np.asarray(rest < limit)

    def _find_masked(self, block: EventBlock, thresholds: WordArray) -> BoolArray:
        """Return where w lies below its threshold, (R, C)."""
        masked = self._buffers.others[: block.tokens.size].reshape(block.tokens.shape)
        for part in list_tiles(masked.shape):
            words = self._hasher.draw(block.grid.cut(*part), Stream.SECOND)
            words >>= UNIFORM_SHIFT
            if block.level.index is None:
                limit = np.broadcast_to(thresholds, masked.shape)[part]
            else:
                limit = self._hasher.spare[: words.size].reshape(words.shape)
                thresholds.take(block.level.index[part], out=limit, mode="clip")
            np.less(words, limit, out=masked[part])
        if block.fixed is not None:
            np.greater(masked, block.fixed, out=masked)
        return masked

    def _put_clean(self, block: EventBlock, out: TokenArray) -> int:
        """Copy the clean tokens and return the largest."""
        largest = 0
        for part in list_tiles(out.shape):
            tokens = block.tokens[part]
            largest = max(largest, find_largest(tokens))
            np.copyto(out[part], tokens)
        return largest

    def _put_constant(
        self, block: EventBlock, out: TokenArray, flags: BoolArray, token: int
    ) -> int:
        """Write one id where flagged, else the token; return the largest token."""
        largest, other = 0, np.array(token, out.dtype)
        for part in list_tiles(out.shape):
            tokens = block.tokens[part]
            top = find_largest(tokens)
            put = self._cover if top <= token else self._blend
            put(tokens, other, out[part], flags[part])
            largest = max(largest, top)
        return largest

    def _put_everywhere(
        self, block: EventBlock, out: TokenArray, flags: BoolArray
    ) -> int:
        """Write a drawn id where flagged, else the token; return the largest token."""
        largest = 0
        for part in list_tiles(out.shape):
            words = self._hasher.draw(block.grid.cut(*part), Stream.REPLACE)
            drawn = self._outcome.replacement.ids(words)
            tokens = block.tokens[part]
            largest = max(largest, find_largest(tokens))
            self._blend(tokens, drawn, out[part], flags[part])
        return largest

    def _put_some(self, block: EventBlock, out: TokenArray, moved: Moved) -> None:
        """Write replacements, or the mask, over the moved tokens in `out`."""
        if moved.count <= TILE:
            flat = self._find_flat(moved)
            self._put_at(block, Places(flat, out.shape), out.reshape(-1))
            return
        for part in list_tiles(out.shape):
            flags = moved.flags[part]
            places = Places(flags.reshape(-1).nonzero()[0], flags.shape)
            self._put_at(cut_block(block, *part), places, out[part].reshape(-1))

    def _find_flat(self, moved: Moved) -> IntArray:
        """Return the ascending flat indices of the flags that are set.

        NumPy searches without branches if more than a tenth of the flags are set. Else
        it searches flag by flag and mispredicts a branch at nearly every set flag,
        which takes four times as long at a share of 9 %. Therefore extra flags are set
        behind the block's until a tenth is set, unless there are too few to matter.
        """
        if moved.flat is not None:
            return moved.flat
        size, count = moved.flags.size, moved.count
        if _DENSE * count > size or _SPARSE * count < size:
            return self._buffers.flags[:size].nonzero()[0]
        more = (size - _DENSE * count) // (_DENSE - 1) + 1
        self._buffers.flags[size : size + more] = True
        return self._buffers.flags[: size + more].nonzero()[0][:count]

    def _put_at(self, block: EventBlock, places: Places, out: TokenArray) -> None:
        """Write replacements, or the mask, at some places of (R·C,) `out`."""
        if not places.flat.size:
            return
        replacement, level = self._outcome.replacement, block.level
        masked = None
        if level.mask is not None and level.mask_needs_move:
            words = self._hasher.draw_at(block.grid, places, Stream.SECOND)
            words >>= UNIFORM_SHIFT
            masked = words < find_thresholds_at(block, level.mask, places.flat)
        if isinstance(replacement, Constant):
            out[places.flat] = replacement.token
        else:
            words = self._hasher.draw_at(block.grid, places, Stream.REPLACE)
            drawn = replacement.ids(words)
            same = drawn.itemsize == out.itemsize
            out[places.flat] = (
                drawn.view(out.dtype) if same else drawn.astype(out.dtype)
            )
        if masked is not None:
            out[places.flat[masked]] = self._outcome.mask_id

    def _blend(
        self,
        tokens: TokenArray,
        others: NDArray[np.integer[Any]],
        out: TokenArray,
        flags: BoolArray,
    ) -> None:
        """Write tokens ^ ((tokens ^ others) & mask), mask all ones where flagged.

        Args:
            tokens: (R, C) tokens, at most TILE.
            others: (R, C) ids, which may share the hasher's `words`, or one id.
            out: (R, C) result.
            flags: (R, C) where to write `others`.
        """
        size, shape = tokens.size, tokens.shape
        mask = self._spread_mask(flags, tokens.dtype)
        if others.itemsize != tokens.itemsize:
            room = self._hasher.spare.view(tokens.dtype)
            narrow = room[size : 2 * size].reshape(shape)
            np.copyto(narrow, others, casting="unsafe")
            others = narrow
        difference = self._hasher.words.view(tokens.dtype)[:size].reshape(shape)
        np.bitwise_xor(tokens, others.view(tokens.dtype), out=difference)
        difference &= mask
        np.bitwise_xor(tokens, difference, out=out)

    def _cover(
        self, tokens: TokenArray, token: TokenArray, out: TokenArray, flags: BoolArray
    ) -> None:
        """Write max(tokens, token & mask), mask all ones where flagged.

        Args:
            tokens: (R, C) tokens of at most `token`, at most TILE.
            token: one id, 0-d.
            out: (R, C) result.
            flags: (R, C) where to write `token`.
        """
        mask = self._spread_mask(flags, tokens.dtype)
        mask &= token
        np.maximum(tokens, mask, out=out)

    def _spread_mask(self, flags: BoolArray, dtype: np.dtype[Any]) -> TokenArray:
        """Return words of all ones where flagged and of zeros elsewhere, (R, C)."""
        signs = self._buffers.bytes[: flags.size].view(np.int8).reshape(flags.shape)
        np.negative(flags.view(np.int8), out=signs)
        mask = self._hasher.spare.view(dtype)[: flags.size].reshape(flags.shape)
        np.copyto(mask.view(f"i{dtype.itemsize}"), signs)
        return mask
