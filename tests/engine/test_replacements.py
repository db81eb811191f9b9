"""Replacements against exact arithmetic."""

import itertools
from fractions import Fraction

import numpy as np
import pytest

from noising.engine.replacements import Constant, Even, EvenWithout, Table

WHOLE = 1 << 64


def _words(count=20_000, seed=1):
    return np.random.default_rng(seed).integers(0, WHOLE, count, dtype=np.uint64)


def test_even_words_reach_both_ends():
    words = np.array([0, WHOLE - 1, WHOLE // 2], np.uint64)
    assert Even(size=50257).ids(words).tolist() == [0, 50256, 25128]


@pytest.mark.parametrize("left_out", [0, 3, 6])
def test_an_even_draw_may_leave_out_one_id(left_out):
    """Word k·2^24 has k as its leading 40 bits; the bounds are those of six ids."""
    kept = [i for i in range(7) if i != left_out]
    firsts = [-(-(i << 40) // 6) for i in range(6)]
    lasts = [first - 1 for first in firsts[1:]] + [(1 << 40) - 1]
    for bounds in (firsts, lasts):
        words = np.array([bound << 24 for bound in bounds], np.uint64)
        drawn = EvenWithout(size=6, left_out=left_out).ids(words)
        assert drawn.tolist() == kept


def test_a_constant_ignores_the_words():
    assert Constant(token=9).ids(_words(5)).tolist() == [9] * 5


@pytest.mark.parametrize(
    "weights",
    [
        [1.0],
        [0.0, 0.0, 3.0],
        [2.0, 0.0, 1e-300],
        [1.0] * 7,
        [0.5, 0.25, 0.125, 0.125],
        [1e308, 1e308, 1e300],
        [1e-320, 2e-320],
        [0.0, 1e-9, 1.0, 0.0, 1e-12, 5.0, 0.0],
    ],
)
def test_a_table_draws_every_id_with_its_probability(weights):
    table = Table.of(np.array(weights))
    edges = [0, *(int(edge) for edge in table.edges[:-1]), WHOLE]
    assert all(low < high for low, high in itertools.pairwise(edges))
    total = sum(map(Fraction, weights))
    drawn = dict.fromkeys(range(len(weights)), 0)
    for token, low, high in zip(table.present, edges, edges[1:], strict=False):
        drawn[int(token)] = high - low
    for token, weight in enumerate(weights):
        exact = Fraction(weight) / total
        bias = abs(Fraction(drawn[token], WHOLE) - exact)
        assert bias <= exact * Fraction(1, 1 << 40) + Fraction(4, WHOLE)
        if weight == 0.0:
            assert drawn[token] == 0


def test_a_large_table_keeps_the_stated_precision():
    weights = np.random.default_rng(0).random(1 << 16) ** 3
    table = Table.of(weights)
    masses = np.diff(table.edges, prepend=np.uint64(0)).astype(np.float64)
    chances = np.zeros(weights.size)
    chances[table.present] = np.ldexp(masses, -64)
    exact = weights / weights.sum()
    seen = exact >= 2.0**-40
    assert np.abs(chances[seen] / exact[seen] - 1.0).max() < 2.0**-16
    assert table.present.size == weights.size


@pytest.mark.parametrize("size", [1, 2, 3, 5, 100, 70_000])
@pytest.mark.parametrize("power", [0, 1, 30])
def test_the_guided_search_counts_the_edges_below(size, power):
    table = Table.of(np.random.default_rng(size).random(size) ** power)
    at_edges = table.edges[:-1][:: max(1, size // 1000)]
    words = np.concatenate(
        [
            _words(),
            at_edges,
            at_edges - np.uint64(1),
            np.array([0, WHOLE - 1], np.uint64),
        ]
    )
    place = np.searchsorted(table.edges[:-1], words, side="right")
    assert (table.ids(words.copy()) == table.present[place]).all()


def test_ids_fill_any_shape_in_place():
    words = _words(24).reshape(4, 6)
    table = Table.of(np.arange(10.0))
    flat = table.ids(words.reshape(-1).copy())
    assert (table.ids(words) == flat.reshape(4, 6)).all()
    assert words.max() < 10


def test_ids_that_are_never_drawn_are_absent():
    table = Table.of(np.array([0.0, 1.0, 0.0, 2.0, 0.0]))
    assert set(table.ids(_words()).tolist()) == {1, 3}


def test_replacements_are_equal_only_if_they_draw_alike():
    one, other = Table.of(np.arange(1.0, 3.0)), Table.of(np.arange(1.0, 4.0))
    assert one != other
    assert Even(size=3) == Even(size=3) != Even(size=4)
    assert Constant(token=3) != Even(size=3)
