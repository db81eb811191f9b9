"""Random words as a pure function of (seed, sequence id, draw, step, position).

The construction is that of SplittableRandom. Every sequence has a 64-bit key and an
odd 64-bit gamma with enough bit transitions, both mixed from its coordinates, and its
words are ``mix64(key + (c + 1)·gamma)`` for the counters c = 0, 1, 2, ... modulo
2^64. Each position has four counters, one for each `Stream`. docs/randomness.md has
the recipe step by step and its golden vectors.

Source: Steele, Lea, Flood 2014, "Fast splittable pseudorandom number
generators"; mix constants: Stafford's variant 13 and MurmurHash3's finaliser.
"""

import enum
import functools
import os
from typing import Any, Final, TypeAlias

import numpy as np

from noising.engine.arrays import IntArray, WordArray
from noising.engine.errors import EngineError

ALGORITHM_VERSION: Final = 1
"""Increases with any change of a random word, which is a breaking change."""

GOLDEN: Final = 0x9E3779B97F4A7C15
GAMMA_SALT: Final = 0xD1B54A32D192ED03
MIX_FIRST: Final = 0xBF58476D1CE4E5B9
MIX_SECOND: Final = 0x94D049BB133111EB
MURMUR_FIRST: Final = 0xFF51AFD7ED558CCD
MURMUR_SECOND: Final = 0xC4CEB9FE1A85EC53
MASK64: Final = (1 << 64) - 1
COUNTERS_PER_POSITION: Final = 4
MIN_TRANSITIONS: Final = 24

MAX_SEED: Final = MASK64
MAX_SEQUENCE_ID: Final = (1 << 63) - 1
MAX_DRAW: Final = (1 << 32) - 1
MAX_POSITION: Final = (1 << 60) - 1
FRESH_SEED_BITS: Final = 53

_FEW: Final = 4  # up to as many sequences, Python mixes keys faster than NumPy
_MANY: Final = 256  # from here on NumPy's work outweighs the overhead of its calls

UNIFORM_BITS: Final = 53
"""A uniform is an integer n below 2^53 that stands for n·2^-53."""

WordArrays: TypeAlias = tuple[WordArray, ...]


def _constants(*values: int) -> WordArrays:
    """Return 0-d arrays, which ufuncs accept faster than NumPy or Python integers."""
    return tuple(np.array(value, np.uint64) for value in values)


MIX_SHIFTS: Final = _constants(30, 27, 31)
MIX_FACTORS: Final = _constants(MIX_FIRST, MIX_SECOND)
_ONE: Final = np.array(1, np.uint64)
_ALTERNATING: Final = np.array(0xAAAAAAAAAAAAAAAA, np.uint64)
_MURMUR_SHIFTS: Final = _constants(33, 33, 33)
_MURMUR_FACTORS: Final = _constants(MURMUR_FIRST, MURMUR_SECOND)


class Stream(enum.IntEnum):
    """The four counters of a position."""

    KEEP = 0
    """Leading byte of u, the move uniform: eight positions share a word."""
    REFINE = 1
    """The other 45 bits of u, needed only where the leading byte does not decide."""
    REPLACE = 2
    """v, which picks the replacement."""
    SECOND = 3
    """w, the uniform of a graph's second event."""


def mix64(value: int) -> int:
    """Return Stafford's variant 13 of the 64-bit finaliser, on a Python int."""
    value = ((value ^ (value >> 30)) * MIX_FIRST) & MASK64
    value = ((value ^ (value >> 27)) * MIX_SECOND) & MASK64
    return value ^ (value >> 31)


def mix64_murmur(value: int) -> int:
    """Return MurmurHash3's 64-bit finaliser, independent of `mix64`."""
    value = ((value ^ (value >> 33)) * MURMUR_FIRST) & MASK64
    value = ((value ^ (value >> 33)) * MURMUR_SECOND) & MASK64
    return value ^ (value >> 33)


def mix64_words(
    words: WordArray,
    spare: WordArray | None = None,
    shifts: WordArrays = MIX_SHIFTS,
    factors: WordArrays = MIX_FACTORS,
) -> None:
    """Apply `mix64` to every word, in place.

    Args:
        words: any shape.
        spare: working memory of the same shape, or None to allocate it.
        shifts: the three shifts of the finaliser.
        factors: the two factors of the finaliser.
    """
    first, second, third = shifts
    one, other = factors
    spare = np.right_shift(words, first, spare)
    words ^= spare
    words *= one
    np.right_shift(words, second, spare)
    words ^= spare
    words *= other
    np.right_shift(words, third, spare)
    words ^= spare


def mix64_murmur_words(words: WordArray) -> None:
    """Apply `mix64_murmur` to every word, in place."""
    mix64_words(words, None, _MURMUR_SHIFTS, _MURMUR_FACTORS)


def odd_gamma(value: int) -> int:
    """Return an odd gamma, with alternate bits flipped if it has few transitions."""
    gamma = value | 1
    if (gamma ^ (gamma >> 1)).bit_count() < MIN_TRANSITIONS:
        gamma ^= 0xAAAAAAAAAAAAAAAA
    return gamma


def _coordinate(draw: int, step: int) -> int:
    return (step << 32) | draw


def sequence_key(
    seed: int, sequence_id: int, draw: int = 0, step: int = 0
) -> tuple[int, int]:
    """Return the (key, gamma) of one sequence.

    Args:
        seed: 0..2^64-1.
        sequence_id: 0..2^63-1.
        draw: 0..2^32-1.
        step: 0..2^32-1; 0 for `noise`, j + 1 for step j of a Markov path.
    """
    key = gamma = 0
    for part in (seed, sequence_id, _coordinate(draw, step)):
        # mix64 and mix64_murmur inlined: a call of `noise` on one short sequence
        # spends a fifth of its time here.
        key = ((key ^ part) + GOLDEN) & MASK64
        key = ((key ^ (key >> 30)) * MIX_FIRST) & MASK64
        key = ((key ^ (key >> 27)) * MIX_SECOND) & MASK64
        key ^= key >> 31
        gamma = ((gamma ^ part) + GAMMA_SALT) & MASK64
        gamma = ((gamma ^ (gamma >> 33)) * MURMUR_FIRST) & MASK64
        gamma = ((gamma ^ (gamma >> 33)) * MURMUR_SECOND) & MASK64
        gamma ^= gamma >> 33
    return key, odd_gamma(gamma)


def sequence_keys(
    seed: int, sequence_ids: IntArray, draw: int = 0, step: int = 0
) -> tuple[WordArray, WordArray]:
    """Return the keys and gammas of many sequences, each (B,) uint64.

    Args:
        seed: 0..2^64-1.
        sequence_ids: (B,) integers in 0..2^63-1.
        draw: 0..2^32-1.
        step: 0..2^32-1.
    """
    count = sequence_ids.size
    if count <= _FEW:
        pairs = [sequence_key(seed, i, draw, step) for i in sequence_ids.tolist()]
        columns = np.array(pairs, np.uint64).reshape(-1, 2).T
        return columns[0].copy(), columns[1].copy()
    # Both chains at once, (2, B): a call of NumPy costs as much as a hundred words.
    salts, shifts, factors = _chain_constants(count if count <= _MANY else 1)
    first = mix64((seed + GOLDEN) & MASK64), mix64_murmur((seed + GAMMA_SALT) & MASK64)
    words = np.bitwise_xor(sequence_ids.view(np.uint64), _column(*first))
    spare = np.empty_like(words)
    words += salts
    mix64_words(words, spare, shifts, factors)
    if draw or step:
        words ^= np.uint64(_coordinate(draw, step))
    words += salts
    mix64_words(words, spare, shifts, factors)
    gammas = words[1]
    gammas |= _ONE
    weak = np.bitwise_count(gammas ^ (gammas >> _ONE)) < MIN_TRANSITIONS
    gammas ^= weak * _ALTERNATING  # unconditionally: a few dozen mostly contain one
    return words[0], gammas


def _column(key: Any, gamma: Any) -> WordArray:
    return np.array([[key], [gamma]], np.uint64)


@functools.lru_cache(maxsize=64)
def _chain_constants(count: int) -> tuple[WordArray, WordArrays, WordArrays]:
    """Return the salts, shifts and factors of keys (row 0) and gammas (row 1).

    Each array is (2, count): NumPy treats two operands of the same shape as one long
    row, which takes half the time.
    """
    pairs: list[tuple[Any, Any]] = [
        (GOLDEN, GAMMA_SALT),
        *zip(MIX_SHIFTS, _MURMUR_SHIFTS, strict=True),
        *zip(MIX_FACTORS, _MURMUR_FACTORS, strict=True),
    ]
    salts, *rest = [np.repeat(_column(*pair), count, axis=1) for pair in pairs]
    return salts, tuple(rest[:3]), tuple(rest[3:])


def word(key: int, gamma: int, position: int, stream: Stream) -> int:
    """Return one random word, computed with Python integers.

    Args:
        key: the sequence's key.
        gamma: the sequence's gamma.
        position: the position; for `Stream.KEEP` the group of eight, i // 8.
        stream: which of the four counters.
    """
    counter = COUNTERS_PER_POSITION * position + stream + 1
    return mix64((key + counter * gamma) & MASK64)


def uniform(key: int, gamma: int, position: int) -> int:
    """Return u of one position, an integer below 2^53, with Python integers."""
    leading = (
        word(key, gamma, position // 8, Stream.KEEP) >> (8 * (position % 8)) & 0xFF
    )
    rest = word(key, gamma, position, Stream.REFINE) >> 19
    return leading << 45 | rest


def fresh_seed() -> int:
    """Return a seed below 2^53 from the operating system's entropy."""
    return int.from_bytes(os.urandom(8), "little") >> (64 - FRESH_SEED_BITS)


def check_seed(seed: int | None) -> int:
    """Return `seed`, or a random seed for None.

    Raises:
        EngineError: `seed` is not an integer in 0..2^64-1.
    """
    if seed is None:
        return fresh_seed()
    return check_word(seed, "seed", MAX_SEED)


def check_word(value: int, field: str, maximum: int) -> int:
    """Return `value` as an int.

    Raises:
        EngineError: `value` is not an integer in 0..maximum.
    """
    if type(value) is int and 0 <= value <= maximum:
        return value
    # NumPy's timedelta64 is a subclass of its integers.
    is_integer = isinstance(value, (int, np.integer))
    if not is_integer or isinstance(value, (bool, np.timedelta64)):
        raise EngineError(field, "not_an_integer", "must be an integer", value)
    number = int(value)
    if not 0 <= number <= maximum:
        raise EngineError(
            field, "out_of_range", f"must lie in 0..2^{maximum.bit_length()}-1", value
        )
    return number
