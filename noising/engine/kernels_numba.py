"""The sampling kernel compiled by numba, word for word the one in NumPy.

Rows are worked on in pieces of a few hundred positions, whose flags stay in the
first-level cache; the loops over a piece have no branch, so that the compiler turns
them into vector instructions. All integers are uint64: numba makes float64 of a sum
of uint64 and int64.

Only `noising.engine.backends` imports this module, where the compiled kernel is
asked for.
"""

import functools
from typing import Any, ClassVar, Final

import numba
import numpy as np
from numba.core import caching, types

from noising.engine.arrays import BoolArray, TokenArray, quiet
from noising.engine.kernel_arguments import (
    CONSTANT,
    EVEN,
    NO_EVENT,
    WITH_MOVE,
    Draw,
    Where,
    draw_of,
    plain,
    where_of,
)
from noising.engine.kernels import LimitedBlock, Outcome, Worker
from noising.engine.limits import LEADING_SHIFT
from noising.engine.randomness import MIX_FIRST, MIX_SECOND, UNIFORM_BITS, Stream

PIECE: Final = 512
"""Positions worked on at once, a multiple of 64."""
SPARSE: Final = 16
"""Moved tokens of a piece up to which single draws are faster than all."""

KEEP: Final = int(Stream.KEEP)
REFINE: Final = int(Stream.REFINE)
REPLACE: Final = int(Stream.REPLACE)
SECOND: Final = int(Stream.SECOND)

_U8: Final = np.uint64
_FIRST: Final = np.uint64(MIX_FIRST)
_SECOND: Final = np.uint64(MIX_SECOND)
_LEADING: Final = np.uint64(LEADING_SHIFT)
_HIGHEST: Final = np.uint64(255)
_REST: Final = np.uint64(64 - LEADING_SHIFT)
_UNIFORM: Final = np.uint64(64 - UNIFORM_BITS)


@numba.njit(nogil=True)
def _mix(word: Any) -> Any:
    """Return `mix64` of a word."""
    word = (word ^ (word >> _U8(30))) * _FIRST
    word = (word ^ (word >> _U8(27))) * _SECOND
    return word ^ (word >> _U8(31))


@numba.njit(nogil=True)
def _start(key: Any, gamma: Any, position: Any, stream: Any) -> Any:
    """Return what a position's word is mixed from; the next one's is 4·gamma on."""
    return key + (_U8(4) * position + _U8(stream + 1)) * gamma


@numba.njit(nogil=True)
def _fill(row: int, left: int, size: int, table: Any, index: Any, limits: Any) -> None:
    """Set the thresholds of a piece from what is broadcastable, or by index."""
    if index.shape[0] > 0:
        for j in range(size):
            limits[j] = table[0, index[row, left + j]]
        return
    chosen = row if table.shape[0] > 1 else 0
    if table.shape[1] > 1:
        for j in range(size):
            limits[j] = table[chosen, left + j]
    elif left == 0:
        limits[:] = table[chosen, 0]


@numba.njit(nogil=True)
def _move(
    key: Any, gamma: Any, base: Any, size: int, limits: Any, words: Any, flags: Any
) -> None:
    """Set where u lies below its threshold, by leading bytes and, in ties, the rest.

    Args:
        key: the sequence's key.
        gamma: the sequence's gamma.
        base: position of the piece's first column.
        size: its columns.
        limits: their thresholds.
        words: (2, PIECE // 8) room for the leading bytes and the ties.
        flags: (3, PIECE) moved, masked, and the thresholds' leading bytes.
    """
    groups = (size + 7) // 8
    start = _start(key, gamma, base // _U8(8), KEEP)
    for group in range(groups):
        words[0, group] = _mix(start)
        start += _U8(4) * gamma
    words[1, groups - 1] = _U8(0)
    leading, ties = words[0].view(np.uint8), words[1].view(np.uint8)
    moved, high = flags[0], flags[2]
    for j in range(size):
        moved[j] = leading[j] < high[j]
    for j in range(size):
        ties[j] = leading[j] == high[j]
    for group in range(groups):
        if words[1, group] != _U8(0):
            for j in range(8 * group, 8 * group + 8):
                if ties[j] != 0:
                    rest = _mix(_start(key, gamma, base + _U8(j), REFINE)) >> _REST
                    moved[j] = (_U8(leading[j]) << _LEADING) | rest < limits[j]


@numba.njit(nogil=True)
def _mask(key: Any, gamma: Any, base: Any, size: int, limits: Any, masked: Any) -> None:
    """Set where w lies below its threshold."""
    start = _start(key, gamma, base, SECOND)
    for j in range(size):
        masked[j] = _mix(start) >> _UNIFORM < limits[j]
        start += _U8(4) * gamma


@numba.njit(nogil=True)
def _piece(
    where: Any, row: int, left: int, size: int, words: Any, limits: Any, flags: Any
) -> None:
    """Set the flags of a piece: moved, and masked by a second event."""
    key, gamma = where.keys[row, 0], where.gammas[row, 0]
    base = where.first + _U8(left)
    _fill(row, left, size, where.move, where.places, limits[0])
    moved, masked, high = flags[0], flags[1], flags[2]
    if left == 0 or where.places.shape[0] > 0 or where.move.shape[1] > 1:
        for j in range(size):
            high[j] = min(limits[0, j] >> _LEADING, _HIGHEST)
    _move(key, gamma, base, size, limits[0], words, flags)
    if where.event != NO_EVENT:
        _fill(row, left, size, where.mask, where.places, limits[1])
        _mask(key, gamma, base, size, limits[1], masked)
    if where.event == WITH_MOVE:
        for j in range(size):
            masked[j] &= moved[j]
    if where.fixed.shape[0] > 0:
        chosen = row if where.fixed.shape[0] > 1 else 0
        for j in range(size):
            free = np.uint8(1) - np.uint8(where.fixed[chosen, left + j])
            moved[j] &= free
            masked[j] &= free


@numba.njit(nogil=True)
def _count(size: int, moved: Any) -> Any:
    """Return how many of the flags, each 0 or 1, are set."""
    for j in range(size, moved.size):
        moved[j] = 0
    flags = moved.view(np.uint64)
    lanes = _U8(0)
    for group in range(flags.size):
        lanes += flags[group]  # 64 at most in each byte
    lanes = (lanes & _U8(0x00FF00FF00FF00FF)) + (
        (lanes >> _U8(8)) & _U8(0x00FF00FF00FF00FF)
    )
    return (lanes * _U8(0x0001000100010001)) >> _U8(48)


@numba.njit(nogil=True)
def _place(word: Any, edges: Any, guide: Any, shift: Any) -> Any:
    """Return how many edges of a table lie at or below a word."""
    pattern = word >> shift
    low = guide[pattern]
    last = pattern + _U8(1) == _U8(guide.size)
    high = edges.size - 1 if last else guide[pattern + _U8(1)]
    while low < high:
        middle = (low + high) // 2
        if edges[middle] <= word:
            low = middle + 1
        else:
            high = middle
    return low


@numba.njit(nogil=True)
def _draw(word: Any, draw: Any) -> Any:
    """Return the id that a word draws evenly or from the table."""
    if draw.kind == EVEN:
        return ((word >> _U8(24)) * draw.one) >> _U8(40)
    return _U8(draw.present[_place(word, draw.edges, draw.guide, draw.shift)])


@numba.njit(nogil=True)
def _blend(size: int, one: Any, flags: Any, clean: Any, noised: Any) -> None:
    """Write the clean tokens with one id where flagged."""
    for j in range(size):
        x, mask = _U8(clean[j]), _U8(0) - _U8(flags[j])
        noised[j] = x ^ ((x ^ one) & mask)


@numba.njit(nogil=True)
def _blend_even(
    key: Any,
    gamma: Any,
    base: Any,
    size: int,
    one: Any,
    flags: Any,
    clean: Any,
    noised: Any,
) -> None:
    """Write the clean tokens with even draws from `one` ids where flagged."""
    start = _start(key, gamma, base, REPLACE)
    for j in range(size):
        drawn = ((_mix(start) >> _U8(24)) * one) >> _U8(40)
        start += _U8(4) * gamma
        x, mask = _U8(clean[j]), _U8(0) - _U8(flags[j])
        noised[j] = x ^ ((x ^ drawn) & mask)


@numba.njit(nogil=True)
def _put_some(
    key: Any, gamma: Any, base: Any, size: int, draw: Any, moved: Any, noised: Any
) -> None:
    """Put a draw in place of each of a few moved tokens, or from a table."""
    eights = moved.view(np.uint64)
    for group in range((size + 7) // 8):
        if eights[group] != _U8(0):
            for j in range(8 * group, min(8 * group + 8, size)):
                if moved[j] != 0:
                    word = _mix(_start(key, gamma, base + _U8(j), REPLACE))
                    noised[j] = _draw(word, draw)


@numba.njit(nogil=True)
def _largest(clean: Any, top: Any) -> Any:
    """Return the largest of some ids and `top`."""
    for token in clean:
        top = max(top, _U8(token))
    return top


@numba.njit(nogil=True)
def _noise_rows(tokens: Any, out: Any, where: Any, draw: Any) -> Any:
    """Write noised tokens, (R, C), and return the largest clean one."""
    top = _U8(0)
    words = np.empty((2, PIECE // 8), np.uint64)
    limits = np.empty((2, PIECE), np.uint64)
    flags = np.zeros((3, PIECE), np.uint8)
    for row in range(tokens.shape[0]):
        key, gamma = where.keys[row, 0], where.gammas[row, 0]
        for left in range(0, tokens.shape[1], PIECE):
            size = min(PIECE, tokens.shape[1] - left)
            _piece(where, row, left, size, words, limits, flags)
            clean = tokens[row, left : left + size]
            noised = out[row, left : left + size]
            top = _largest(clean, top)
            base = where.first + _U8(left)
            if draw.kind == CONSTANT:
                _blend(size, draw.one, flags[0], clean, noised)
            elif draw.kind == EVEN and _count(size, flags[0]) > SPARSE:
                _blend_even(key, gamma, base, size, draw.one, flags[0], clean, noised)
            else:
                noised[:] = clean
                _put_some(key, gamma, base, size, draw, flags[0], noised)
            if where.event != NO_EVENT:
                _blend(size, draw.mask_id, flags[1], noised, noised)
    return top


@numba.njit(nogil=True)
def _struck_rows(out: Any, where: Any) -> None:
    """Write where noise strikes, (R, C)."""
    words = np.empty((2, PIECE // 8), np.uint64)
    limits = np.empty((2, PIECE), np.uint64)
    flags = np.zeros((3, PIECE), np.uint8)
    for row in range(out.shape[0]):
        for left in range(0, out.shape[1], PIECE):
            size = min(PIECE, out.shape[1] - left)
            _piece(where, row, left, size, words, limits, flags)
            for j in range(size):
                out[row, left + j] = (flags[0, j] | flags[1, j]) != 0


_WHERE: Final = types.NamedTuple(
    (
        types.Array(types.uint64, 2, "C"),
        types.Array(types.uint64, 2, "C"),
        types.uint64,
        types.Array(types.uint64, 2, "C"),
        types.Array(types.uint64, 2, "C"),
        types.Array(types.int64, 2, "C"),
        types.Array(types.boolean, 2, "C"),
        types.int64,
    ),
    Where,
)
_DRAW: Final = types.NamedTuple(
    (
        types.int64,
        types.uint64,
        types.uint64,
        types.Array(types.int64, 1, "C"),
        types.Array(types.uint64, 1, "C"),
        types.Array(types.int32, 1, "C"),
        types.uint64,
    ),
    Draw,
)
_TOKEN: Final[dict[int, Any]] = {
    1: types.uint8,
    2: types.uint16,
    4: types.uint32,
    8: types.uint64,
}


def _signature(itemsize: int) -> tuple[Any, ...]:
    """Return the types of `_noise_rows` for unsigned tokens of some bytes."""
    array = types.Array(_TOKEN[itemsize], 2, "C")
    return (array, array, _WHERE, _DRAW)


_STRUCK: Final = (types.Array(types.boolean, 2, "C"), _WHERE)


def _uncompiled() -> bool:
    """Tell whether NUMBA_DISABLE_JIT leaves the functions to Python."""
    return bool(
        numba.config.DISABLE_JIT  # type: ignore[attr-defined]  # set at run time
    )


def _compiled(function: Any, signature: tuple[Any, ...]) -> Any:
    """Return a function compiled for one signature, from the cache if it is there."""
    if _uncompiled():
        return function
    dispatcher = numba.njit(nogil=True, cache=True)(function.py_func)
    dispatcher.compile(signature)
    dispatcher.disable_compile()  # nothing else may be compiled in a call
    return dispatcher


@functools.cache
def _noise_kernel(itemsize: int) -> Any:
    return _compiled(_noise_rows, _signature(itemsize))


@functools.cache
def _struck_kernel() -> Any:
    return _compiled(_struck_rows, _STRUCK)


def compile_all() -> None:
    """Compile everything into numba's cache, about a minute the first time."""
    for itemsize in _TOKEN:
        _noise_kernel(itemsize)
    _struck_kernel()


@functools.cache
def is_cached(itemsize: int) -> bool:
    """Tell whether nothing remains to be compiled for tokens of some bytes."""
    if _uncompiled():
        return True
    wanted = ((_noise_rows, _signature(itemsize)), (_struck_rows, _STRUCK))
    try:
        return all(
            caching.FunctionCache(function.py_func).load_overload(
                signature, function.targetctx
            )
            is not None
            for function, signature in wanted
        )
    except RuntimeError:  # numba found no folder that it may write to
        return False


class NumbaWorker:
    """Noises blocks by the compiled kernel: the same words, the same tokens.

    Args:
        capacity: most tokens of a block.
        outcome: what becomes of a token that is struck.
    """

    BLOCK_TOKENS: ClassVar[int] = 3 << 16

    def __init__(self, capacity: int, outcome: Outcome) -> None:
        self._draw = draw_of(outcome)
        self._refining = functools.cache(lambda: Worker(capacity, outcome))

    @quiet
    def noise(self, block: LimitedBlock, out: TokenArray) -> int:
        """Write the noised tokens to `out` and return the largest clean one.

        Args:
            block: the block.
            out: (R, C) result, C-contiguous, of the tokens' dtype.
        """
        if block.level.refine is not None:  # costly thresholds, needed in few places
            return self._refining().noise(block, out)
        unsigned = np.dtype(f"u{out.itemsize}")
        tokens, target = block.tokens.view(unsigned), out.view(unsigned)
        noise_rows = _noise_kernel(out.itemsize)
        return int(noise_rows(plain(tokens), target, where_of(block), self._draw))

    @quiet
    def struck(self, block: LimitedBlock, out: BoolArray) -> None:
        """Write where noise strikes to `out`, (R, C)."""
        if block.level.refine is not None:
            self._refining().struck(block, out)
        else:
            _struck_kernel()(out, where_of(block))
