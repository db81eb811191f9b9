"""What random words are compared with: chances as integer thresholds."""

from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from noising.engine.arrays import AnyIntArray, FloatArray, WordArray
from noising.engine.randomness import UNIFORM_BITS

ByteArray: TypeAlias = NDArray[np.uint8]


LEADING_SHIFT: Final = UNIFORM_BITS - 8
"""Bits of a uniform below its leading byte."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Events:
    """Chances that noise strikes a position, in [0, 1], in the noise levels' shape.

    Attributes:
        move: chance that the token is drawn anew; decided by u.
        mask: chance that it becomes the mask; decided by w. None: it never does.
        mask_needs_move: whether only a token that moves can be masked; otherwise
            the two are independent, and a token that is masked is nothing else.
    """

    move: FloatArray
    mask: FloatArray | None = None
    mask_needs_move: bool = False


def thresholds(chance: FloatArray) -> WordArray:
    """Return the integers u is compared with: u·2^-53 < chance iff u < threshold.

    Args:
        chance: probabilities in [0, 1], any shape.

    Returns:
        ceil(chance·2^53) as uint64, shape of `chance`.
    """
    return np.ceil(np.ldexp(chance, UNIFORM_BITS)).astype(np.uint64)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Thresholds of u and w for the positions of a block, or for noise levels.

    The arrays broadcast to the block's (R, C), or they are tables of N noise levels
    and `index` says which level is where.

    Attributes:
        move: thresholds of u.
        leading: their leading bytes, at most 255.
        mask: thresholds of w, or None where there is no second event.
        mask_needs_move: as in `Events`.
        index: (R, C) places in the tables, or None.
    """

    move: WordArray
    leading: ByteArray
    mask: WordArray | None
    mask_needs_move: bool
    index: AnyIntArray | None = None

    @classmethod
    def of(cls, events: Events) -> "Limits":
        """Return the thresholds of chances, in their shape."""
        move = thresholds(events.move)
        leading = np.minimum(move >> np.uint64(LEADING_SHIFT), 255)
        return cls(
            move=move,
            leading=leading.astype(np.uint8),
            mask=None if events.mask is None else thresholds(events.mask),
            mask_needs_move=events.mask_needs_move,
        )

    def tile(self, rows: slice, columns: slice) -> "Limits":
        """Return the thresholds of a part of the block."""
        if self.index is not None:
            return self.spread(self.index[rows, columns])
        by_row, by_column = (size > 1 for size in self.move.shape)
        if not by_row and not by_column:
            return self
        every = slice(None)
        return self.at((rows if by_row else every, columns if by_column else every))

    def at(self, index: Any) -> "Limits":
        """Return the entries at `index`, which may be anything that indexes."""
        return Limits(
            move=self.move[index],
            leading=self.leading[index],
            mask=None if self.mask is None else self.mask[index],
            mask_needs_move=self.mask_needs_move,
        )

    def spread(self, index: AnyIntArray) -> "Limits":
        """Return the tables with the (R, C) places at which a block reads them."""
        return Limits(
            move=self.move,
            leading=self.leading,
            mask=self.mask,
            mask_needs_move=self.mask_needs_move,
            index=index.astype(np.intp, copy=False),
        )
