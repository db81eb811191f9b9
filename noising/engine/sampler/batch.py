"""Checked tokens as rows, with their random coordinates."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from noising.engine.arrays import (
    BoolArray,
    IntArray,
    TokenArray,
    WordArray,
    as_array,
    bounded_integers,
    check_elements,
    check_range,
    integer_array,
)
from noising.engine.errors import EngineError
from noising.engine.graphs import Graph
from noising.engine.randomness import (
    MAX_DRAW,
    MAX_POSITION,
    MAX_SEQUENCE_ID,
    check_seed,
    check_word,
)
from noising.engine.sampler.blocks import cut_array
from noising.engine.sampler.grids import AnyGrid, Grid, RunGrid

KeyMaker: TypeAlias = Callable[[int, IntArray, int, int], tuple[WordArray, WordArray]]
"""Takes seed, sequence ids, draw and step; returns keys and gammas of sequences."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Batch:
    """Checked tokens as rows, with their random coordinates.

    Attributes:
        tokens: (B, L); the range of the ids is checked later, block by block.
        shape: the caller's shape, (L,) or (B, L).
        seed: the seed in use.
        draw: which of several independent draws.
        step: 0, or the number of a step of a Markov path from 1 on.
        sequence_ids: (B,) ids of the rows, or (B, L) of the tokens.
        positions: (B, L) or (1, L) positions of the tokens, or None if they are 0..L-1
            and each row is one sequence.
        protect: (B, L) or (1, L) True where a token never changes, or None.
        lengths: (B,) numbers of positions that are not padding, or None.
        states: whether the tokens are noised already and may contain masks.
    """

    tokens: TokenArray
    shape: tuple[int, ...]
    seed: int
    draw: int
    step: int = 0
    sequence_ids: IntArray
    positions: WordArray | None = None
    protect: BoolArray | None
    lengths: IntArray | None
    states: bool = False

    @property
    def rows(self) -> int:
        """B."""
        return int(self.tokens.shape[0])

    @property
    def length(self) -> int:
        """L."""
        return int(self.tokens.shape[1])

    def cut_tokens(self, rows: slice, columns: slice = slice(None)) -> TokenArray:
        """Return some tokens, C-contiguous and in the machine's byte order."""
        native = self.tokens.dtype.newbyteorder("=")
        return np.ascontiguousarray(self.tokens[rows, columns], native)

    def cut_grid(self, rows: slice, columns: slice, make_keys: KeyMaker) -> AnyGrid:
        """Return the random coordinates of some tokens.

        Args:
            rows: rows of the batch.
            columns: columns of the batch.
            make_keys: `sequence_keys`, or a function with the same results.
        """
        if self.positions is not None:
            positions = cut_array(self.positions, rows, columns)
            return self._cut_runs(rows, columns, positions, make_keys)
        ids = self.sequence_ids[rows]
        keys, gammas = make_keys(self.seed, ids, self.draw, self.step)
        return Grid(
            keys=keys[:, None],
            gammas=gammas[:, None],
            first=columns.start,
            columns=columns.stop - columns.start,
        )

    def _cut_runs(
        self, rows: slice, columns: slice, positions: WordArray, make_keys: KeyMaker
    ) -> RunGrid:
        """Return the coordinates of tokens at some positions, (1, C) or (R, C)."""
        by_token = self.sequence_ids.ndim == 2
        ids = self.sequence_ids[rows, columns if by_token else None]
        shape = ids.shape[0], positions.shape[1]
        starts_here = np.ones(shape, np.bool_)
        for top in range(0, shape[0], 8):  # in parts, which bounds temporaries
            part = slice(top, top + 8)
            inner, there = starts_here[part, 1:], cut_array(positions, part)
            np.not_equal(there[:, 1:] - there[:, :-1], 1, out=inner)
            if by_token:
                inner |= ids[part, 1:] != ids[part, :-1]
        starts = starts_here.reshape(-1).nonzero()[0]
        row, column = np.divmod(starts, shape[1])
        run_ids = ids[row, column if by_token else 0]
        firsts = positions[row if positions.shape[0] > 1 else 0, column]
        keys, gammas = make_keys(self.seed, run_ids, self.draw, self.step)
        return RunGrid.of(shape, keys, gammas, firsts, starts)

    def find_real(self, rows: slice, columns: slice = slice(None)) -> BoolArray | None:
        """Return which positions of some rows are not padding, or None."""
        if self.lengths is None:
            return None
        return np.arange(self.length)[columns] < self.lengths[rows, None]

    def find_fixed(self, rows: slice, columns: slice) -> BoolArray | None:
        """Return where tokens never move, broadcastable to the block, or None."""
        real = self.find_real(rows, columns)
        if self.protect is None:
            return None if real is None else ~real
        protect: BoolArray = cut_array(self.protect, rows, columns)
        return protect if real is None else protect | ~real


def find_real_positions(lengths: Any, length: int) -> BoolArray:
    """Return which positions of padded rows are real, (B, L).

    Raises:
        EngineError: a length is not an integer in 0..L.
    """
    ends = bounded_integers(lengths, "lengths", low=0, high=length)
    return np.asarray(np.arange(length) < ends.reshape(-1, 1))


def check_rows(length: int, shapes: Mapping[str, tuple[int, ...]]) -> None:
    """Check that arguments fit each other and have not too many positions.

    Args:
        length: L.
        shapes: shapes by the names of the arguments: (1 or B, L), or (1 or B, 1) for
            arguments with one value per row.

    Raises:
        EngineError: an argument does not fit those before it.
    """
    rows = 1
    for field, (count, columns, *_) in shapes.items():
        if columns not in (1, length):
            rule = f"must have one value for each of the {length} positions"
            raise EngineError(field, "wrong_length", rule, columns)
        if rows > 1 and count not in (1, rows):
            rule = f"must be for the {rows} rows of the others"
            code = "wrong_shape" if field == "t" else "wrong_length"
            raise EngineError(field, code, rule, count)
        rows = max(rows, count)
        check_elements(rows, length, field="length")


def check_batch(
    tokens: Any,
    graph: Graph,
    *,
    seed: int | None,
    sequence_ids: Any,
    draw: int,
    positions: Any,
    protect: Any,
    lengths: Any,
) -> Batch:
    """Return the caller's arguments as a `Batch`.

    Raises:
        EngineError: an argument is invalid or does not fit the tokens.
    """
    array = shape_tokens(tokens, graph)
    rows = array if array.ndim == 2 else array[None]
    ids = _check_sequence_ids(sequence_ids, rows.shape, array.ndim)
    return Batch(
        tokens=rows,
        shape=array.shape,
        seed=check_seed(seed),
        draw=check_word(draw, "draw", MAX_DRAW),
        sequence_ids=ids,
        positions=_check_positions(positions, array.shape, by_token=ids.ndim == 2),
        protect=_check_protect(protect, array.shape),
        lengths=_check_lengths(lengths, rows.shape, array.ndim),
    )


def check_tokens(tokens: Any, graph: Graph) -> TokenArray:
    """Return token ids as an array in their own dtype, (L,) or (B, L).

    Raises:
        EngineError: in the cases of `shape_tokens` and `check_ids`.
    """
    array = shape_tokens(tokens, graph)
    check_ids(array, graph)
    return array


def check_ids(array: TokenArray, graph: Graph) -> None:
    """Check that every id lies in 0..V-1.

    Raises:
        EngineError: an id is out of range; names the first one.
    """
    check_range(array, "tokens", low=0, high=graph.vocab_size - 1)


def shape_tokens(tokens: Any, graph: Graph) -> TokenArray:
    """Return tokens as an array of integers, (L,) or (B, L), without checking ids.

    Raises:
        EngineError: not integers, no tokens, another shape, or a dtype that cannot
            represent every state.
    """
    array = integer_array(tokens, "tokens")
    if array.ndim not in (1, 2) or array.size == 0:
        raise EngineError(
            "tokens",
            "wrong_shape",
            "must be (L,) or (B, L) with at least one token",
            list(array.shape),
            "pad rows of different lengths and pass `lengths`",
        )
    top = graph.num_states - 1
    if top >> (8 * array.itemsize - (array.dtype.kind == "i")):
        raise EngineError(
            "tokens",
            "dtype_too_small",
            f"must have a dtype that holds the id {top}",
            array.dtype.name,
            "use int32 or int64",
        )
    return array


def _check_sequence_ids(
    sequence_ids: Any, shape: tuple[int, ...], ndim: int
) -> IntArray:
    """Return the ids of (B, L) tokens as (B,) or (B, L)."""
    count = shape[0]
    if sequence_ids is None:
        return np.arange(count)
    given = bounded_integers(sequence_ids, "sequence_ids", low=0, high=MAX_SEQUENCE_ID)
    ids: IntArray = given.astype(np.int64, copy=False)
    if ids.shape == (count,) or (ndim == 1 and ids.ndim == 0):
        return ids.reshape(count)
    if ids.shape == shape[-ndim:]:
        return ids.reshape(shape)
    rule = f"must have one id for each of the {count} rows, or one for each token"
    raise EngineError("sequence_ids", "wrong_length", rule, list(ids.shape))


def _check_positions(
    positions: Any, shape: tuple[int, ...], *, by_token: bool
) -> WordArray | None:
    """Return the positions of tokens of a shape, (1, L) or (B, L).

    None stands for 0..L-1 in rows of one sequence each.
    """
    if positions is None:
        return np.arange(shape[-1], dtype=np.uint64)[None] if by_token else None
    array = bounded_integers(positions, "positions", low=0, high=MAX_POSITION)
    if array.shape not in (shape, shape[-1:]):
        rule = f"must have the tokens' shape {list(shape)}, or that of a row"
        raise EngineError("positions", "wrong_shape", rule, list(array.shape))
    is_signed = array.dtype == np.int64  # the most common type is not copied
    words = array.view(np.uint64) if is_signed else array.astype(np.uint64, copy=False)
    return np.atleast_2d(words)


def _check_protect(protect: Any, shape: tuple[int, ...]) -> BoolArray | None:
    if protect is None:
        return None
    mask = as_array(protect)
    if mask.dtype != np.bool_:
        raise EngineError("protect", "not_a_mask", "must be an array of bool", protect)
    if mask.shape not in (shape, shape[-1:]):
        rule = f"must have the tokens' shape {list(shape)}"
        raise EngineError("protect", "wrong_shape", rule, list(mask.shape))
    return np.atleast_2d(mask)


def _check_lengths(lengths: Any, shape: tuple[int, ...], ndim: int) -> IntArray | None:
    if lengths is None:
        return None
    array = bounded_integers(lengths, "lengths", low=0, high=shape[1])
    if array.shape != (shape[0],) and not (ndim == 1 and array.ndim == 0):
        rule = f"must have one length for each of the {shape[0]} rows"
        raise EngineError("lengths", "wrong_length", rule, list(array.shape))
    return array.reshape(shape[0]).astype(np.int64)
