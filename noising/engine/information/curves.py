"""I(x_t; x_0) as a function of total noise, and the noise at which it has a value.

Source: mutual-information schedules: Austin et al. 2021 (D3PM), appendix A.7.
"""

import abc
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np

from noising.engine.arrays import FloatArray
from noising.engine.information.channels import Channel, ResamplingInformation
from noising.engine.information.terms import minus_log
from noising.engine.roots import Pair, increasing_root

Solver: TypeAlias = Callable[[FloatArray, FloatArray], FloatArray]

_COARSE_POINTS: Final = 65
_LARGEST_SIGMA: Final = 745.0  # exp(-sigma) is the smallest positive float64


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
