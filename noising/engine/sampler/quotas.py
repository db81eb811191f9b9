"""Which positions move where a call fixes their number.

Each position moves at some time as t rises from 0: under noise that depends on time
only, position i does when the move chance exceeds its u, so those with the smallest u
move first. A quota moves the first k of each row or block, or at least so many.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import numpy as np

from noising.engine.arrays import (
    AnyArray,
    BoolArray,
    IntArray,
    WordArray,
    bounded_integers,
    repeat_blocks,
)
from noising.engine.errors import EngineError
from noising.engine.noise_time import NoiseTime
from noising.engine.randomness import UNIFORM_BITS, Stream
from noising.engine.sampler.batch import Batch, KeyMaker
from noising.engine.sampler.blocks import TILE, cut_array, list_tiles, round_to_eights
from noising.engine.sampler.grids import AnyGrid, Places
from noising.engine.sampler.noise_levels import NoiseLevels, PositionNoise, shape_time
from noising.engine.sampler.thresholds import LEADING_SHIFT
from noising.engine.sampler.words import REST_SHIFT, Hasher

MAX_COUNT: Final = 1 << 60
"""Largest number of positions, and largest width of a block, that a call may name."""

_ROWS: Final = 1 << 12

Refine: TypeAlias = Callable[[IntArray], tuple[WordArray, ...]]
"""Takes flat indices of positions; returns what orders those with equal keys, the least
significant first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Quota:
    """How many positions of each block of a row move.

    Attributes:
        numbers: (B,) or (1,) numbers of positions, at most `width`.
        is_exact: whether exactly so many move, else at least so many.
        width: columns of a block; the last block of a row may be shorter.
        blocks: number of blocks of a row.
    """

    numbers: IntArray
    is_exact: bool
    width: int
    blocks: int

    @property
    def field(self) -> str:
        """The argument that it comes from."""
        return "count" if self.is_exact else "at_least"

    def list_numbers(self, rows: slice) -> IntArray:
        """Return the number for each block of some rows, (N,), or one for all, (1,)."""
        if self.numbers.size == 1:
            return self.numbers
        return self.numbers[rows].repeat(self.blocks)


def check_quota(count: Any, at_least: Any, block: Any, batch: Batch) -> Quota | None:
    """Return the quota of a call, or None without one.

    Raises:
        EngineError: arguments that exclude each other or do not fit the tokens.
    """
    if count is None and at_least is None:
        if block is not None:
            rule = "must be given with `count` or `at_least`"
            raise EngineError("block", "not_alone", rule, block)
        return None
    if count is not None and at_least is not None:
        rule = "must not be given with `at_least`"
        way_out = "`count` moves exactly so many, `at_least` so many or more"
        raise EngineError("count", "not_together", rule, count, way_out)
    field, value = ("at_least", at_least) if count is None else ("count", count)
    numbers = bounded_integers(value, field, low=0, high=MAX_COUNT)
    if numbers.ndim and numbers.shape != (batch.rows,):
        rule = f"must be an integer, or one for each of the {batch.rows} rows"
        raise EngineError(field, "wrong_shape", rule, list(numbers.shape))
    width = batch.length
    if block is not None:
        given = bounded_integers(block, "block", low=1, high=MAX_COUNT)
        if given.ndim:
            raise EngineError("block", "wrong_shape", "must be one integer", block)
        width = min(int(given), width)
    return Quota(
        numbers=np.minimum(numbers.reshape(-1), width).astype(np.int64),
        is_exact=at_least is None,
        width=width,
        blocks=-(-batch.length // width),
    )


def check_order(
    quota: Quota,
    levels: NoiseLevels,
    batch: Batch,
    time: NoiseTime,
    noise: PositionNoise | None,
) -> None:
    """Check that the order is known in which the positions of a block move.

    Raises:
        EngineError: it is not known for noise by position, the times of the block
            differ, or the graph has other events than one move.
    """
    require_one_event(levels, quota.field)
    if noise is not None and not noise.has_order:
        raise EngineError(
            quota.field,
            "not_together",
            "must not be given with a `hyperschedule` that has no closed form for the "
            "time at which a position moves",
            quota.numbers.tolist(),
            "pass `weights`, or leave it out",
        )
    given = shape_time(time, batch)
    starts = repeat_blocks(given[:, :: quota.width], quota.width, given.shape[1])
    if (given != starts).any():
        raise EngineError(
            quota.field,
            "not_together",
            f"must not be given with a `{time.field}` that differs within a row or, "
            "with `block`, within a block",
            list(given.shape),
            "repeat a time for each block by `block_times`, and pass its width as "
            "`block`",
        )


def require_one_event(levels: NoiseLevels, field: str) -> None:
    """Check that noise does one thing to a token: it is resampled at some time.

    Raises:
        EngineError: it does not.
    """
    if not levels.has_one_event:
        raise EngineError(
            field,
            "not_one_event",
            "needs a `graph` with one event, as `uniform`, `absorbing` and `marginal`",
            type(levels.graph).__name__,
            "change the graph, or leave it out",
        )


def choose_moving(
    quota: Quota,
    batch: Batch,
    noise: PositionNoise | None,
    moved: BoolArray | None,
    make_keys: KeyMaker,
) -> BoolArray:
    """Return which positions move, (B, L).

    Args:
        quota: how many of each block.
        batch: the tokens.
        noise: noise by position, or None if it depends on time only.
        moved: (B, L) which positions move by chance, or None if the quota is exact.
        make_keys: `sequence_keys`, or a function with the same results.
    """
    length, width = batch.length, quota.width
    chosen = np.empty((batch.rows, length), np.bool_) if moved is None else moved.copy()
    most = 8 * TILE if noise is None else TILE  # bytes need less memory than numbers
    height = min(max(most // round_to_eights(length), 1), _ROWS)
    hasher = Hasher(TILE)
    for top in range(0, batch.rows, height):
        rows = slice(top, min(top + height, batch.rows))
        numbers = quota.list_numbers(rows)
        if moved is not None:
            counts = np.add.reduceat(
                moved[rows], np.arange(0, length, width), axis=1, dtype=np.int64
            )
            short = counts < numbers.reshape(
                -1, 1 if numbers.size == 1 else quota.blocks
            )
            if not short.any():
                continue
        grid = batch.cut_grid(rows, slice(0, length), make_keys)
        keys, refine = _order_positions(batch, rows, grid, noise, hasher)
        first = _find_first(keys, numbers, quota, refine)
        if moved is None:
            chosen[rows] = first
        else:
            chosen[rows] |= first & repeat_blocks(short, width, length)
    return chosen


def _order_positions(
    batch: Batch,
    rows: slice,
    grid: AnyGrid,
    noise: PositionNoise | None,
    hasher: Hasher,
) -> tuple[AnyArray, Refine]:
    """Return keys that rise with the time at which positions move, (R, L).

    Positions that must not move have the largest value of the keys' type.
    """
    fixed = batch.find_fixed(rows, slice(0, batch.length))
    leading = hasher.draw_leading_bytes(grid)

    def draw_rest(flat: IntArray) -> WordArray:
        rest = np.empty(flat.size, np.uint64)
        for start in range(0, flat.size, TILE):
            part = slice(start, start + TILE)
            places = Places(flat[part], (grid.rows, grid.columns))
            np.right_shift(
                hasher.draw_at(grid, places, Stream.REFINE), REST_SHIFT, out=rest[part]
            )
        return rest

    def find_positions(flat: IntArray) -> WordArray:
        row, column = np.divmod(flat, grid.columns)
        if batch.positions is None:
            return column.view(np.uint64)
        positions = np.broadcast_to(
            cut_array(batch.positions, rows), (grid.rows, grid.columns)
        )
        return np.asarray(positions[row, column])

    keys: AnyArray
    if noise is None:  # few of a block's leading bytes equal that of the last to move
        keys = leading.astype(np.uint16)
        if fixed is not None:
            keys[np.broadcast_to(fixed, keys.shape)] = _never(keys)
        return keys, lambda flat: (find_positions(flat), draw_rest(flat))
    u = leading.astype(np.uint64)
    u <<= np.uint64(LEADING_SHIFT)
    for part in list_tiles(u.shape):
        rest = hasher.draw(grid.cut(*part), Stream.REFINE)
        rest >>= REST_SHIFT
        u[part] |= rest
    uniforms = np.ldexp(u.astype(np.float64), -UNIFORM_BITS)
    keys = noise.order(rows, uniforms, batch.cut_tokens(rows))
    if fixed is not None:
        keys = np.where(fixed, _never(keys), keys)
    return keys, lambda flat: (find_positions(flat),)


def _find_first(
    keys: AnyArray, numbers: IntArray, quota: Quota, refine: Refine
) -> BoolArray:
    """Return which positions have the smallest keys of their block, (R, L)."""
    (rows, length), width = keys.shape, quota.width
    never = _never(keys)
    if length % width:
        whole = np.full((rows, quota.blocks * width), never, keys.dtype)
        whole[:, :length] = keys
        keys = whole
    blocks = keys.reshape(-1, width)
    last = np.maximum(numbers, 1) - 1
    if last.size == 1:
        place = last.item()
        limits = np.partition(blocks, place, axis=1)[:, place, None]
    else:
        limits = np.take_along_axis(np.sort(blocks, axis=1), last[:, None], axis=1)
    chosen = blocks <= limits
    chosen &= blocks < never
    counts = np.count_nonzero(chosen, axis=1)
    ties = blocks == limits
    ties &= (counts > numbers)[:, None]
    tied = ties.reshape(-1).nonzero()[0]
    if tied.size:
        block, place = np.divmod(tied, width)
        left = np.bincount(block, minlength=counts.size) - (counts - numbers)
        flat = block // quota.blocks * length + block % quota.blocks * width + place
        order = np.lexsort((*refine(flat), block))
        block = block[order]
        rank = np.arange(block.size) - block.searchsorted(block)
        chosen.reshape(-1)[tied[order]] = rank < left[block]
    return chosen.reshape(rows, -1)[:, :length]


def _never(keys: AnyArray) -> Any:
    """Return the key of positions that must not move, above those of all others."""
    kind = np.finfo if keys.dtype.kind == "f" else np.iinfo
    return kind(keys.dtype).max
