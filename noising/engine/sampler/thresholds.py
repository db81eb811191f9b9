"""Probabilities as integer thresholds, which random words are compared with."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from noising.engine.arrays import AnyIntArray, FloatArray, IntArray, WordArray
from noising.engine.graphs import Events
from noising.engine.randomness import UNIFORM_BITS

ByteArray: TypeAlias = NDArray[np.uint8]

LEADING_SHIFT: Final = UNIFORM_BITS - 8
"""Bits of a uniform below its leading byte."""

_WHOLE: Final = 2.0**UNIFORM_BITS
_MARGIN: Final = np.uint64(1 << 20)  # far above float64's rounding of a threshold


def scale_chances(chance: FloatArray) -> WordArray:
    """Return integer thresholds: u·2^-53 < chance if and only if u < threshold.

    Args:
        chance: probabilities in [0, 1], any shape.

    Returns:
        ceil(chance·2^53) as uint64, shape of `chance`.
    """
    return np.ceil(chance * _WHOLE).astype(np.uint64)


@dataclass(frozen=True, slots=True, kw_only=True)
class Thresholds:
    """Thresholds of u and w for the positions of a block, or for noise levels.

    The arrays broadcast to the block's (R, C), or they are tables of N noise levels and
    `index` has the level of every position.

    Attributes:
        move: thresholds of u.
        leading: leading bytes of `move`, at most 255.
        mask: thresholds of w, or None without a second event.
        mask_needs_move: as in `Events`.
        index: (R, C) indices into the tables, or None.
        refine: returns the thresholds of u at flat indices. It is used where thresholds
            are costly to compute but bounds of their leading bytes are known; then
            `move` is empty and `leading` has the lower bounds. Else None.
        highest: (R, C) upper bounds of the leading bytes, with `refine` only.
    """

    move: WordArray
    leading: ByteArray
    mask: WordArray | None
    mask_needs_move: bool
    index: AnyIntArray | None = None
    refine: Callable[[IntArray], WordArray] | None = None
    highest: ByteArray | None = None

    @classmethod
    def of(cls, events: Events) -> "Thresholds":
        """Return the thresholds of chances, in their shape."""
        move = scale_chances(events.move)
        leading = np.minimum(move >> np.uint64(LEADING_SHIFT), 255)
        return cls(
            move=move,
            leading=leading.astype(np.uint8),
            mask=None if events.mask is None else scale_chances(events.mask),
            mask_needs_move=events.mask_needs_move,
        )

    def cut(self, rows: slice, columns: slice) -> "Thresholds":
        """Return the thresholds of a part of the block; all of them with `refine`."""
        if self.refine is not None:
            return self
        if self.index is not None:
            return self.spread(self.index[rows, columns])
        by_row, by_column = (size > 1 for size in self.move.shape)
        if not by_row and not by_column:
            return self
        every = slice(None)
        return self.select((rows if by_row else every, columns if by_column else every))

    def select(self, index: Any) -> "Thresholds":
        """Return the entries at `index`, which may be any index of an array."""
        return Thresholds(
            move=self.move[index],
            leading=self.leading[index],
            mask=None if self.mask is None else self.mask[index],
            mask_needs_move=self.mask_needs_move,
        )

    def spread(self, index: AnyIntArray) -> "Thresholds":
        """Return the tables with the (R, C) indices of a block."""
        return Thresholds(
            move=self.move,
            leading=self.leading,
            mask=self.mask,
            mask_needs_move=self.mask_needs_move,
            index=index.astype(np.intp, copy=False),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Brackets:
    """Bounds of the leading bytes of the thresholds at any time.

    If total noise never falls, the threshold of a time lies between those of the grid
    points k/T around it. One more point on either side and a margin allow for rounding.

    Attributes:
        lowest: (T,) smallest leading byte of the times from k/T to (k+1)/T.
        highest: (T,) largest leading byte of these times.
    """

    lowest: ByteArray
    highest: ByteArray

    @classmethod
    def of(cls, grid: WordArray) -> "Brackets":
        """Return the brackets of the thresholds at 0, 1/T, ..., 1, (T+1,)."""
        below = np.concatenate([grid[:1], grid[:-2]])
        above = np.concatenate([grid[2:], grid[-1:]])
        below = below - np.minimum(below, _MARGIN)
        leading = np.stack([below, above + _MARGIN]) >> np.uint64(LEADING_SHIFT)
        lowest, highest = np.minimum(leading, 255).astype(np.uint8)
        return cls(lowest=lowest, highest=highest)

    def find_thresholds(
        self, times: FloatArray, refine: Callable[[IntArray], WordArray]
    ) -> Thresholds:
        """Return the thresholds of a block.

        Args:
            times: (R, C) times in [0, 1].
            refine: returns the thresholds at flat indices.
        """
        lowest = np.empty(times.shape, np.uint8)
        highest = np.empty(times.shape, np.uint8)
        steps = self.lowest.size
        for row in range(0, times.shape[0], 8):  # in parts, which bounds temporaries
            rows = slice(row, row + 8)
            places = (times[rows] * steps).astype(np.intp)
            self.lowest.take(places, out=lowest[rows], mode="clip")
            self.highest.take(places, out=highest[rows], mode="clip")
        return Thresholds(
            move=np.empty((0, 0), np.uint64),
            leading=lowest,
            mask=None,
            mask_needs_move=False,
            refine=refine,
            highest=highest,
        )
