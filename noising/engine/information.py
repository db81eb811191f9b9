"""What x_t still tells about x_0, in nats, without cancellation.

A token's channel first may be masked (nothing is learnt) and otherwise keeps
x_0 with probability `keep` or is resampled from a base distribution. Mutual
information is evaluated as a sum of non-negative divergence terms and the
conditional entropy as a sum of non-negative posterior entropies, so that each
is exact to a few ulp where it is small and the other one is not.

Source: Cover, Thomas 2006, ch. 2; mutual-information schedules: Austin et al.
2021 (D3PM), appendix A.7.
"""

import abc
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np

from noising.engine.arrays import FloatArray
from noising.engine.roots import Pair, increasing_root

Solver: TypeAlias = Callable[[FloatArray, FloatArray], FloatArray]

_BLOCK_ELEMENTS: Final = 1 << 13
_SERIES_BELOW: Final = 0.05
_PENALTY_SERIES_BELOW: Final = 1e-3
_COARSE_POINTS: Final = 65
_LARGEST_SIGMA: Final = 745.0  # exp(-sigma) is the smallest positive float64


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
    return -math.fsum(xlogx(probabilities))


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
    return np.where(ratio > 0.0, ratio * bregman, np.exp(log_score))


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
        pairs, counts = np.unique(
            np.stack([prior, base], axis=1), axis=0, return_counts=True
        )
        sizes = counts.astype(np.float64)
        return cls(
            prior=pairs[:, 0],
            base=pairs[:, 1],
            counts=sizes,
            prior_entropy=-math.fsum(sizes * xlogx(pairs[:, 0])),
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


class InformationCurve(abc.ABC):
    """I(x_t; x_0) of one graph and prior as a function of total noise sigma.

    Each method returns a quantity together with dI/dsigma (<= 0), since the two
    share their logarithms; sigma is (N,) and so are the results, in nats.
    """

    @property
    @abc.abstractmethod
    def start(self) -> float:
        """I at sigma = 0 in nats."""

    @abc.abstractmethod
    def information(self, sigma: FloatArray) -> Pair:
        """Return I(x_t; x_0) and dI/dsigma."""

    @abc.abstractmethod
    def conditional_entropy(self, sigma: FloatArray) -> Pair:
        """Return H(x_0 | x_t) and dI/dsigma."""

    def solver(self) -> Solver:
        """Return the inverse: the sigma at which a fraction of `start` is lost.

        The function takes the fractions lost and left, each (N,) in [0, 1] and
        computed apart so that neither loses digits where it is small. It returns
        (N,) total noise, 0 where nothing is lost and infinity where nothing is
        left. Each element is solved on its own: the others do not matter.
        """
        return InformationSolver.prepared(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class ErasureInformation(InformationCurve):
    """A channel that only erases what it does not keep: I = alpha·start.

    Attributes:
        start: I at sigma = 0 in nats.
        prior_entropy: H(x_0) in nats.
    """

    start: float
    prior_entropy: float

    def information(self, sigma: FloatArray) -> Pair:
        """Return alpha·start and its derivative."""
        left = np.exp(-sigma) * self.start
        return left, -left

    def conditional_entropy(self, sigma: FloatArray) -> Pair:
        """Return H(x_0) - start + (1 - alpha)·start and dI/dsigma."""
        doubt = (self.prior_entropy - self.start) - np.expm1(-sigma) * self.start
        return doubt, -np.exp(-sigma) * self.start

    def solver(self) -> Solver:
        """Return sigma = -log(left): here the loglinear schedule, exactly."""
        return minus_log


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelInformation(InformationCurve):
    """The information curve of any channel that resamples and masks.

    Attributes:
        channel: sigma (N,) to the channel at these noise levels.
        resampling: what a token that was not masked still tells.
    """

    channel: Callable[[FloatArray], Channel]
    resampling: ResamplingInformation

    @property
    def start(self) -> float:
        """I at sigma = 0 in nats."""
        return float(self.information(np.zeros(1))[0][0])

    def information(self, sigma: FloatArray) -> Pair:
        """Return survive·I(resampling) and its derivative."""
        at = self.channel(sigma)
        told, by_keep = self.resampling.information(at.keep, at.move)
        return at.survive * told, self._slope(at, told, by_keep)

    def conditional_entropy(self, sigma: FloatArray) -> Pair:
        """Return masked·H(x_0) + survive·H(resampling) and dI/dsigma."""
        at = self.channel(sigma)
        doubt, by_keep = self.resampling.conditional_entropy(at.keep, at.move)
        total = self.resampling.prior_entropy
        slope = self._slope(at, total - doubt, by_keep)
        return at.masked * total + at.survive * doubt, slope

    def _slope(self, at: Channel, told: FloatArray, by_keep: FloatArray) -> FloatArray:
        """Return dI/dsigma; its log(1/move) pole at the start is -infinity."""
        resampling = at.survive * at.keep_rate * by_keep
        pole = (at.move == 0.0) & (at.keep_rate < 0.0)
        return at.survive_rate * told + np.where(pole, -np.inf, resampling)


@dataclass(frozen=True, slots=True, kw_only=True)
class MatrixInformation(InformationCurve):
    """The information curve of exp(sigma·Q), from the whole matrix.

    Attributes:
        prior: (V,) normalised token prior.
        channel: one sigma to the (V, V) matrix q(y | x).
        rates: (V, V) Q.
    """

    prior: FloatArray
    channel: Callable[[float], FloatArray]
    rates: FloatArray

    @property
    def start(self) -> float:
        """H(prior): at sigma = 0 the token is there."""
        return entropy(self.prior)

    def information(self, sigma: FloatArray) -> Pair:
        """Return I(x_t; x_0) and dI/dsigma."""
        return self._each(self._information, sigma)

    def conditional_entropy(self, sigma: FloatArray) -> Pair:
        """Return H(x_0 | x_t) and dI/dsigma."""
        return self._each(self._conditional_entropy, sigma)

    def _each(
        self, function: Callable[[FloatArray, FloatArray], float], sigma: FloatArray
    ) -> Pair:
        values, slopes = np.empty_like(sigma), np.empty_like(sigma)
        for place, level in enumerate(sigma):
            matrix = self.channel(float(level))
            outcome = self.prior @ matrix
            values[place] = function(matrix, outcome)
            slopes[place] = self._slope(matrix, outcome)
        return values, slopes

    def _information(self, matrix: FloatArray, outcome: FloatArray) -> float:
        """Sum p(x)·q(y)·(r log r - r + 1), r = q(y | x)/q(y): no term is negative."""
        live = np.where(outcome > 0.0, outcome, 1.0)
        excess = np.maximum(matrix / live - 1.0, -1.0)
        logs = np.log1p(np.where(excess > -1.0, excess, 0.0))
        terms = np.where(excess > -1.0, divergence_term(excess, logs), 1.0)
        return float(self.prior @ (terms @ outcome))

    def _conditional_entropy(self, matrix: FloatArray, outcome: FloatArray) -> float:
        """Sum q(y)·H(x_0 | y), the token itself through its complement."""
        live = np.where(outcome > 0.0, outcome, 1.0)
        posterior = self.prior[:, None] * matrix / live
        np.fill_diagonal(posterior, 0.0)
        wrong = np.minimum(posterior.sum(axis=0), 1.0)
        right = -(1.0 - wrong) * np.log1p(-np.where(wrong < 1.0, wrong, 0.0))
        return float(outcome @ (right - xlogx(posterior).sum(axis=0)))

    def _slope(self, matrix: FloatArray, outcome: FloatArray) -> float:
        """Sum p(x)·dq(y | x)/dsigma·log(q(y | x)/q(y)), with d/dsigma = matrix·Q."""
        change = self.prior[:, None] * (matrix @ self.rates)
        live = (change != 0.0) & (outcome > 0.0)
        ratio = np.where(live, matrix, 1.0) / np.where(live, outcome, 1.0)
        return float((np.where(live, change, 0.0) * np.log(ratio)).sum())


@dataclass(frozen=True, slots=True, kw_only=True)
class InformationSolver:
    """Solves for sigma by a safeguarded Newton, started from a coarse table.

    Below half of the information the unknown is the log move chance and the
    equation is on the conditional entropy; above, sigma = -log alpha and I.

    Attributes:
        curve: the information curve.
        start: its information at sigma = 0.
        early: log fractions lost and log move chances there, (2, N), rising.
        late: -log of the fractions left and sigmas there, (2, N), rising.
    """

    curve: InformationCurve
    start: float
    early: FloatArray
    late: FloatArray

    @classmethod
    def prepared(cls, curve: InformationCurve) -> "InformationSolver":
        """Solve the coarse points; the table depends on the curve alone."""
        ends = np.empty((2, 0))
        bare = cls(curve=curve, start=curve.start, early=ends, late=ends)
        lost = np.geomspace(1e-7, 0.5, _COARSE_POINTS)
        early = np.log([lost, -np.expm1(-bare._early_sigma(lost, np.log(lost)))])
        left = np.geomspace(0.5, 1e-16, _COARSE_POINTS)
        late = np.stack([-np.log(left), bare._late_sigma(left, -np.log(left))])
        return cls(curve=curve, start=bare.start, early=early, late=late)

    def __call__(self, lost: FloatArray, left: FloatArray) -> FloatArray:
        """Return the sigma at which the fraction `lost` is gone, (N,)."""
        sigma = np.where(lost > 0.0, np.inf, 0.0)
        early = np.flatnonzero((lost > 0.0) & (lost < 0.5))
        late = np.flatnonzero((lost >= 0.5) & (left > 0.0))
        if early.size:
            logs = np.log(lost[early])
            below = np.minimum(logs - self.early[0, 0], 0.0)
            guess = np.interp(logs, *self.early) + below
            sigma[early] = self._early_sigma(lost[early], guess)
        if late.size:
            guess = np.interp(-np.log(left[late]), *self.late)
            sigma[late] = self._late_sigma(left[late], guess)
        return sigma

    def _early_sigma(self, lost: FloatArray, guess: FloatArray) -> FloatArray:
        """Solve log H(x_0 | x_t) = log(lost·start) in the log move chance."""
        target = np.log(lost * self.start)

        def miss(log_move: FloatArray, goal: FloatArray) -> Pair:
            sigma = -np.log1p(-np.exp(log_move))
            doubt, slope = self.curve.conditional_entropy(sigma)
            # d sigma / d log(move chance) = expm1(sigma)
            return np.log(doubt) - goal, -slope * np.expm1(sigma) / doubt

        log_move = increasing_root(miss, target, guess, low=-744.0, high=-1e-300)
        return -np.log1p(-np.exp(log_move))

    def _late_sigma(self, left: FloatArray, guess: FloatArray) -> FloatArray:
        """Solve log I = log(left·start) in sigma = -log alpha."""
        target = np.log(left * self.start)

        def miss(sigma: FloatArray, goal: FloatArray) -> Pair:
            told, slope = self.curve.information(sigma)
            return goal - np.log(told), -slope / told

        return increasing_root(miss, target, guess, low=0.0, high=_LARGEST_SIGMA)
