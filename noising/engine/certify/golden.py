"""Golden vectors: tests of the random words against the published recipe."""

from typing import Final

import numpy as np

from noising.engine.certify.certificate import Evidence
from noising.engine.randomness import (
    UNIFORM_BITS,
    Stream,
    sequence_key,
    uniform,
    word,
)
from noising.engine.registry import build_process
from noising.engine.sampler.small_blocks import MOST_TOKENS

VECTORS: Final = (
    # (seed, sequence, draw, step), key, gamma, word(0), u of position 9, word(38)
    (
        (0, 0, 0, 0),
        0x238275BC38FCBE91,
        0xAEE406C3D6A72679,
        0x5BB2A9B969607003,
        0x0DDCD3FB4CC6C6,
        0x08FAEB3E3697CFCB,
    ),
    (
        (1, 0, 0, 0),
        0xB18A02F46D8D86C3,
        0xD030440C02C3A353,
        0xEFF2BEC922AD910C,
        0x0E1D85AA193242,
        0x89482BB3CF17D774,
    ),
    (
        (0, 1, 0, 0),
        0x44E5B98100C67FB0,
        0x69EBF980585DBD77,
        0x8D0CA98AD0251BF7,
        0x045A828FF09081,
        0x67F85EA567AC8078,
    ),
    (
        (0, 0, 1, 0),
        0x2F32A78496C67C60,
        0x299B21B6B184CADB,
        0x73E0464C69621EBB,
        0x045FEC0D94F46A,
        0xB1DADCAB1094014D,
    ),
    (
        (0, 0, 0, 1),
        0x9E443F009112736D,
        0x70C4FA9D7C4A1A7F,
        0x52DEB71113F9D28A,
        0x1302F3BE968C3F,
        0x396A3591F9850080,
    ),
    (
        (2026, 7, 3, 0),
        0xDEE3611218FFE4F0,
        0x0B2C6AA65FBE4B65,
        0x5000D3819A828E04,
        0x170098AAA28AC1,
        0x13471C4611A177B6,
    ),
    (
        (18446744073709551615, 9223372036854775807, 4294967295, 4294967295),
        0x77CDC16F140DFF1D,
        0xE46335528570849F,
        0x682E4388A2017BBA,
        0x070A3AA8B3766B,
        0xE950F8FC0B425A90,
    ),
)
"""The table of docs/randomness.md."""

EXAMPLE_SEED: Final = 2026
EXAMPLE: Final = (44574, 25628, 21744, 20475, 47045, 0, 0, 0, 38073, 0, 0, 30861)
"""Twelve zeros noised at a move chance of one half, V = 50257."""

LENGTH: Final = 200
ROWS: Final = MOST_TOKENS // LENGTH + 1
"""Rows of zeros: too many for the fast path of small batches."""
_SOME: Final = 3  # rows for which that path serves

_HALF: Final = 1 << (UNIFORM_BITS - 1)


def golden_vectors() -> Evidence:
    """Compare random words and tokens noised by them with the published recipe.

    Different code noises a large batch, a small one and a single sequence. All three
    are compared with the recipe in Python integers, and the last one also with the
    published example.
    """
    wrong = [vector[0] for vector in VECTORS if _words(*vector[0]) != vector[1:]]
    process = build_process({"schedule": {"type": "custom", "alphas": [0.5] * 1000}})
    zeros = np.zeros((ROWS, LENGTH), np.int64)
    expected = np.array([_noised_zeros(row, process.vocab_size) for row in range(ROWS)])
    batch = process.noise(zeros, 0, seed=EXAMPLE_SEED).tokens
    some = process.noise(zeros[:_SOME], 0, seed=EXAMPLE_SEED).tokens
    alone = process.noise(zeros[0], 0, seed=EXAMPLE_SEED).tokens
    pairs = [
        (batch, expected),
        (some, expected[:_SOME]),
        (alone, expected[0]),
        (alone[: len(EXAMPLE)], EXAMPLE),
    ]
    differing = sum(int(np.not_equal(one, other).sum()) for one, other in pairs)
    compared = sum(one.size for one, _ in pairs)
    return Evidence(
        name="golden_vectors",
        measured=f"{len(wrong)} of {len(VECTORS)} sequences have other words, "
        f"{differing} of {compared} noised tokens differ",
        status="failed" if wrong or differing else "ok",
    )


def _noised_zeros(row: int, vocab_size: int) -> list[int]:
    """Return a row of zeros noised at a move chance of one half, by the recipe."""
    key, gamma = sequence_key(EXAMPLE_SEED, row)
    return [
        (word(key, gamma, place, Stream.REPLACE) >> 24) * vocab_size >> 40
        if uniform(key, gamma, place) < _HALF
        else 0
        for place in range(LENGTH)
    ]


def _words(
    seed: int, sequence: int, draw: int, step: int
) -> tuple[int, int, int, int, int]:
    key, gamma = sequence_key(seed, sequence, draw, step)
    return (
        key,
        gamma,
        word(key, gamma, 0, Stream.KEEP),
        uniform(key, gamma, 9),
        word(key, gamma, 9, Stream.REPLACE),
    )
