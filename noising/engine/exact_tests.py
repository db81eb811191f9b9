"""Statistical tests whose p-values are accurate far out in the tails.

A certificate tests at levels such as 1e-12, where the usual approximations are wrong
by orders of magnitude. Therefore binomial p-values are summed exactly, and counts in
bins are tested by their likelihood ratio, whose tail follows the chi-square
distribution even there. Pearson's sum of squares, with 20 expected in a bin, gives
p-values that are too small by a factor of a hundred.
"""

import bisect
import math
from collections.abc import Sequence
from typing import Final

import numpy as np

from noising.engine.arrays import AnyArray, FloatArray, IntArray

LEAST_EXPECTED: Final = 20.0
"""Bins with a smaller expected count are pooled with their neighbours."""

_SAME_CHANCE: Final = 1e-7  # log probabilities closer than this count as equal
_TAIL_TERMS: Final = 1 << 12
_NEGLIGIBLE: Final = 1e-18
_ROUNDING: Final = 1e-12


def binomial_p_value(successes: int, trials: int, chance: float) -> float:
    """Return the exact two-sided p-value of a count of successes.

    It is the probability of all outcomes that are not likelier than the observed one,
    summed outward from it by the ratios of neighbours.

    Args:
        successes: the observed count, 0..trials.
        trials: number of independent trials, >= 0.
        chance: probability of success; clipped to [0, 1], since it may be rounded.
    """
    if chance <= 0.0 or chance >= 1.0:
        return float(successes == (trials if chance >= 1.0 else 0))
    odds = (math.log(chance), math.log1p(-chance))
    mode = min(math.floor((trials + 1) * chance), trials)
    if successes == mode:
        return 1.0
    if successes < mode:  # mirrored, so that the near tail is the upper one
        successes, mode, odds = trials - successes, trials - mode, odds[::-1]

    def log_chance(count: int) -> float:
        return _log_binomial(count, trials, *odds)

    own = log_chance(successes)
    upper = _tail(successes, trials, math.exp(odds[0] - odds[1]))
    result = math.exp(own) * upper
    # Likelihood grows from 0 to the mode: find the last outcome that is not likelier.
    far = bisect.bisect_right(range(mode + 1), own + _SAME_CHANCE, key=log_chance) - 1
    if far >= 0:
        lower = _tail(trials - far, trials, math.exp(odds[1] - odds[0]))
        result += math.exp(log_chance(far)) * lower
    return min(result, 1.0)


def _log_binomial(count: int, trials: int, log_chance: float, log_rest: float) -> float:
    ways = (
        math.lgamma(trials + 1)
        - math.lgamma(count + 1)
        - math.lgamma(trials - count + 1)
    )
    return ways + count * log_chance + (trials - count) * log_rest


def _tail(count: int, trials: int, odds: float) -> float:
    """Return the sum of P(j)/P(count) over j = count..trials, beyond the mode."""
    total = last = 1.0
    while count < trials and last > _NEGLIGIBLE * total:
        steps = np.arange(count, min(count + _TAIL_TERMS, trials))
        terms = last * np.cumprod((trials - steps) / (steps + 1) * odds)
        total += float(terms.sum())
        last = float(terms[-1])
        count += steps.size
    return total


def chernoff_p_values(
    successes: AnyArray, trials: AnyArray, expected: AnyArray
) -> FloatArray:
    """Return bounds of the two-sided p-values of sums of events, elementwise.

    2·exp(-n·KL(k/n || e/n)). It holds for independent events of different
    probabilities and for negatively associated ones, such as those of draws without
    replacement, as well.

    Args:
        successes: k, observed numbers of events.
        trials: n >= k, numbers of chances for them.
        expected: e, expected numbers of events, 0..n.

    Source: Hoeffding 1963, theorem 1; Dubhashi and Ranjan 1998 for negative
    association.
    """
    n = np.maximum(np.asarray(trials, np.float64), 1e-300)
    found, mean = np.asarray(successes) / n, np.clip(np.asarray(expected) / n, 0.0, 1.0)
    with np.errstate(all="ignore"):
        parts = np.where(found > 0.0, found * np.log(found / mean), 0.0)
        parts += np.where(
            found < 1.0, (1.0 - found) * np.log((1.0 - found) / (1.0 - mean)), 0.0
        )
        # A mean that is rounded to the wrong side of an observed share is no evidence.
        parts = np.where(np.abs(found - mean) <= _ROUNDING, 0.0, parts)
        return np.asarray(np.minimum(2.0 * np.exp(-n * np.maximum(parts, 0.0)), 1.0))


def binomial_tables(
    trials: IntArray, chances: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Return probabilities and cumulative probabilities of binomial counts.

    Args:
        trials: (N,) numbers of trials.
        chances: (N,) probabilities of success, in (0, 1).

    Returns:
        P(X = k) and P(X < k) for k = 0..max(trials), each (N, max + 1).
    """
    top = int(trials.max())
    counts = np.arange(top + 1)
    logs = np.concatenate([[0.0], np.cumsum(np.log(np.arange(1, top + 1)))])
    left = np.maximum(trials[:, None] - counts, 0)
    exponents = logs[trials][:, None] - logs[counts] - logs[left]
    exponents += counts * np.log(chances)[:, None]
    exponents += left * np.log1p(-chances)[:, None]
    single = np.where(counts <= trials[:, None], np.exp(exponents), 0.0)
    below = np.cumsum(single, axis=1) - single
    return single, np.minimum(below, 1.0)


def chi_square_tail(statistic: float, freedom: int) -> float:
    """Return P(X >= statistic) of the chi-square distribution, in closed form.

    exp(-x/2)·sum of (x/2)^i/i! over i < freedom/2.

    Args:
        statistic: x >= 0.
        freedom: degrees of freedom, even and positive.
    """
    half = 0.5 * statistic
    if half == 0.0:
        return 1.0
    logs = [
        order * math.log(half) - math.lgamma(order + 1) - half
        for order in range(freedom // 2)
    ]
    return min(math.fsum(map(math.exp, logs)), 1.0)


def bins_p_value(observed: IntArray, weights: FloatArray) -> float:
    """Return the p-value of counts in bins under given probabilities.

    Neighbouring bins are pooled until each has an expected count of 20 and their
    number is odd, so that the degrees of freedom are even. Two bins are tested by the
    exact binomial test, more by the likelihood ratio with Williams' correction.

    Args:
        observed: (K,) counts.
        weights: (K,) probabilities up to a factor, with a positive sum.

    Returns:
        A p-value; 1 if fewer than two bins are left.

    Source: Williams 1976, "Improved likelihood ratio tests for complete
    contingency tables", Biometrika 63.
    """
    counts, chances = _pool_bins(observed, weights / weights.sum())
    trials = int(counts.sum())
    if counts.size < 2:
        return 1.0
    if counts.size == 2:
        return binomial_p_value(int(counts[0]), trials, float(chances[0]))
    ratio = np.where(counts > 0, counts, 1.0) / (trials * chances)
    likelihood_ratio = 2.0 * math.fsum(counts * np.log(ratio))
    freedom = counts.size - 1
    correction = 1.0 + (math.fsum(1.0 / chances) - 1.0) / (6.0 * trials * freedom)
    return chi_square_tail(max(likelihood_ratio, 0.0) / correction, freedom)


def _pool_bins(
    observed: IntArray, chances: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Return counts and probabilities of bins pooled to LEAST_EXPECTED each."""
    trials = float(observed.sum())
    counts, shares = [0.0], [0.0]
    for count, chance in zip(observed.tolist(), chances.tolist(), strict=True):
        if shares[-1] * trials >= LEAST_EXPECTED:
            counts.append(0.0)
            shares.append(0.0)
        counts[-1] += count
        shares[-1] += chance
    if len(counts) > 1 and shares[-1] * trials < LEAST_EXPECTED:
        _join_last(counts, shares)
    if len(counts) > 2 and len(counts) % 2 == 0:
        _join_last(counts, shares)
    return np.array(counts), np.array(shares)


def _join_last(*bins: list[float]) -> None:
    for values in bins:
        values[-2:] = [sum(values[-2:])]


def equal_mass_labels(weights: FloatArray, count: int) -> IntArray:
    """Assign items to `count` consecutive bins of about equal mass.

    Args:
        weights: (N,) masses >= 0 with a positive sum, in the order of the bins.
        count: number of bins, >= 1.

    Returns:
        (N,) labels in 0..count-1, never decreasing; heavy items may leave bins empty.
    """
    upto = np.cumsum(weights)
    middle = (upto - 0.5 * weights) / upto[-1]
    return np.asarray(np.minimum((middle * count).astype(np.int64), count - 1))


def holm(p_values: Sequence[float]) -> tuple[float, ...]:
    """Return p-values adjusted for multiple tests, in the same order.

    At level r, the chance to reject any true hypothesis is at most r, whatever the
    dependence between the tests. Source: Holm 1979.
    """
    order = sorted(range(len(p_values)), key=p_values.__getitem__)
    adjusted = [1.0] * len(p_values)
    largest = 0.0
    for rank, place in enumerate(order):
        largest = max(largest, (len(p_values) - rank) * p_values[place])
        adjusted[place] = min(largest, 1.0)
    return tuple(adjusted)
