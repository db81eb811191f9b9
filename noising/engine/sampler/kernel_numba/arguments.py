"""A block and its outcome as plain arrays, for a kernel that knows no objects."""

import functools
from typing import Any, Final, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from noising.engine.arrays import AnyArray, BoolArray, WordArray
from noising.engine.replacements import Even, Table
from noising.engine.sampler.blocks import LimitedBlock, Outcome
from noising.engine.sampler.thresholds import ByteArray

EVEN: Final = 0
CONSTANT: Final = 1
TABLE: Final = 2

NO_EVENT: Final = 0
ALONE: Final = 1
WITH_MOVE: Final = 2

_Array = TypeVar("_Array", bound=AnyArray)


class Where(NamedTuple):
    """What decides where noise strikes in a block; absent arrays have no rows.

    Attributes:
        keys: (R, 1) uint64.
        gammas: (R, 1) uint64.
        first: position of the block's first column.
        move: thresholds of u, broadcastable to (R, C), or (1, N) with an index.
        leading: their leading bytes.
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
    """What replaces a token.

    Attributes:
        kind: EVEN, CONSTANT or TABLE.
        one: the number of even ids, or the constant.
        mask_id: what a second event gives.
        present: ids of the table.
        edges: as in `Table`.
        guide: as in `Table`.
        shift: as in `Table`.
    """

    kind: int
    one: np.uint64
    mask_id: np.uint64
    present: NDArray[np.int64]
    edges: WordArray
    guide: NDArray[np.int32]
    shift: np.uint64


def plain(array: _Array) -> _Array:
    """Return an array of the kind the kernel is compiled for."""
    flags = array.flags
    plain = flags.c_contiguous and flags.aligned and flags.writeable
    return array if plain else array.copy()


def where_of(block: LimitedBlock) -> Where:
    """Return what decides where noise strikes in a block."""
    limits, grid = block.level, block.grid
    event = NO_EVENT
    if limits.mask is not None:
        event = WITH_MOVE if limits.mask_needs_move else ALONE
    nothing = np.empty((0, 0), np.uint64)
    index: Any = limits.index
    return Where(
        keys=plain(grid.keys),
        gammas=plain(grid.gammas),
        first=np.uint64(grid.first),
        move=plain(np.atleast_2d(limits.move)),
        leading=plain(np.atleast_2d(limits.leading)),
        mask=nothing if limits.mask is None else plain(np.atleast_2d(limits.mask)),
        places=nothing.view(np.int64) if index is None else plain(index),
        fixed=nothing.astype(np.bool_) if block.fixed is None else plain(block.fixed),
        event=event,
    )


@functools.lru_cache(maxsize=64)
def draw_of(outcome: Outcome) -> Draw:
    """Return what replaces tokens."""
    replacement = outcome.replacement
    draw = Draw(
        kind=EVEN,
        one=np.uint64(0),
        mask_id=np.uint64(outcome.mask_id),
        present=np.empty(0, np.int64),
        edges=np.empty(0, np.uint64),
        guide=np.empty(0, np.int32),
        shift=np.uint64(0),
    )
    if isinstance(replacement, Even):
        return draw._replace(one=np.uint64(replacement.size))
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
