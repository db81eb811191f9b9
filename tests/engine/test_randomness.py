"""The random words: recipe, golden vectors, tests of randomness."""

import math
import re
from pathlib import Path

import numpy as np
import pytest

from noising.engine import EngineError
from noising.engine.randomness import (
    MAX_DRAW,
    MAX_SEED,
    MAX_SEQUENCE_ID,
    Stream,
    check_seed,
    check_word,
    fresh_seed,
    mix64,
    mix64_murmur,
    mix64_murmur_words,
    mix64_words,
    odd_gamma,
    sequence_key,
    sequence_keys,
    uniform,
    word,
)

RECIPE = Path(__file__).parents[2] / "docs" / "randomness.md"
FALSE_ALARM_Z = 6.5  # two-sided normal tail 8e-11


def _golden_rows():
    rows = re.findall(r"^\| (\d.*) \|$", RECIPE.read_text(), re.MULTILINE)
    return [[cell.strip(" `") for cell in row.split("|")] for row in rows]


@pytest.mark.parametrize("row", _golden_rows(), ids=lambda row: "-".join(row[:4]))
def test_the_golden_vectors_hold(row):
    coordinates = [int(cell) for cell in row[:4]]
    key, gamma = sequence_key(*coordinates)
    assert [f"{key:016x}", f"{gamma:016x}"] == row[4:6]
    assert f"{word(key, gamma, 0, Stream.KEEP):016x}" == row[6]
    assert f"{uniform(key, gamma, 9):014x}" == row[7]
    assert f"{word(key, gamma, 9, Stream.REPLACE):016x}" == row[8]


@pytest.mark.parametrize("count", [1, 4, 5, 64, 256, 257, 500])
@pytest.mark.parametrize("last", [(0, 0), (3, 4), (MAX_DRAW, MAX_DRAW)])
def test_vectorised_keys_equal_the_scalar_ones(count, last):
    ids = np.concatenate([np.arange(count - 1), [MAX_SEQUENCE_ID]])
    keys, gammas = sequence_keys(2026, ids, *last)
    pairs = [sequence_key(2026, int(i), *last) for i in ids]
    assert list(zip(keys.tolist(), gammas.tolist(), strict=True)) == pairs


def test_vectorised_mixes_equal_the_scalar_ones():
    values = [0, 1, MAX_SEED, 0x0123456789ABCDEF]
    for scalar, vector in ((mix64, mix64_words), (mix64_murmur, mix64_murmur_words)):
        words = np.array(values, np.uint64)
        vector(words)
        assert words.tolist() == [scalar(v) for v in values]


def test_gammas_are_odd_and_alternate_enough():
    assert odd_gamma(0) == 1 ^ 0xAAAAAAAAAAAAAAAA
    _, gammas = sequence_keys(1, np.arange(20_000))
    assert (gammas & np.uint64(1)).all()
    assert len(np.unique(gammas)) == 20_000
    assert np.bitwise_count(gammas ^ (gammas >> np.uint64(1))).min() >= 23


def test_distinct_coordinates_give_distinct_keys():
    coordinates = [
        (seed, sequence, draw, step)
        for seed in (0, 1, MAX_SEED)
        for sequence in (0, 1, MAX_SEQUENCE_ID)
        for draw in (0, 1, MAX_DRAW)
        for step in (0, 1)
    ]
    assert len({sequence_key(*c) for c in coordinates}) == len(coordinates)


def test_words_are_balanced_bit_by_bit_and_uncorrelated_across_coordinates():
    count = 1 << 16
    keys, gammas = sequence_keys(11, np.arange(64))
    counters = np.arange(1, count // 64 + 1, dtype=np.uint64)
    words = keys[:, None] + counters * gammas[:, None]
    mix64_words(words)
    bits = np.unpackbits(words.view(np.uint8).reshape(count, 8), axis=1)
    z = (bits.sum(axis=0, dtype=np.int64) - count / 2) / math.sqrt(count / 4)
    assert np.abs(z).max() < FALSE_ALARM_Z
    signs = 2.0 * bits - 1.0
    for shift in (1, 2, 8, 64, 1024):  # neighbours in position and in sequence
        mean = (signs[shift:] * signs[:-shift]).mean(axis=0)
        assert np.abs(mean).max() * math.sqrt(count - shift) < FALSE_ALARM_Z


def test_fresh_seeds_differ_and_stay_exact_in_javascript():
    seeds = {fresh_seed() for _ in range(100)}
    assert len(seeds) == 100
    assert all(0 <= seed < 1 << 53 for seed in seeds)
    assert check_seed(None) != check_seed(None)


@pytest.mark.parametrize(
    ("seed", "code"),
    [
        (-1, "out_of_range"),
        (1 << 64, "out_of_range"),
        (10**400, "out_of_range"),
        (1.0, "not_an_integer"),
        (True, "not_an_integer"),
        ("1", "not_an_integer"),
    ],
)
def test_a_seed_out_of_range_or_of_another_type_is_refused(seed, code):
    with pytest.raises(EngineError) as caught:
        check_seed(seed)
    assert (caught.value.field, caught.value.code) == ("seed", code)


def test_numpy_integers_are_seeds_too():
    assert check_seed(np.uint64(MAX_SEED)) == MAX_SEED
    assert check_word(np.int32(3), "draw", MAX_DRAW) == 3
