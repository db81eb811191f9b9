"""From a caller's tokens to noised tokens: checks, blocks, the result object."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import numpy as np

from noising.engine.arrays import (
    BoolArray,
    IntArray,
    TokenArray,
    WordArray,
    bounded_integers,
    check_range,
    integer_array,
)
from noising.engine.errors import EngineError
from noising.engine.graphs import MASK, Graph
from noising.engine.kernels import BLOCK_TOKENS, Block, put_constant, put_uniform
from noising.engine.randomness import (
    MAX_DRAW,
    MAX_SEQUENCE_ID,
    checked_seed,
    checked_word,
    sequence_keys,
)

Limits: TypeAlias = Callable[[slice, slice], WordArray]
"""Rows and columns to the thresholds there, broadcastable to their block."""

MAX_THREADS: Final = 256


class Noised:
    """The result of `noise`.

    Attributes:
        tokens: noised tokens, the input's shape and dtype.
        alpha: alpha at the requested times, in their shape.
        seed: the seed used; give it again for the same result.
    """

    __slots__ = (
        "_changed",
        "_clean",
        "_moved",
        "_resampled",
        "alpha",
        "seed",
        "tokens",
    )

    def __init__(
        self,
        *,
        tokens: TokenArray,
        alpha: Any,
        seed: int,
        clean: TokenArray,
        moved: Callable[[], BoolArray],
    ) -> None:
        self.tokens = tokens
        self.alpha = alpha
        self.seed = seed
        self._clean = clean
        self._moved = moved
        self._resampled: BoolArray | None = None
        self._changed: BoolArray | None = None

    @property
    def resampled(self) -> BoolArray:
        """True where noise struck, even if it left the same id; made on first use.

        It is drawn again from the seed, so the input must not have been altered.
        """
        if self._resampled is None:
            self._resampled = self._moved()
        return self._resampled

    @property
    def changed(self) -> BoolArray:
        """True where the id differs from the input's; made on first use."""
        if self._changed is None:
            self._changed = np.asarray(self.tokens != self._clean)
        return self._changed


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Checked tokens as rows, with their random coordinates.

    Attributes:
        tokens: (B, L), C-contiguous.
        shape: the caller's shape, (L,) or (B, L).
        seed: the seed in use.
        draw: which of several independent draws.
        keys: (B, 1) keys of the rows.
        gammas: (B, 1) gammas of the rows.
        protect: (B, L) or (1, L) True where a token never changes, or None.
        real: (B, L) False at padding, or None.
    """

    tokens: TokenArray
    shape: tuple[int, ...]
    seed: int
    draw: int
    keys: WordArray
    gammas: WordArray
    protect: BoolArray | None
    real: BoolArray | None

    @property
    def rows(self) -> int:
        """B."""
        return int(self.tokens.shape[0])

    @property
    def length(self) -> int:
        """L."""
        return int(self.tokens.shape[1])

    def fixed(self, rows: slice, columns: slice) -> BoolArray | None:
        """Return where a block's tokens never move, or None."""
        fixed = None
        if self.protect is not None:
            fixed = cut(self.protect, rows, columns)
        if self.real is not None:
            padding = ~self.real[rows, columns]
            fixed = padding if fixed is None else fixed | padding
        return fixed


def cut(array: np.ndarray, rows: slice, columns: slice) -> Any:
    """Return a block of an array whose row axis may be broadcast."""
    return array[rows if array.shape[0] > 1 else slice(None), columns]


def checked_tokens(tokens: Any, graph: Graph) -> TokenArray:
    """Return token ids as an array of its own dtype, (L,) or (B, L).

    Raises:
        EngineError: no integers, no token, another shape, an id outside the
            vocabulary or a dtype that cannot hold every state.
    """
    array = integer_array(tokens, "tokens")
    if array.ndim not in (1, 2) or array.size == 0:
        raise EngineError(
            "tokens",
            "wrong_shape",
            "must be (L,) or (B, L) with at least one token",
            list(array.shape),
            "ragged rows: pad them and give `lengths`",
        )
    if not array.dtype.isnative:
        array = array.astype(array.dtype.newbyteorder("="))
    top = graph.num_states - 1
    if top > np.iinfo(array.dtype).max:
        raise EngineError(
            "tokens",
            "dtype_too_small",
            f"must have a dtype that holds the id {top}",
            array.dtype.name,
            "use int32 or int64",
        )
    check_range(array, "tokens", low=0, high=graph.vocab_size - 1)
    return array


def checked_batch(
    tokens: Any,
    graph: Graph,
    *,
    seed: int | None,
    sequence_ids: Any,
    draw: int,
    protect: Any,
    lengths: Any,
) -> Batch:
    """Return the caller's arguments as a `Batch`.

    Raises:
        EngineError: naming the argument that does not fit.
    """
    array = checked_tokens(tokens, graph)
    rows = np.ascontiguousarray(np.atleast_2d(array))
    used = checked_seed(seed)
    ids = _sequence_ids(sequence_ids, rows.shape[0], array.ndim)
    checked_draw = checked_word(draw, "draw", MAX_DRAW)
    keys, gammas = sequence_keys(used, ids, checked_draw)
    return Batch(
        tokens=rows,
        shape=array.shape,
        seed=used,
        draw=checked_draw,
        keys=keys[:, None],
        gammas=gammas[:, None],
        protect=_protect(protect, array.shape),
        real=_real(lengths, rows.shape, array.ndim),
    )


def _sequence_ids(sequence_ids: Any, count: int, ndim: int) -> IntArray:
    if sequence_ids is None:
        return np.arange(count)
    ids = bounded_integers(sequence_ids, "sequence_ids", low=0, high=MAX_SEQUENCE_ID)
    if ids.shape != (count,) and not (ndim == 1 and ids.ndim == 0):
        rule = f"must have one id for each of the {count} rows"
        raise EngineError("sequence_ids", "wrong_length", rule, list(ids.shape))
    return ids.reshape(count).astype(np.int64)


def _protect(protect: Any, shape: tuple[int, ...]) -> BoolArray | None:
    if protect is None:
        return None
    mask = np.asarray(protect)
    if mask.dtype != np.bool_:
        raise EngineError("protect", "not_a_mask", "must be an array of bool", protect)
    if mask.shape not in (shape, shape[-1:]):
        rule = f"must have the tokens' shape {list(shape)}"
        raise EngineError("protect", "wrong_shape", rule, list(mask.shape))
    return np.atleast_2d(mask)


def _real(lengths: Any, shape: tuple[int, ...], ndim: int) -> BoolArray | None:
    if lengths is None:
        return None
    array = bounded_integers(lengths, "lengths", low=0, high=shape[1])
    if array.shape != (shape[0],) and not (ndim == 1 and array.ndim == 0):
        rule = f"must have one length for each of the {shape[0]} rows"
        raise EngineError("lengths", "wrong_length", rule, list(array.shape))
    return np.arange(shape[1]) < array.reshape(shape[0], 1)


def checked_out(out: Any, tokens: TokenArray, shape: tuple[int, ...]) -> TokenArray:
    """Return the array to write to, (B, L): the caller's or a new one.

    Raises:
        EngineError: `out` has another shape or dtype, is not C-contiguous and
            writable, or overlaps the tokens.
    """
    if out is None:
        return np.empty_like(tokens)
    fits = (
        isinstance(out, np.ndarray)
        and out.shape == shape
        and out.dtype == tokens.dtype
        and out.flags.c_contiguous
        and out.flags.writeable
    )
    if not fits:
        rule = f"must be a writable C-contiguous {tokens.dtype.name} array of {shape}"
        raise EngineError("out", "wrong_array", rule, type(out).__name__)
    if np.may_share_memory(out, tokens):
        raise EngineError(
            "out", "overlap", "must not overlap the tokens", "the same memory"
        )
    return np.asarray(out.reshape(tokens.shape))


def checked_threads(threads: int) -> int:
    """Return the number of threads.

    Raises:
        EngineError: it is not an integer in 1..256.
    """
    if isinstance(threads, bool) or not isinstance(threads, (int, np.integer)):
        raise EngineError("threads", "not_an_integer", "must be an integer", threads)
    if not 1 <= threads <= MAX_THREADS:
        rule = f"must lie in 1..{MAX_THREADS}"
        raise EngineError("threads", "out_of_range", rule, threads)
    return int(threads)


def blocks(batch: Batch) -> Iterator[tuple[slice, slice]]:
    """Yield rows and columns of blocks of about BLOCK_TOKENS tokens.

    Columns start at multiples of 8, since eight positions share a word.
    """
    columns = min(batch.length, BLOCK_TOKENS)
    rows = max(1, BLOCK_TOKENS // columns)
    for top in range(0, batch.rows, rows):
        for left in range(0, batch.length, columns):
            bottom, right = (
                min(top + rows, batch.rows),
                min(left + columns, batch.length),
            )
            yield slice(top, bottom), slice(left, right)


def _block(batch: Batch, rows: slice, columns: slice) -> Block:
    return Block(
        keys=batch.keys[rows],
        gammas=batch.gammas[rows],
        first=columns.start,
        columns=columns.stop - columns.start,
    )


def write_noised(
    batch: Batch, graph: Graph, limits: Limits, out: TokenArray, threads: int
) -> None:
    """Fill `out` with the noised tokens; the same bytes for any `threads`.

    Args:
        batch: checked tokens.
        graph: says where a moved token goes.
        limits: thresholds of the move uniform, by rows and columns.
        out: (B, L) result.
        threads: blocks worked on at once.
    """

    def work(place: tuple[slice, slice]) -> None:
        block = _block(batch, *place)
        moved = block.moved(limits(*place), batch.fixed(*place))
        tokens, target = batch.tokens[place], out[place]
        if graph.REPLACEMENT == MASK and graph.mask_id is not None:
            put_constant(tokens, target, moved, graph.mask_id)
        else:
            put_uniform(block, tokens, target, moved, graph.vocab_size)

    places = blocks(batch)
    if threads == 1 or batch.tokens.size <= BLOCK_TOKENS:
        for place in places:
            work(place)
        return
    with ThreadPoolExecutor(threads) as pool:
        for _ in pool.map(work, places):
            pass


def draw_moved(batch: Batch, limits: Limits) -> BoolArray:
    """Return where noise strikes, in the caller's shape."""
    moved = np.empty(batch.tokens.shape, np.bool_)
    for place in blocks(batch):
        fixed = batch.fixed(*place)
        moved[place] = _block(batch, *place).moved(limits(*place), fixed)
    return moved.reshape(batch.shape)
