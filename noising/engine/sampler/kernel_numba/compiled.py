"""The sampling kernel as numba compiles it: the same tokens as the one in NumPy.

Rows are worked on in pieces of a few hundred positions, whose flags stay in the
first-level cache. The loops over a piece have no branch, so that the compiler turns
them into vector instructions; what branches, the ties of leading bytes, is found by
whole words. All integers are uint64: numba makes float64 of a sum of uint64 and
int64.

Everything compiled stands in this file, because numba's cache notices a change of
the file of a function and not of what the function calls.
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
"""Positions worked on at once, a multiple of 64."""

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
    """Return `mix64` of a word."""
    word = (word ^ (word >> _U8(30))) * _FIRST
    word = (word ^ (word >> _U8(27))) * _SECOND
    return word ^ (word >> _U8(31))


@numba.njit(nogil=True)
def _mix_murmur(word: Any) -> Any:
    """Return `mix64_murmur` of a word."""
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
    """Return what a position's word is mixed from; the next one's is 4·gamma on."""
    return key + (_U8(4) * position + _U8(stream + 1)) * gamma


@numba.njit(nogil=True)
def _fill(places: Any, table: Any, row: int, left: int, size: int, out: Any) -> None:
    """Write what a table holds for a piece: by index, by position or by row.

    Slices, and indices without a sign, spare each round of a loop a look at the sign.
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
    """Set `moved` where leading bytes lie below their thresholds'."""
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
    """Write the columns that tie and return how many there are.

    Args:
        groups: words in use.
        ties: (PIECE // 8,) words with a bit for each tie.
        tied: (PIECE,) int64 room for them.
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
    """Return the threshold of one position, as `_fill` finds it."""
    if places.shape[0] > 0:
        return table[0, places[row, column]]
    chosen = row if table.shape[0] > 1 else 0
    return table[chosen, column if table.shape[1] > 1 else 0]


@numba.njit(nogil=True)
def _is_below(key: Any, gamma: Any, position: Any, leading: Any, limit: Any) -> Any:
    """Return whether u lies below a threshold, by all of its bits."""
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
    """Leave only those masks whose token moves."""
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
    """Return how many edges of the table lie at or below a word."""
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
    """Write the clean tokens with one id where flagged; return the largest clean."""
    top = _U8(0)
    for j in range(clean.size):
        x = _U8(clean[j])
        top = max(top, x)
        noised[j] = one if flags[j] != 0 else x
    return top


@numba.njit(nogil=True)
def _blend_even(
    key: Any, gamma: Any, base: Any, one: Any, flags: Any, clean: Any, noised: Any
) -> Any:
    """Write even draws from `one` ids where flagged; return the largest clean."""
    top = _U8(0)
    start = _start(key, gamma, base, REPLACE)
    for j in range(clean.size):
        drawn = ((_mix(start) >> _U8(24)) * one) >> _U8(40)
        start += _U8(4) * gamma
        x = _U8(clean[j])
        top = max(top, x)
        noised[j] = drawn if flags[j] != 0 else x
    return top


@numba.njit(nogil=True)
def _blend_table(
    key: Any, gamma: Any, base: Any, draw: Any, moved: Any, clean: Any, noised: Any
) -> Any:
    """Write draws from the table where flagged; return the largest clean."""
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
    """Return what is worked in, made once a call; all flags are clear.

    Returns:
        leading bytes of u as (PIECE // 8,) words and the same as (PIECE,) bytes; those
        of the thresholds, likewise; words with a bit for each tie; room for the columns
        that tie; thresholds of w; and the flags moved and masked, (PIECE,) uint8.
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

    Tuples are taken apart before the loops, and these call functions of plain arrays:
    numba counts references to an array each time it is taken out of a tuple.
    """
    keys, gammas, first, move, lowest, mask, places, fixed, event = where
    words, leading, least, least_bytes, ties, tied, limits, moved, masked = _room()
    kind, one, mask_id = draw.kind, draw.one, draw.mask_id
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
                found = _blend(one, moved, clean, noised)
            elif kind == EVEN:
                found = _blend_even(key, gamma, base, one, moved, clean, noised)
            else:
                found = _blend_table(key, gamma, base, draw, moved, clean, noised)
            top = max(top, found)
            if event != NO_EVENT:
                _blend(mask_id, masked, noised, noised)
    return top
