"""What the sampler computes, in plain Python: the door to the other modules.

docs/randomness.md shows this module and explains it step by step. Nothing calls it:
the tests hold the kernels to it, token for token.
"""

import math
from collections.abc import Callable, Sequence

MASK = (1 << 64) - 1


def mix64(z: int) -> int:
    """Return Stafford's variant 13 of the 64-bit finaliser."""
    z = ((z ^ z >> 30) * 0xBF58476D1CE4E5B9) & MASK
    z = ((z ^ z >> 27) * 0x94D049BB133111EB) & MASK
    return z ^ z >> 31


def murmur(z: int) -> int:
    """Return MurmurHash3's 64-bit finaliser."""
    z = ((z ^ z >> 33) * 0xFF51AFD7ED558CCD) & MASK
    z = ((z ^ z >> 33) * 0xC4CEB9FE1A85EC53) & MASK
    return z ^ z >> 33


def words(
    seed: int, sequence_id: int = 0, draw: int = 0, step: int = 0
) -> Callable[[int], int]:
    """Return the function from counters to the words of one sequence."""
    key = gamma = 0
    for part in (seed, sequence_id, step << 32 | draw):
        key = mix64((key ^ part) + 0x9E3779B97F4A7C15 & MASK)
        gamma = murmur((gamma ^ part) + 0xD1B54A32D192ED03 & MASK)
    gamma |= 1
    if (gamma ^ gamma >> 1).bit_count() < 24:
        gamma ^= 0xAAAAAAAAAAAAAAAA
    return lambda counter: mix64(key + (counter + 1) * gamma & MASK)


def reference_noise(
    tokens: Sequence[int],
    move_chance: float,
    vocab_size: int,
    seed: int,
    sequence_id: int = 0,
    draw: int = 0,
    step: int = 0,
    mask_id: int | None = None,
) -> list[int]:
    """Return noised tokens of one sequence on the uniform or the absorbing graph."""
    word = words(seed, sequence_id, draw, step)
    noised = list(tokens)
    for i in range(len(tokens)):
        leading = word(4 * (i // 8)) >> 8 * (i % 8) & 0xFF
        u = leading << 45 | word(4 * i + 1) >> 19
        if u < math.ceil(math.ldexp(move_chance, 53)):
            drawn = (word(4 * i + 2) >> 24) * vocab_size >> 40
            noised[i] = drawn if mask_id is None else mask_id
    return noised


def reference_cell(element: int, total: int, seed: int, draw: int = 0) -> int:
    """Return the cell of 0..total-1 that a training time lies in."""
    word = words(seed, draw=draw, step=(1 << 32) - 3)
    half = ((total - 1).bit_length() + 1) // 2
    cell = element
    while True:
        left, right = cell >> half, cell & (1 << half) - 1
        for number in range(8):
            mixed = word(number << 32 | right) >> 32 & (1 << half) - 1
            left, right = right, left ^ mixed
        cell = left << half | right
        if cell < total:
            return (cell + (word(8 << 32) * total >> 64)) % total
