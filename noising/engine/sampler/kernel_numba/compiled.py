"""The functions that numba compiles; they give the same tokens as the NumPy kernel.

Rows are processed in pieces of 1024 positions, whose flags fit into the first-level
cache. The loops over a piece have no branches, so that the compiler can vectorize
them; ties of leading bytes, which need branches, are found by whole words. All integers
are uint64, since in numba a sum of uint64 and int64 is float64.

All compiled functions are in this file, because numba's cache notices changes in the
file of a function but not in other files that it calls.
"""

from typing import Any, Final

import numba
import numpy as np

from noising.engine.randomness import (
    GAMMA_SALT,
    GOLDEN,
    MIN_TRANSITIONS,
    MIX_FIRST,
    MIX_SECOND,
    MURMUR_FIRST,
    MURMUR_SECOND,
    UNIFORM_BITS,
    Stream,
)
from noising.engine.sampler.kernel_numba.arguments import (
    CONSTANT,
    EVEN,
    NO_EVENT,
    WITH_MOVE,
)
from noising.engine.sampler.thresholds import LEADING_SHIFT

PIECE: Final = 1024
"""Number of positions that are processed at once, a multiple of 64."""

KEEP: Final = int(Stream.KEEP)
REFINE: Final = int(Stream.REFINE)
REPLACE: Final = int(Stream.REPLACE)
SECOND: Final = int(Stream.SECOND)

_U8: Final = np.uint64
_FIRST: Final = np.uint64(MIX_FIRST)
_SECOND: Final = np.uint64(MIX_SECOND)
_GOLDEN: Final = np.uint64(GOLDEN)
_SALT: Final = np.uint64(GAMMA_SALT)
_MURMUR_FIRST: Final = np.uint64(MURMUR_FIRST)
_MURMUR_SECOND: Final = np.uint64(MURMUR_SECOND)
_ALTERNATING: Final = np.uint64(0xAAAAAAAAAAAAAAAA)
_LEADING: Final = np.uint64(LEADING_SHIFT)
_REST: Final = np.uint64(64 - LEADING_SHIFT)
_UNIFORM: Final = np.uint64(64 - UNIFORM_BITS)
_LOW_BITS: Final = np.uint64(0x7F7F7F7F7F7F7F7F)
_PLACES: Final = np.uint64(0x0001020304050607)


@numba.njit(nogil=True)
def _mix(word: Any) -> Any:
    word = (word ^ (word >> _U8(30))) * _FIRST
    word = (word ^ (word >> _U8(27))) * _SECOND
    return word ^ (word >> _U8(31))


@numba.njit(nogil=True)
def _mix_murmur(word: Any) -> Any:
    word = (word ^ (word >> _U8(33))) * _MURMUR_FIRST
    word = (word ^ (word >> _U8(33))) * _MURMUR_SECOND
    return word ^ (word >> _U8(33))


@numba.njit(nogil=True)
def fill_keys(seed: Any, ids: Any, last: Any, keys: Any, gammas: Any) -> None:
    """Write the keys and gammas of sequences, each (B,); see `sequence_keys`.

    Args:
        seed: uint64.
        ids: (B,) uint64.
        last: step and draw as one word.
        keys: (B,) uint64 result.
        gammas: (B,) uint64 result.
    """
    first_key, first_gamma = _mix(seed + _GOLDEN), _mix_murmur(seed + _SALT)
    for row in range(ids.size):
        key = _mix((first_key ^ ids[row]) + _GOLDEN)
        keys[row] = _mix((key ^ last) + _GOLDEN)
        gamma = _mix_murmur((first_gamma ^ ids[row]) + _SALT)
        gamma = _mix_murmur((gamma ^ last) + _SALT) | _U8(1)
        changes, transitions = gamma ^ (gamma >> _U8(1)), 0
        while changes != _U8(0):
            changes &= changes - _U8(1)
            transitions += 1
        weak = transitions < MIN_TRANSITIONS
        gammas[row] = gamma ^ _ALTERNATING if weak else gamma


@numba.njit(nogil=True)
def _start(key: Any, gamma: Any, position: Any, stream: Any) -> Any:
    """Return the unmixed word of a position; the next position adds 4·gamma."""
    return key + (_U8(4) * position + _U8(stream + 1)) * gamma


@numba.njit(nogil=True)
def _fill(places: Any, table: Any, row: int, left: int, size: int, out: Any) -> None:
    """Write a table's values for a piece: by index, by position or by row.

    Slices and unsigned indices avoid a check for negative indices in the loops.
    """
    chosen = row if table.shape[0] > 1 else 0
    if places.shape[0] > 0:
        entries, indices = table[0], places[row, left : left + size]
        for j in range(size):
            out[j] = entries[_U8(indices[j])]
    elif table.shape[1] > 1:
        entries = table[chosen, left : left + size]
        for j in range(size):
            out[j] = entries[j]
    elif left == 0 and (row == 0 or table.shape[0] > 1):
        entry = table[chosen, 0]
        for j in range(PIECE):
            out[j] = entry


@numba.njit(nogil=True)
def _lead(key: Any, gamma: Any, base: Any, groups: int, words: Any) -> None:
    """Write the leading bytes of u, eight to a word."""
    start = _start(key, gamma, base // _U8(8), KEEP)
    for group in range(groups):
        words[group] = _mix(start)
        start += _U8(4) * gamma


@numba.njit(nogil=True)
def _compare(groups: int, leading: Any, least: Any, moved: Any) -> None:
    """Set `moved` where leading bytes are less than those of the thresholds."""
    for j in range(8 * groups):
        moved[j] = leading[j] < least[j]


@numba.njit(nogil=True)
def _find_ties(groups: int, words: Any, least: Any, ties: Any) -> None:
    """Set the highest bit of each byte in which two words are equal."""
    for group in range(groups):
        differs = words[group] ^ least[group]
        differs |= (differs & _LOW_BITS) + _LOW_BITS
        ties[group] = ~(differs | _LOW_BITS)


@numba.njit(nogil=True)
def _list_ties(groups: int, ties: Any, tied: Any) -> int:
    """Write the columns of ties to `tied` and return their number.

    Args:
        groups: number of words in use.
        ties: (PIECE // 8,) words with a bit for each tie.
        tied: (PIECE,) int64 result.
    """
    count = 0
    for group in range(groups):
        left = ties[group]
        while left != _U8(0):
            lowest = left & (~left + _U8(1))
            left ^= lowest
            byte = ((lowest >> _U8(7)) * _PLACES) >> _U8(56)
            tied[count] = 8 * group + np.int64(byte)
            count += 1
    return count


@numba.njit(nogil=True)
def _threshold(places: Any, table: Any, row: int, column: int) -> Any:
    """Return the threshold of one position, like `_fill`."""
    if places.shape[0] > 0:
        return table[0, places[row, column]]
    chosen = row if table.shape[0] > 1 else 0
    return table[chosen, column if table.shape[1] > 1 else 0]


@numba.njit(nogil=True)
def _is_below(key: Any, gamma: Any, position: Any, leading: Any, limit: Any) -> Any:
    """Return whether u with all its bits lies below a threshold."""
    rest = _mix(_start(key, gamma, position, REFINE)) >> _REST
    return (_U8(leading) << _LEADING) | rest < limit


@numba.njit(nogil=True)
def _mask(key: Any, gamma: Any, base: Any, size: int, limits: Any, masked: Any) -> None:
    """Set where w lies below its threshold."""
    start = _start(key, gamma, base, SECOND)
    for j in range(size):
        masked[j] = _mix(start) >> _UNIFORM < limits[j]
        start += _U8(4) * gamma


@numba.njit(nogil=True)
def _release(fixed: Any, row: int, left: int, size: int, flags: Any) -> None:
    """Clear the flags of positions that never move."""
    chosen = row if fixed.shape[0] > 1 else 0
    for j in range(size):
        flags[j] &= np.uint8(1) - np.uint8(fixed[chosen, left + j])


@numba.njit(nogil=True)
def _join(size: int, moved: Any, masked: Any) -> None:
    """Clear the mask flags of tokens that do not move."""
    for j in range(size):
        masked[j] &= moved[j]


@numba.njit(nogil=True)
def _settle(
    key: Any,
    gamma: Any,
    base: Any,
    row: int,
    left: int,
    size: int,
    count: int,
    tied: Any,
    places: Any,
    table: Any,
    leading: Any,
    moved: Any,
) -> None:
    """Set `moved` at the columns whose leading bytes tie."""
    for place in range(count):
        column = tied[place]
        if column < size:
            limit = _threshold(places, table, row, left + column)
            position = base + _U8(column)
            moved[column] = _is_below(key, gamma, position, leading[column], limit)


@numba.njit(nogil=True)
def _place(word: Any, draw: Any) -> Any:
    """Return the number of edges of the table at or below a word."""
    pattern = word >> draw.shift
    low = draw.guide[pattern]
    last = pattern + _U8(1) == _U8(draw.guide.size)
    high = draw.edges.size - 1 if last else draw.guide[pattern + _U8(1)]
    while low < high:
        middle = (low + high) // 2
        if draw.edges[middle] <= word:
            low = middle + 1
        else:
            high = middle
    return low


@numba.njit(nogil=True)
def _blend(one: Any, flags: Any, clean: Any, noised: Any) -> Any:
    """Write one id where flagged, else the token; return the largest token."""
    top = _U8(0)
    for j in range(clean.size):
        x = _U8(clean[j])
        top = max(top, x)
        noised[j] = one if flags[j] != 0 else x
    return top


@numba.njit(nogil=True)
def _blend_even(
    key: Any,
    gamma: Any,
    base: Any,
    one: Any,
    left_out: Any,
    flags: Any,
    clean: Any,
    noised: Any,
) -> Any:
    """Write a uniform draw where flagged, else the token; return the largest token."""
    top = _U8(0)
    start = _start(key, gamma, base, REPLACE)
    for j in range(clean.size):
        drawn = ((_mix(start) >> _U8(24)) * one) >> _U8(40)
        drawn += _U8(drawn >= left_out)
        start += _U8(4) * gamma
        x = _U8(clean[j])
        top = max(top, x)
        noised[j] = drawn if flags[j] != 0 else x
    return top


@numba.njit(nogil=True)
def _blend_table(
    key: Any, gamma: Any, base: Any, draw: Any, moved: Any, clean: Any, noised: Any
) -> Any:
    """Write a draw from the table where flagged; return the largest token."""
    top = _U8(0)
    for j in range(clean.size):
        x = _U8(clean[j])
        top = max(top, x)
        noised[j] = x
        if moved[j] != 0:
            word = _mix(_start(key, gamma, base + _U8(j), REPLACE))
            noised[j] = draw.present[_place(word, draw)]
    return top


@numba.njit(nogil=True, inline="always")
def _room() -> Any:
    """Return the working memory of a call, with all flags cleared.

    Returns:
        leading bytes of u as (PIECE // 8,) words and as (PIECE,) bytes; leading bytes
        of the thresholds in both forms; words with a bit for each tie; the columns of
        ties; thresholds of w; and the flags moved and masked, (PIECE,) uint8.
    """
    words = np.zeros(PIECE // 8, np.uint64)
    least = np.zeros(PIECE // 8, np.uint64)
    return (
        words,
        words.view(np.uint8),
        least,
        least.view(np.uint8),
        np.zeros(PIECE // 8, np.uint64),
        np.zeros(PIECE, np.int64),
        np.zeros(PIECE, np.uint64),
        np.zeros(PIECE, np.uint8),
        np.zeros(PIECE, np.uint8),
    )


@numba.njit(nogil=True)
def noise_rows(tokens: Any, out: Any, where: Any, draw: Any) -> Any:
    """Write noised tokens, (R, C), and return the largest clean one.

    Tuples are unpacked before the loops, and the functions called in loops take arrays,
    since numba counts references whenever it takes an array out of a tuple.
    """
    keys, gammas, first, move, lowest, mask, places, fixed, event = where
    words, leading, least, least_bytes, ties, tied, limits, moved, masked = _room()
    kind, one, left_out, mask_id = draw.kind, draw.one, draw.left_out, draw.mask_id
    top = _U8(0)
    for row in range(tokens.shape[0]):
        key, gamma = keys[row, 0], gammas[row, 0]
        for left in range(0, tokens.shape[1], PIECE):
            size = min(PIECE, tokens.shape[1] - left)
            groups = (size + 7) // 8
            base = first + _U8(left)
            _lead(key, gamma, base, groups, words)
            _fill(places, lowest, row, left, size, least_bytes)
            _compare(groups, leading, least_bytes, moved)
            _find_ties(groups, words, least, ties)
            count = _list_ties(groups, ties, tied)
            _settle(
                key,
                gamma,
                base,
                row,
                left,
                size,
                count,
                tied,
                places,
                move,
                leading,
                moved,
            )
            if event != NO_EVENT:
                _fill(places, mask, row, left, size, limits)
                _mask(key, gamma, base, size, limits, masked)
            if event == WITH_MOVE:
                _join(size, moved, masked)
            if fixed.shape[0] > 0:
                _release(fixed, row, left, size, moved)
                _release(fixed, row, left, size, masked)
            clean = tokens[row, left : left + size]
            noised = out[row, left : left + size]
            if kind == CONSTANT:
                largest = _blend(one, moved, clean, noised)
            elif kind == EVEN:
                largest = _blend_even(
                    key, gamma, base, one, left_out, moved, clean, noised
                )
            else:
                largest = _blend_table(key, gamma, base, draw, moved, clean, noised)
            top = max(top, largest)
            if event != NO_EVENT:
                _blend(mask_id, masked, noised, noised)
    return top
