"""Entropies and divergences as terms that do not cancel."""

import math
from typing import Final

import numpy as np

from noising.engine.arrays import FloatArray

_SERIES_BELOW: Final = 0.05
_PENALTY_SERIES_BELOW: Final = 1e-3


def xlogx(values: FloatArray) -> FloatArray:
    """Return x·log x elementwise, with 0·log 0 = 0."""
    return values * np.log(np.where(values > 0.0, values, 1.0))


def minus_log(lost: FloatArray, left: FloatArray) -> FloatArray:
    """Return -log(left), through lost = 1 - left where left is near 1."""
    near = lost < 0.5
    through_lost = -np.log1p(-np.where(near, lost, 0.0))
    return np.where(near, through_lost, -np.log(left))


def entropy(probabilities: FloatArray) -> float:
    """Return the Shannon entropy of a distribution in nats."""
    others = np.delete(probabilities, probabilities.argmax())
    rest = others.sum()  # what the largest lacks to 1: by its own rounding that is lost
    if rest >= 0.5:
        return -math.fsum(xlogx(probabilities))
    return -math.fsum([*xlogx(others), (1.0 - rest) * math.log1p(-rest)])


def divergence_term(excess: FloatArray, log_ratio: FloatArray) -> FloatArray:
    """Return (1+d)·log(1+d) - d for d > -1, exact for small d too.

    Below |d| = 0.05 the two terms cancel; there log(1+d) = 2·artanh(z) with
    z = d/(2+d) is expanded and the leading z cancels by algebra.

    Args:
        excess: d.
        log_ratio: log1p(d), which the caller has anyway.
    """
    z = excess / (2.0 + excess)
    square = z * z
    tail = 1 / 3 + square * (1 / 5 + square * (1 / 7 + square * (1 / 9 + square / 11)))
    series = 2.0 * square * (1.0 + (1.0 + z) * z * tail) / (1.0 - z)
    direct = (1.0 + excess) * log_ratio - excess
    return np.where(np.abs(excess) < _SERIES_BELOW, series, direct)


def score_penalty(log_score: FloatArray, ratio: FloatArray) -> FloatArray:
    """Return r·(expm1(d) - d) with d = log s - log r, or s where r = 0; >= 0.

    Close to d = 0 the two terms cancel and their series is summed instead.
    """
    positive = np.where(ratio > 0.0, ratio, 1.0)
    d = log_score - np.log(positive)
    series = d * d * (1 / 2 + d * (1 / 6 + d * (1 / 24 + d * (1 / 120 + d / 720))))
    close = np.abs(d) < _PENALTY_SERIES_BELOW
    bregman = np.where(close, series, np.expm1(d) - d)
    bregman = np.where(d == np.inf, np.inf, bregman)
    return np.where(ratio > 0.0, ratio * bregman, np.exp(log_score))
