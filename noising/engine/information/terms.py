"""Terms of entropies and divergences, computed without cancellation."""

import math
from typing import Final

import numpy as np

from noising.engine.arrays import FloatArray

_SERIES_BELOW: Final = 0.05
_PENALTY_SERIES_BELOW: Final = 1e-3
LARGEST_EXCESS: Final = 1e300
"""Above it terms in q/p - 1 may overflow even if those in q and p do not."""
_LARGEST_LOG: Final = math.log(LARGEST_EXCESS)


def xlogx(values: FloatArray) -> FloatArray:
    """Return x·log x elementwise, with 0·log 0 = 0."""
    return values * np.log(np.where(values > 0.0, values, 1.0))


def minus_log(lost: FloatArray, left: FloatArray) -> FloatArray:
    """Return -log(left), computed from lost = 1 - left where left is near 1."""
    near = lost < 0.5
    through_lost = -np.log1p(-np.where(near, lost, 0.0))
    return np.where(near, through_lost, -np.log(left))


def complements(probabilities: FloatArray) -> FloatArray:
    """Return 1 - p for every p of a distribution, exact even where p is near 1."""
    rest = 1.0 - probabilities
    largest = int(np.argmax(probabilities))
    if probabilities[largest] > 0.5:
        others = probabilities.copy()
        others[largest] = 0.0
        rest[largest] = others.sum()
    return rest


def entropy_terms(probabilities: FloatArray, rest: FloatArray) -> FloatArray:
    """Return -p·log p elementwise, computed from rest = 1 - p where p is near 1."""
    is_large = probabilities > 0.5
    through_rest = -probabilities * np.log1p(-np.where(is_large, rest, 0.0))
    return np.where(is_large, through_rest, -xlogx(probabilities))


def entropy(probabilities: FloatArray) -> float:
    """Return the Shannon entropy of a distribution in nats."""
    return math.fsum(entropy_terms(probabilities, complements(probabilities)))


def divergence_term(excess: FloatArray, log_ratio: FloatArray) -> FloatArray:
    """Return (1+d)·log(1+d) - d for d > -1, exact even for small d.

    For |d| < 0.05, where the two terms nearly cancel, it expands log(1+d) =
    2·artanh(z), z = d/(2+d), and cancels the leading z algebraically. Values of d
    above 1e300, whose product would overflow, are treated as 1e300.

    Args:
        excess: d.
        log_ratio: log1p(d), which callers have computed already.
    """
    z = excess / (2.0 + excess)
    square = z * z
    tail = 1 / 3 + square * (1 / 5 + square * (1 / 7 + square * (1 / 9 + square / 11)))
    series = 2.0 * square * (1.0 + (1.0 + z) * z * tail) / (1.0 - z)
    bounded = np.minimum(excess, LARGEST_EXCESS)
    direct = (1.0 + bounded) * np.minimum(log_ratio, _LARGEST_LOG) - bounded
    return np.where(np.abs(excess) < _SERIES_BELOW, series, direct)


def divergence(
    chance: FloatArray, reference: FloatArray | float, excess: FloatArray
) -> FloatArray:
    """Return q·log(q/p) - q + p elementwise, a term of KL(q || p), >= 0.

    Args:
        chance: q.
        reference: p > 0.
        excess: q/p - 1 >= -1, as exact as possible; it may be infinite.
    """
    inside = excess > -1.0
    log_ratio = np.log1p(np.where(inside, excess, 0.0))
    term = reference * np.where(inside, divergence_term(excess, log_ratio), 1.0)
    large = chance * (np.log(chance) - np.log(reference)) - chance
    return np.where(excess > LARGEST_EXCESS, large, term)


def score_costs(
    log_score: FloatArray,
    log_ratio: FloatArray,
    rates: FloatArray,
    reverse: FloatArray,
    pace: FloatArray,
) -> FloatArray:
    """Return pace·rates·r·(expm1(d) - d) with d = log s - log r elementwise, >= 0.

    It is pace·rates·s where r = 0. Close to d = 0, where the two terms nearly cancel,
    it sums their series; for large d it uses pace·rates·s - reverse·(1 + d), which
    stays finite where e^d overflows.

    Args:
        log_score: log s.
        log_ratio: log r.
        rates: forward rates >= 0 at pace 1; where a rate is 0, the cost is 0.
        reverse: pace·rates·r.
        pace: a finite factor >= 0.
    """
    d = log_score - log_ratio
    series = d * d * (1 / 2 + d * (1 / 6 + d * (1 / 24 + d * (1 / 120 + d / 720))))
    bregman = np.where(np.abs(d) < _PENALTY_SERIES_BELOW, series, np.expm1(d) - d)
    root = np.exp(0.5 * log_score)
    scored = root * (rates * pace) * root
    outside = ~((scored > 0.0) & (scored < np.inf)) & (rates > 0.0)
    if outside.any():  # factors may over- or underflow where the product does not
        logged = np.exp(log_score + np.log(rates) + np.log(pace))
        scored = np.where(outside, logged, scored)
    far = np.where(np.isinf(scored), np.inf, scored - reverse * (1.0 + d))
    near = np.where(bregman == 0.0, 0.0, reverse * bregman)  # reverse may be infinite
    costs = np.where(d > 1.0, far, near)
    costs = np.where((reverse > 0.0) & (log_score < np.inf), costs, scored)
    return np.where((rates > 0.0) & (pace > 0.0), costs, 0.0)
