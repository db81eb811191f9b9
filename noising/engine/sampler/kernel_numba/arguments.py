"""A block and its outcome as plain arrays, as compiled functions take them."""

import functools
from typing import Any, Final, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from noising.engine.arrays import AnyArray, BoolArray, WordArray
from noising.engine.replacements import Even, EvenWithout, Table
from noising.engine.sampler.blocks import EventBlock, Outcome
from noising.engine.sampler.grids import Grid
from noising.engine.sampler.thresholds import ByteArray

EVEN: Final = 0
CONSTANT: Final = 1
TABLE: Final = 2

NO_EVENT: Final = 0
ALONE: Final = 1
WITH_MOVE: Final = 2

_NO_THRESHOLDS: Final = np.empty((0, 0), np.uint64)
_NO_PLACES: Final = np.empty((0, 0), np.int64)
_NOTHING_FIXED: Final = np.empty((0, 0), np.bool_)

_Array = TypeVar("_Array", bound=AnyArray)


class Where(NamedTuple):
    """Decides which tokens of a block are resampled; absent arrays have no rows.

    Attributes:
        keys: (R, 1) uint64.
        gammas: (R, 1) uint64.
        first: position of the block's first column.
        move: thresholds of u, broadcastable to (R, C), or (1, N) with an index.
        leading: leading bytes of `move`.
        mask: thresholds of w in the same form.
        places: (R, C) indices into the thresholds.
        fixed: (R, C) or (1, C) positions that never move.
        event: NO_EVENT, ALONE or WITH_MOVE.
    """

    keys: WordArray
    gammas: WordArray
    first: np.uint64
    move: WordArray
    leading: ByteArray
    mask: WordArray
    places: NDArray[np.int64]
    fixed: BoolArray
    event: int


class Draw(NamedTuple):
    """Decides what replaces a token.

    Attributes:
        kind: EVEN, CONSTANT or TABLE.
        one: the number of ids for EVEN, or the id for CONSTANT.
        left_out: the id that EVEN skips; a larger one than any skips none.
        mask_id: the id of a masked token.
        present: ids of the table.
        edges: as in `Table`.
        guide: as in `Table`.
        shift: as in `Table`.
    """

    kind: int
    one: np.uint64
    left_out: np.uint64
    mask_id: np.uint64
    present: NDArray[np.int64]
    edges: WordArray
    guide: NDArray[np.int32]
    shift: np.uint64


def make_plain(array: _Array) -> _Array:
    """Return an array in the memory layout that the kernel is compiled for."""
    flags = array.flags
    plain = flags.c_contiguous and flags.aligned and flags.writeable
    return array if plain else array.copy()


def describe_block(block: EventBlock, grid: Grid) -> Where:
    """Return the arguments that decide which tokens of a block are resampled.

    Args:
        block: the block.
        grid: its grid, of consecutive positions.
    """
    thresholds, fixed = block.level, block.fixed
    mask, index = thresholds.mask, thresholds.index
    event = NO_EVENT
    if mask is not None:
        event = WITH_MOVE if thresholds.mask_needs_move else ALONE
    places: Any = _NO_PLACES if index is None else make_plain(index)
    return Where(
        keys=make_plain(grid.keys),
        gammas=make_plain(grid.gammas),
        first=np.uint64(grid.first),
        move=_spread_table(thresholds.move),
        leading=_spread_table(thresholds.leading),
        mask=_NO_THRESHOLDS if mask is None else _spread_table(mask),
        places=places,
        fixed=_NOTHING_FIXED if fixed is None else make_plain(fixed),
        event=event,
    )


def _spread_table(thresholds: AnyArray) -> Any:
    """Return thresholds with two axes; a table becomes one row."""
    return make_plain(thresholds if thresholds.ndim == 2 else thresholds[None])


@functools.lru_cache(maxsize=64)
def describe_outcome(outcome: Outcome) -> Draw:
    """Return the arguments that decide what replaces tokens."""
    replacement = outcome.replacement
    draw = Draw(
        kind=EVEN,
        one=np.uint64(0),
        left_out=np.uint64((1 << 64) - 1),
        mask_id=np.uint64(outcome.mask_id),
        present=np.empty(0, np.int64),
        edges=np.empty(0, np.uint64),
        guide=np.empty(0, np.int32),
        shift=np.uint64(0),
    )
    if isinstance(replacement, Even):
        return draw._replace(one=np.uint64(replacement.size))
    if isinstance(replacement, EvenWithout):
        left_out = np.uint64(replacement.left_out)
        return draw._replace(one=np.uint64(replacement.size), left_out=left_out)
    if isinstance(replacement, Table):
        return draw._replace(
            kind=TABLE,
            present=replacement.present,
            edges=replacement.edges,
            guide=replacement.guide,
            shift=np.uint64(replacement.shift),
        )
    constant = replacement.ids(np.zeros(1, np.uint64))[0]
    return draw._replace(kind=CONSTANT, one=constant)
