"""Information through a channel that keeps, resamples or masks a token.

A token is masked, which leaves no information, or else it keeps x_0 with probability
`keep` or is resampled from a base distribution. The mutual information is a sum of
non-negative divergence terms and the conditional entropy a sum of non-negative
posterior entropies, so that each is exact to a few ulp where it is small.

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
    """The channel of one token at many noise levels; all arrays have sigma's shape.

    q(y | x) = survive·(keep·[y = x] + move·base(y)) + masked·[y = mask].

    Attributes:
        survive: probability of not being masked, 1 - masked.
        masked: probability of being masked, not computed from `survive`.
        keep: probability of keeping x_0 given survival, 1 - move.
        move: probability of being resampled given survival, not computed from `keep`.
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

    Tokens with equal prior and base probabilities form one group, so a uniform prior
    takes one group for any vocabulary.

    Attributes:
        prior: (G,) prior probability of one token of each group.
        prior_rest: (G,) 1 - prior, not computed from `prior`.
        base: (G,) base probability of one token of each group.
        base_rest: (G,) 1 - base, not computed from `base`.
        counts: (G,) number of tokens in each group.
        prior_entropy: H(prior) in nats.
        others_entropy: (G,) H(prior) without the term of one token of the group.
    """

    prior: FloatArray
    prior_rest: FloatArray
    base: FloatArray
    base_rest: FloatArray
    counts: FloatArray
    prior_entropy: float
    others_entropy: FloatArray

    @classmethod
    def of(cls, prior: FloatArray, base: FloatArray) -> "ResamplingInformation":
        """Group the V tokens of `prior` and `base`, each (V,)."""
        # Pairs as complex numbers, which NumPy sorts much faster than rows.
        _, first, counts = np.unique(
            prior + 1j * base, return_index=True, return_counts=True
        )
        sizes = counts.astype(np.float64)
        prior_rest = complements(prior)[first]
        parts = entropy_terms(prior[first], prior_rest)
        total = math.fsum(sizes * parts)
        others = total - parts
        largest = int(np.argmax(parts))
        if sizes[largest] == 1.0:  # the difference may have lost its digits
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
                # Not a matrix product, since BLAS rounds a row differently depending
                # on the number of rows.
                value[block] += (of_value * part.counts).sum(axis=1)
                slope[block] += (of_slope * part.counts).sum(axis=1)
        return value, slope

    def _part(self, groups: slice) -> "ResamplingInformation":
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
    # Each logarithm uses the smaller one of two complements.
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
    """Return log(1 + gain/outcome), even if the quotient `excess` overflows."""
    log_ratio = np.log1p(excess)
    is_large = excess > LARGEST_EXCESS
    if not is_large.any():
        return log_ratio
    return np.where(is_large, np.log(outcome + gain) - np.log(outcome), log_ratio)
