"""p-values against SciPy, and against the exact law far out in the tails."""

import itertools
import math

import numpy as np
import pytest
from scipy import special, stats

from noising.engine.exact_tests import (
    binomial_p_value,
    bins_p_value,
    chi_square_tail,
    equal_mass_labels,
    holm,
)

LARGE = [
    (trials, chance, deviations)
    for trials in (10, 1000, 100_003, 1 << 20)
    for chance in (1e-9, 1e-3, 0.25, 0.5, 0.9, 0.999999)
    for deviations in (-12.0, -3.0, -0.4, 0.0, 1.0, 6.0, 20.0)
]


@pytest.mark.parametrize(("trials", "chance", "deviations"), LARGE)
def test_binomial_p_values_equal_scipys(trials, chance, deviations):
    spread = math.sqrt(trials * chance * (1.0 - chance)) + 0.5
    count = round(trials * chance + deviations * spread)
    count = min(max(count, 0), trials)
    expected = stats.binomtest(count, trials, chance).pvalue
    got = binomial_p_value(count, trials, chance)
    assert got == pytest.approx(expected, rel=1e-7, abs=1e-300)


@pytest.mark.parametrize("trials", [1, 2, 7, 8, 15])
@pytest.mark.parametrize("chance", [0.5, 0.25, 1 / 3, 0.1, 7 / 8])
def test_binomial_p_values_sum_all_outcomes_no_likelier(trials, chance):
    pmf = stats.binom.pmf(np.arange(trials + 1), trials, chance)
    for count in range(trials + 1):
        expected = pmf[pmf <= pmf[count] * (1.0 + 1e-7)].sum()
        assert binomial_p_value(count, trials, chance) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("count", "trials", "chance", "p_value"),
    [
        (0, 5, 0.0, 1.0),
        (1, 5, 0.0, 0.0),
        (1, 5, -1e-18, 0.0),
        (5, 5, 1.0, 1.0),
        (4, 5, 1.0000000000000002, 0.0),
        (0, 0, 0.3, 1.0),
        (0, 0, 1.0, 1.0),
    ],
)
def test_what_is_certain_or_impossible_has_p_value_1_or_0(
    count, trials, chance, p_value
):
    assert binomial_p_value(count, trials, chance) == p_value


@pytest.mark.parametrize("freedom", [2, 4, 10, 64, 1000])
@pytest.mark.parametrize("statistic", [0.0, 1e-12, 0.5, 3.0, 70.0, 1000.0, 3000.0])
def test_chi_square_tails_equal_scipys(statistic, freedom):
    expected = stats.chi2.sf(statistic, freedom)
    got = chi_square_tail(statistic, freedom)
    assert got == pytest.approx(expected, rel=1e-11, abs=1e-300)


@pytest.mark.parametrize("bins", [3, 5, 33])
def test_bins_are_judged_by_the_corrected_likelihood_ratio(bins):
    rng = np.random.default_rng(bins)
    weights = rng.uniform(1.0, 2.0, bins)
    chances = weights / weights.sum()
    observed = rng.multinomial(1000 * bins, chances)
    ratio, _ = stats.power_divergence(
        observed, observed.sum() * chances, lambda_="log-likelihood"
    )
    freedom = bins - 1
    correction = 1 + ((1 / chances).sum() - 1) / (6 * observed.sum() * freedom)
    expected = stats.chi2.sf(ratio / correction, freedom)
    assert bins_p_value(observed, weights) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("trials", "weights"),
    [(60, [1, 1, 1]), (120, [1, 1, 4]), (100, [1, 2, 2])],
)
def test_tails_of_bins_hold_where_a_certificate_judges(trials, weights):
    """All outcomes of three bins: the chance of a p-value below r is about r."""
    chances = np.array(weights) / sum(weights)
    outcomes = [
        (a, b, trials - a - b)
        for a, b in itertools.product(range(trials + 1), repeat=2)
        if a + b <= trials
    ]
    counts = np.array(outcomes)
    log_law = special.gammaln(trials + 1) - special.gammaln(counts + 1).sum(axis=1)
    law = np.exp(log_law + counts @ np.log(chances))
    p_values = np.array([bins_p_value(row, chances) for row in counts])
    for rate in (1e-3, 1e-6, 1e-9, 1e-12):
        assert law[p_values < rate].sum() < 2.5 * rate


def test_bins_are_pooled_until_each_is_expected_to_hold_enough():
    two_left = bins_p_value(np.array([5, 20, 9, 16]), np.ones(4))
    assert two_left == pytest.approx(stats.binomtest(25, 50, 0.5).pvalue)
    one_left = bins_p_value(np.array([20, 0, 9]), np.ones(3))
    assert one_left == 1.0
    assert bins_p_value(np.array([0, 0]), np.ones(2)) == 1.0
    four = bins_p_value(np.array([70, 50, 60, 40]), np.ones(4))
    assert four == bins_p_value(np.array([70, 50, 100]), np.array([1.0, 1.0, 2.0]))
    last_is_small = bins_p_value(np.array([70, 50, 60, 2]), np.array([60, 60, 60, 1]))
    pooled = np.array([60.0, 60.0, 61.0])
    expected = bins_p_value(np.array([70, 50, 62]), pooled)
    assert last_is_small == pytest.approx(expected)


def test_an_empty_bin_counts():
    assert bins_p_value(np.array([0, 60, 60]), np.ones(3)) < 1e-9


def test_labels_cut_the_mass_evenly():
    labels = equal_mass_labels(np.ones(1000), 10)
    assert np.bincount(labels).tolist() == [100] * 10
    heavy = equal_mass_labels(np.array([1.0, 1.0, 96.0, 1.0, 0.0, 1.0]), 4)
    assert (np.diff(heavy) >= 0).all()
    assert heavy[0] == heavy[1] == 0
    assert heavy[2] == 2
    assert heavy[-1] == 3


@pytest.mark.parametrize(
    ("p_values", "adjusted"),
    [
        ([], ()),
        ([0.2], (0.2,)),
        ([0.01, 0.04, 0.03], (0.03, 0.06, 0.06)),
        ([0.5, 0.9, 0.001, 0.5], (1.0, 1.0, 0.004, 1.0)),
    ],
)
def test_holms_adjustment(p_values, adjusted):
    assert holm(p_values) == pytest.approx(adjusted)
