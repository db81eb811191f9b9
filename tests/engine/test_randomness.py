"""The words are a contract: recipe, golden vectors, and how random they look."""

import math
import re
from pathlib import Path

import numpy as np
import pytest

from noising.engine import EngineError, build_process
from noising.engine.randomness import (
    MAX_DRAW,
    MAX_SEED,
    MAX_SEQUENCE_ID,
    Stream,
    checked_seed,
    checked_word,
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


def _recipe():
    text = RECIPE.read_text()
    names = {"math": math}
    exec(re.search(r"```python\n(.*?)```", text, re.DOTALL)[1], names)  # noqa: S102
    return names


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


def test_the_documented_example_comes_out_of_recipe_and_engine_alike():
    stated = re.search(r"is\n`(\[.*\])`", RECIPE.read_text())[1]
    process = build_process({"schedule": {"type": "custom", "alphas": [0.5] * 1000}})
    noised = process.noise([0] * 12, 0, seed=2026).tokens.tolist()
    assert str(noised) == stated
    assert str(_recipe()["noise"]([0] * 12, 0.5, 50257, seed=2026)) == stated


@pytest.mark.parametrize("vocab_size", [2, 27, 50257, 1 << 24])
@pytest.mark.parametrize("alpha", [1.0, 0.999, 0.3, 0.0])
def test_the_recipe_reproduces_the_engine(vocab_size, alpha):
    noise = _recipe()["noise"]
    spec = {
        "vocab_size": vocab_size,
        "num_timesteps": 1,
        "schedule": {"type": "custom", "alphas": [alpha]},
    }
    tokens = np.arange(3 * 37).reshape(3, 37) % vocab_size
    got = build_process(spec).noise(tokens, 0, seed=5, sequence_ids=[9, 0, 4], draw=2)
    sigma = -math.log(alpha) if alpha else math.inf
    chance = -math.expm1(-sigma)
    expected = [
        noise(row.tolist(), chance, vocab_size, 5, sequence, 2)
        for row, sequence in zip(tokens, [9, 0, 4], strict=True)
    ]
    assert got.tokens.tolist() == expected


def test_vectorised_keys_equal_the_scalar_ones():
    ids = np.concatenate([np.arange(500), [MAX_SEQUENCE_ID]])
    keys, gammas = sequence_keys(2026, ids, 3, 4)
    pairs = [sequence_key(2026, int(i), 3, 4) for i in ids]
    assert list(zip(keys.tolist(), gammas.tolist(), strict=True)) == pairs
    one = sequence_keys(2026, ids[7:8], 3, 4)
    assert (int(one[0][0]), int(one[1][0])) == pairs[7]


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
    assert checked_seed(None) != checked_seed(None)


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
        checked_seed(seed)
    assert (caught.value.field, caught.value.code) == ("seed", code)


def test_numpy_integers_are_seeds_too():
    assert checked_seed(np.uint64(MAX_SEED)) == MAX_SEED
    assert checked_word(np.int32(3), "draw", MAX_DRAW) == 3
