"""What a token that is kept, drawn anew or masked still tells.

A token's channel first may be masked (nothing is learnt) and otherwise keeps
x_0 with probability `keep` or is resampled from a base distribution. Mutual
information is evaluated as a sum of non-negative divergence terms and the
conditional entropy as a sum of non-negative posterior entropies, so that each
is exact to a few ulp where it is small and the other one is not.

Source: Cover, Thomas 2006, ch. 2.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np

from noising.engine.arrays import FloatArray
from noising.engine.information.terms import divergence_term, xlogx
from noising.engine.roots import Pair

_BLOCK_ELEMENTS: Final = 1 << 13


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """One token's channel at many noise levels; every array has sigma's shape.

    q(y | x) = survive·(keep·[y = x] + move·base(y)) + masked·[y = mask].

    Attributes:
        survive: probability of not being masked, 1 - masked.
        masked: probability of being masked, computed on its own.
        keep: probability of keeping x_0 given survival, 1 - move.
        move: probability of being resampled given survival, computed on its own.
        survive_rate: d survive / d sigma, <= 0.
        keep_rate: d keep / d sigma, <= 0.
    """

    survive: FloatArray
    masked: FloatArray
    keep: FloatArray
    move: FloatArray
    survive_rate: FloatArray
    keep_rate: FloatArray


@dataclass(frozen=True, slots=True, kw_only=True)
class ResamplingInformation:
    """Information through q(y | x) = keep·[y = x] + move·base(y).

    Tokens of equal (prior, base) probability are one group with a count, so a
    uniform prior costs one group whatever the vocabulary.

    Attributes:
        prior: (G,) prior probability of one token of each group.
        base: (G,) base probability of one token of each group.
        counts: (G,) tokens in each group.
        prior_entropy: H(prior) in nats.
    """

    prior: FloatArray
    base: FloatArray
    counts: FloatArray
    prior_entropy: float

    @classmethod
    def grouped(cls, prior: FloatArray, base: FloatArray) -> "ResamplingInformation":
        """Group the V tokens of `prior` and `base`, each (V,)."""
        # One complex number a pair: NumPy sorts them much faster than rows.
        pairs, counts = np.unique(prior + 1j * base, return_counts=True)
        sizes = counts.astype(np.float64)
        return cls(
            prior=pairs.real.copy(),
            base=pairs.imag.copy(),
            counts=sizes,
            prior_entropy=-math.fsum(sizes * xlogx(pairs.real)),
        )

    def information(self, keep: FloatArray, move: FloatArray) -> Pair:
        """Return I(x_t; x_0) and dI/dkeep (move = 1 - keep), shape of `keep`, (N,)."""
        return self._sum_over_groups(_information_terms, keep, move)

    def conditional_entropy(self, keep: FloatArray, move: FloatArray) -> Pair:
        """Return H(x_0 | x_t) and dI/dkeep, shape of `keep`, (N,)."""
        return self._sum_over_groups(_entropy_terms, keep, move)

    def _sum_over_groups(
        self, terms: "_Terms", keep: FloatArray, move: FloatArray
    ) -> Pair:
        value, slope = np.zeros_like(keep), np.zeros_like(keep)
        rows = max(1, _BLOCK_ELEMENTS // self.prior.size)
        for first in range(0, self.prior.size, _BLOCK_ELEMENTS):
            groups = slice(first, first + _BLOCK_ELEMENTS)
            prior, base, counts = (
                self.prior[groups],
                self.base[groups],
                self.counts[groups],
            )
            for start in range(0, keep.size, rows):
                block = slice(start, start + rows)
                of_value, of_slope = terms(
                    prior,
                    base,
                    keep[block, None],
                    move[block, None],
                    self.prior_entropy,
                )
                # Not a matrix product: BLAS rounds a row by how many stand beside it.
                value[block] += (of_value * counts).sum(axis=1)
                slope[block] += (of_slope * counts).sum(axis=1)
        return value, slope


_Terms: TypeAlias = Callable[
    [FloatArray, FloatArray, FloatArray, FloatArray, float], Pair
]


def _information_terms(
    prior: FloatArray,
    base: FloatArray,
    keep: FloatArray,
    move: FloatArray,
    prior_entropy: float,
) -> Pair:
    """Return each group's share of I, as divergences q·(r log r - r + 1)."""
    kept = keep * prior
    outcome = kept + move * base
    divisor = np.where(outcome > 0.0, outcome, 1.0)
    excess = keep * (1.0 - prior) / divisor
    log_same = np.log1p(excess)
    lack = np.minimum(kept / divisor, 1.0)
    log_other = np.where(lack < 1.0, np.log1p(-lack), 0.0)
    same = divergence_term(excess, log_same)
    other = np.where(lack < 1.0, divergence_term(-lack, log_other), 1.0)
    share = outcome * (prior * same + (1.0 - prior) * other)
    return share, prior * (1.0 - base) * log_same - (1.0 - prior) * base * log_other


def _entropy_terms(
    prior: FloatArray,
    base: FloatArray,
    keep: FloatArray,
    move: FloatArray,
    prior_entropy: float,
) -> Pair:
    """Return each group's share of sum_y q(y)·H(x_0 | x_t = y)."""
    resampled = move * base
    outcome = keep * prior + resampled
    divisor = np.where(outcome > 0.0, outcome, 1.0)
    ratio = resampled / divisor
    log_odds = -np.log(np.where(ratio > 0.0, ratio, 1.0))
    wrong = np.minimum((1.0 - prior) * ratio, 1.0)
    log_right = np.log1p(-np.where(wrong < 1.0, wrong, 0.0))
    rest = prior_entropy + xlogx(prior)
    share = resampled * ((1.0 - prior) * log_odds + rest)
    share -= outcome * ((1.0 - wrong) * log_right)
    log_same = np.log1p(keep * (1.0 - prior) / divisor)
    return share, prior * (1.0 - base) * log_same + (1.0 - prior) * base * log_odds
