"""Choice of a value for each token by its case: the mask, x_0 or another data token.

NumPy's `where` is slow if the cases are mixed at random, since it branches at each
token. Here masks select the bits of the values, which takes a fifth of the time, and
blocks of tokens are checked and compared while they are in the cache.
"""

from collections.abc import Callable, Iterator
from typing import Any, Final

import numpy as np

from noising.engine.arrays import AnyArray, AnyIntArray, BoolArray, small_buffers
from noising.engine.graphs import Graph

_BLOCK_TOKENS: Final = 1 << 15


def select_by_case(
    graph: Graph,
    xt: AnyIntArray,
    x0: AnyIntArray,
    values: AnyArray,
    *,
    fixed: BoolArray | None,
    refuse: Callable[[], Any],
) -> AnyArray:
    """Return a value for each token.

    Args:
        graph: says which ids are states and data tokens, and which is the mask.
        xt: states, of the result's shape.
        x0: clean tokens, of the result's shape.
        values: (3, ...) float32 or float64 for an x_t that is the mask, x_0 or another
            data token; their other axes fit the result's shape.
        fixed: where the value is 0, of the result's shape; None for nowhere.
        refuse: raises the error for tokens out of range; called if there are any.

    Returns:
        The values, in their dtype.
    """
    words = np.dtype(f"u{values.itemsize}")
    masked, same, other = values.view(words)
    shape = -1, xt.shape[-1] if xt.ndim else 1

    def as_rows(array: AnyArray) -> AnyArray:
        return np.broadcast_to(array, xt.shape).reshape(shape)

    # Each case's bits are those of x_0 with the bits flipped that differ.
    flips = as_rows(masked ^ same), as_rows(other ^ same)
    start = as_rows(same) if same.any() else None
    states, clean = as_rows(xt), as_rows(x0)
    chosen = np.empty(states.shape, words)
    with small_buffers():
        for block in _blocks(*chosen.shape):
            in_range = _flip(
                graph,
                chosen[block],
                states[block],
                clean[block],
                *(f[block] for f in flips),
            )
            if not in_range:
                refuse()
            if start is not None:
                chosen[block] ^= start[block]
    if fixed is not None:
        kept = np.empty_like(chosen)
        _write_masks(~as_rows(fixed), kept)
        chosen &= kept
    return chosen.view(values.dtype).reshape(xt.shape)


def _blocks(rows: int, width: int) -> Iterator[tuple[slice, slice]]:
    """Yield blocks of whole rows, or parts of rows that are longer than a block."""
    height = max(_BLOCK_TOKENS // max(width, 1), 1)
    for row in range(0, rows, height):
        for column in range(0, width, _BLOCK_TOKENS):
            yield slice(row, row + height), slice(column, column + _BLOCK_TOKENS)


def _flip(
    graph: Graph,
    chosen: AnyArray,
    xt: AnyIntArray,
    x0: AnyIntArray,
    masked: AnyArray,
    other: AnyArray,
) -> bool:
    """Write the bits to flip in one block to `chosen`; return whether ids are valid."""
    is_valid = _are_below(x0, graph.vocab_size)
    is_other = xt != x0
    is_mask = None if graph.mask_id is None else xt == graph.mask_id
    if is_mask is not None:
        is_other &= ~is_mask
        is_valid = is_valid and not (graph.mask_inside and (x0 == graph.mask_id).any())
    if is_mask is None or is_other.any():
        is_valid = is_valid and _are_below(xt, graph.num_states)
        _write_masks(is_other, chosen)
        chosen &= other
        if is_mask is not None:
            bits = np.empty_like(chosen)
            _write_masks(is_mask, bits)
            bits &= masked
            chosen |= bits
    else:
        _write_masks(is_mask, chosen)
        chosen &= masked
    return is_valid


def _are_below(ids: AnyIntArray, limit: int) -> bool:
    """Return whether all ids lie in 0..limit-1: read as unsigned, others are larger."""
    return int(ids.view(f"{ids.dtype.byteorder}u{ids.itemsize}").max()) < limit


def _write_masks(flags: BoolArray, words: AnyArray) -> None:
    """Write words of ones where a flag is set, and of zeros elsewhere."""
    signed = words.view(f"i{words.itemsize}")
    signed[...] = np.negative(flags.view(np.int8))
