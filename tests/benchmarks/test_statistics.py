import math

import numpy as np
import pytest
from scipy.stats import binom, binomtest, norm

from benchmarks.statistics import Measurement, Z, mean, median, proportion


def test_z_is_the_normal_quantile():
    assert pytest.approx(norm.ppf(0.975), rel=1e-12) == Z


@pytest.mark.parametrize(
    ("successes", "trials"), [(0, 10), (5, 10), (10, 10), (1, 1_000_000), (17, 23)]
)
def test_wilson_intervals_are_scipys(successes, trials):
    measured = proportion(successes, trials, exact=0.5)
    expected = binomtest(successes, trials).proportion_ci(method="wilson")
    assert measured.measured == successes / trials
    assert measured.low == pytest.approx(expected.low, rel=1e-9, abs=1e-15)
    assert measured.high == pytest.approx(expected.high, rel=1e-9)


@pytest.mark.parametrize("trials", [1, 7, 1_000, 10**9])
@pytest.mark.parametrize("share", [0.0, 0.001, 0.5, 0.999, 1.0])
def test_the_interval_holds_its_own_share_within_zero_and_one(trials, share):
    measured = proportion(round(share * trials), trials, exact=share)
    assert 0.0 <= measured.low <= measured.measured <= measured.high <= 1.0


@pytest.mark.parametrize("share", [0.003, 0.03, 0.5, 0.97])
def test_wilson_covers_about_95_percent(share):
    trials = 400
    outcomes = np.arange(trials + 1)
    covered = [
        m.low <= share <= m.high
        for m in (proportion(int(k), trials, exact=share) for k in outcomes)
    ]
    assert 0.92 < binom.pmf(outcomes, trials, share)[covered].sum() < 0.98


def test_unlike_trials_are_covered_more_often():
    chances = np.concatenate([np.full(200, 0.02), np.full(200, 0.6)])
    generator = np.random.default_rng(3)
    kept = (generator.random((4_000, 400)) < chances).sum(axis=1)
    exact = float(chances.mean())
    hits = [
        m.low <= exact <= m.high
        for m in (proportion(int(k), 400, exact=exact) for k in kept)
    ]
    # 95 % minus five standard errors of 4,000 trials.
    assert np.mean(hits) > 0.933


def test_a_mean_has_a_normal_interval():
    measured = mean(2.0, exact=1.9, deviation=3.0, count=900)
    assert measured.low == pytest.approx(2.0 - 0.1 * Z)
    assert measured.high == pytest.approx(2.0 + 0.1 * Z)


def test_complement_and_scale_keep_the_interval_in_order():
    changed = Measurement(measured=0.9, exact=0.8, low=0.7, high=1.0)
    lost = changed.complement().scale(10.0)
    assert lost.to_document() == pytest.approx(
        {"measured": 1.0, "exact": 2.0, "low": 0.0, "high": 3.0}
    )


@pytest.mark.parametrize("count", [6, 7, 12, 21, 100])
def test_the_medians_interval_covers_at_least_95_percent_and_not_much_more(count):
    middle, low, high = median([float(value) for value in range(count)])
    assert middle == (count - 1) / 2
    rank = int(low)
    assert high == count - 1 - rank
    outside = 2 * binom.cdf(rank, count, 0.5)
    assert outside <= 0.05
    assert 2 * binom.cdf(rank + 1, count, 0.5) > 0.05


def test_few_values_give_their_range():
    assert median([3.0, 1.0, 2.0]) == (2.0, 1.0, 3.0)
    assert median([4.0]) == (4.0, 4.0, 4.0)
    assert math.isclose(median([1.0, 2.0])[0], 1.5)
