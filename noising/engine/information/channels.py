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
from noising.engine.information.terms import (
    LARGEST_EXCESS,
    complements,
    divergence_term,
    entropy_terms,
)
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
        prior_rest: (G,) 1 - prior, computed on its own.
        base: (G,) base probability of one token of each group.
        base_rest: (G,) 1 - base, computed on its own.
        counts: (G,) tokens in each group.
        prior_entropy: H(prior) in nats.
        others_entropy: (G,) the part of it that all tokens but one of the group have.
    """

    prior: FloatArray
    prior_rest: FloatArray
    base: FloatArray
    base_rest: FloatArray
    counts: FloatArray
    prior_entropy: float
    others_entropy: FloatArray

    @classmethod
    def grouped(cls, prior: FloatArray, base: FloatArray) -> "ResamplingInformation":
        """Group the V tokens of `prior` and `base`, each (V,)."""
        # One complex number a pair: NumPy sorts them much faster than rows.
        _, first, counts = np.unique(
            prior + 1j * base, return_index=True, return_counts=True
        )
        sizes = counts.astype(np.float64)
        prior_rest = complements(prior)[first]
        parts = entropy_terms(prior[first], prior_rest)
        total = math.fsum(sizes * parts)
        others = total - parts
        largest = int(np.argmax(parts))
        if sizes[largest] == 1.0:  # the difference may have few digits
            others[largest] = math.fsum(np.delete(sizes * parts, largest))
        return cls(
            prior=prior[first],
            prior_rest=prior_rest,
            base=base[first],
            base_rest=complements(base)[first],
            counts=sizes,
            prior_entropy=total,
            others_entropy=others,
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
            part = self._part(slice(first, first + _BLOCK_ELEMENTS))
            for start in range(0, keep.size, rows):
                block = slice(start, start + rows)
                of_value, of_slope = terms(part, keep[block, None], move[block, None])
                # Not a matrix product: BLAS rounds a row by how many stand beside it.
                value[block] += (of_value * part.counts).sum(axis=1)
                slope[block] += (of_slope * part.counts).sum(axis=1)
        return value, slope

    def _part(self, groups: slice) -> "ResamplingInformation":
        """Return some of the groups."""
        return ResamplingInformation(
            prior=self.prior[groups],
            prior_rest=self.prior_rest[groups],
            base=self.base[groups],
            base_rest=self.base_rest[groups],
            counts=self.counts[groups],
            prior_entropy=self.prior_entropy,
            others_entropy=self.others_entropy[groups],
        )


_Terms: TypeAlias = Callable[[ResamplingInformation, FloatArray, FloatArray], Pair]


def _information_terms(
    of: ResamplingInformation, keep: FloatArray, move: FloatArray
) -> Pair:
    """Return each group's share of I, as divergences q·(r log r - r + 1)."""
    kept = keep * of.prior
    outcome = kept + move * of.base
    divisor = np.where(outcome > 0.0, outcome, 1.0)
    gain = keep * of.prior_rest  # q(x | x) - q(x)
    excess = gain / divisor
    log_same = _log_gain(gain, outcome, excess)
    lack = np.minimum(kept / divisor, 1.0)
    log_other = np.where(lack < 1.0, np.log1p(-lack), 0.0)
    same = divergence_term(excess, log_same)
    other = np.where(lack < 1.0, divergence_term(-lack, log_other), 1.0)
    share = outcome * (of.prior * same + of.prior_rest * other)
    is_large = excess > LARGEST_EXCESS
    if is_large.any():
        direct = (outcome + gain) * log_same - gain
        apart = of.prior * direct + outcome * (of.prior_rest * other)
        share = np.where(is_large, apart, share)
    slope = of.prior * of.base_rest * log_same - of.prior_rest * of.base * log_other
    return share, slope


def _entropy_terms(
    of: ResamplingInformation, keep: FloatArray, move: FloatArray
) -> Pair:
    """Return each group's share of sum_y q(y)·H(x_0 | x_t = y)."""
    kept, resampled = keep * of.prior, move * of.base
    outcome = kept + resampled
    divisor = np.where(outcome > 0.0, outcome, 1.0)
    ratio = resampled / divisor
    # Of two complements each logarithm takes the smaller.
    by_kept = np.log1p(kept / np.where(resampled > 0.0, resampled, 1.0))
    by_ratio = -np.log(np.where(ratio > 0.0, ratio, 1.0))
    log_odds = np.where(ratio > 0.5, by_kept, by_ratio)
    wrong = of.prior_rest * ratio
    is_right = wrong < 0.5
    right = np.where(is_right, 1.0 - wrong, of.prior * (keep + resampled) / divisor)
    by_right = np.log(np.where(right > 0.0, right, 1.0))
    log_right = np.where(is_right, np.log1p(-np.where(is_right, wrong, 0.0)), by_right)
    share = resampled * (of.prior_rest * log_odds + of.others_entropy)
    share -= outcome * (right * log_right)
    gain = keep * of.prior_rest
    log_same = _log_gain(gain, outcome, gain / divisor)
    slope = of.prior * of.base_rest * log_same + of.prior_rest * of.base * log_odds
    return share, slope


def _log_gain(gain: FloatArray, outcome: FloatArray, excess: FloatArray) -> FloatArray:
    """Return log(1 + gain/outcome), also where that quotient `excess` overflows."""
    log_ratio = np.log1p(excess)
    is_large = excess > LARGEST_EXCESS
    if not is_large.any():
        return log_ratio
    return np.where(is_large, np.log(outcome + gain) - np.log(outcome), log_ratio)
