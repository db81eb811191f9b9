"""Keyed permutations of 0..total-1 that are computed element by element.

A balanced Feistel network permutes the smallest 0..4^k-1 that holds the range. Elements
that land outside the range go through it again until they land inside (cycle walking),
and a keyed shift of the range makes the image of each single element exactly uniform.

Source: Black, Rogaway 2002, "Ciphers with arbitrary finite domains".
"""

from typing import Final

import numpy as np

from noising.engine.arrays import WordArray
from noising.engine.randomness import MASK64, mix64, mix64_words, sequence_key

ROUNDS: Final = 8
"""With fewer rounds, pairs of elements of small ranges are visibly not uniform."""

_ROUND_BITS: Final = 32  # counter r·2^32 + x is round r's word for the half x


def permute(
    elements: WordArray, total: int, *, seed: int, draw: int, step: int
) -> WordArray:
    """Return the images of elements under a permutation of 0..total-1.

    Args:
        elements: (N,) uint64 integers in 0..total-1.
        total: size of the range, below 2^64.
        seed: with `draw` and `step` the coordinates of the words, of sequence 0.
        draw: 0..2^32-1.
        step: 0..2^32-1.

    Returns:
        (N,) uint64.
    """
    if elements.size == 0:
        return elements.copy()
    key, gamma = sequence_key(seed, 0, draw, step)
    half = ((total - 1).bit_length() + 1) // 2
    images = _network(elements, half, key, gamma)
    outside = np.flatnonzero(images >= total)
    while outside.size:  # ends: every cycle of the network returns to its start
        walked = _network(images[outside], half, key, gamma)
        images[outside] = walked
        outside = outside[walked >= total]
    counter = (ROUNDS << _ROUND_BITS) + 1
    shift = mix64((key + counter * gamma) & MASK64) * total >> 64
    images += np.uint64(shift)
    return np.where(images >= total, images - np.uint64(total), images)


def _network(numbers: WordArray, half: int, key: int, gamma: int) -> WordArray:
    """Return the images of numbers below 4^half under the Feistel network."""
    width, mask = np.uint64(half), np.uint64((1 << half) - 1)
    left, right = numbers >> width, numbers & mask
    for number in range(ROUNDS):
        first = ((number << _ROUND_BITS) + 1) * gamma
        words = right * np.uint64(gamma)
        words += np.uint64((key + first) & MASK64)
        mix64_words(words)
        words >>= np.uint64(_ROUND_BITS)
        words &= mask
        left, right = right, left ^ words
    return left << width | right
