"""I(x_t; x_0) as a function of total noise, and its inverse.

Source: mutual-information schedules: Austin et al. 2021 (D3PM), appendix A.7.
"""

import abc
import math
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np

from noising.engine.arrays import FloatArray
from noising.engine.information.channels import Channel, ResamplingInformation
from noising.engine.information.terms import minus_log
from noising.engine.roots import TOLERANCE, Pair, increasing_root, not_solved

FIELD: Final = "schedule"
WAY_OUT: Final = "raise epsilon, or remove negligible values from prior and graph"

_LEAST_LOG: Final = math.log(sys.float_info.min)  # below, float64 loses digits
_LARGEST_LOG: Final = math.log(sys.float_info.max)
_LEAST_DOUBT: Final = 1e-300  # smallest conditional entropy that is resolved, in nats
_LEAST_START: Final = 1e-270  # smallest information at sigma = 0, far above that
_TABLE_STEP: Final = 0.5 * math.log(2.0)
_TABLE_BELOW: Final = 60  # steps from half of the information to a loss of 1e-8 ...
_TABLE_ABOVE: Final = 24  # ... and to the end of most curves


class InformationCurve(abc.ABC):
    """I(x_t; x_0) of one graph and prior as a function of total noise sigma.

    Each method returns a quantity and dI/dsigma (<= 0), since the two share their
    logarithms. sigma and the results are (N,); quantities are in nats.
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

    def solver(self, least: float) -> "Solver":
        """Return the inverse: sigma as a function of the fraction of `start` lost.

        Args:
            least: the smallest fraction left, above 0, that the solver must support.

        Raises:
            EngineError: float64 cannot resolve the inverse.
        """
        return InformationSolver.of(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class ErasureInformation(InformationCurve):
    """A channel that keeps or erases a token: I = alpha·start.

    Attributes:
        start: I at sigma = 0 in nats.
        start_doubt: H(x_0 | x_t) at sigma = 0 in nats.
    """

    start: float
    start_doubt: float

    def information(self, sigma: FloatArray) -> Pair:
        """Return alpha·start and its derivative."""
        left = np.exp(-sigma) * self.start
        return left, -left

    def conditional_entropy(self, sigma: FloatArray) -> Pair:
        """Return start_doubt + (1 - alpha)·start, and dI/dsigma."""
        doubt = self.start_doubt - np.expm1(-sigma) * self.start
        return doubt, -np.exp(-sigma) * self.start

    def solver(self, least: float) -> "Solver":
        """Return sigma = -log(left)."""
        return ErasureSolver()


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelInformation(InformationCurve):
    """The information curve of any channel that resamples and masks.

    Attributes:
        channel: returns the channel at noise levels sigma, (N,).
        resampling: information of a token that is not masked.
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
        """Return dI/dsigma; -infinity at the start, where it grows like log(move)."""
        resampling = at.survive * at.keep_rate * by_keep
        pole = (at.move == 0.0) & (at.keep_rate < 0.0)
        return at.survive_rate * told + np.where(pole, -np.inf, resampling)


class Solver(abc.ABC):
    """The inverse of an information curve: total noise as a function of information.

    The fractions lost and left are each (N,) in [0, 1], and neither is computed from
    the other, so that each keeps its digits where it is small. Every result depends on
    its own element only.
    """

    @abc.abstractmethod
    def sigma(self, lost: FloatArray, left: FloatArray) -> FloatArray:
        """Return the sigma at which a fraction is lost, (N,).

        It is 0 where nothing is lost and infinite where nothing is left.

        Raises:
            EngineError: float64 cannot resolve it.
        """

    @abc.abstractmethod
    def rate(self, lost: FloatArray, left: FloatArray) -> FloatArray:
        """Return d sigma / d lost, (N,), infinite where nothing is left.

        Raises:
            EngineError: float64 cannot resolve sigma.
        """


class ErasureSolver(Solver):
    """The inverse of I = exp(-sigma)·start, which gives the loglinear schedule."""

    def sigma(self, lost: FloatArray, left: FloatArray) -> FloatArray:
        """Return -log(left)."""
        return minus_log(lost, left)

    def rate(self, lost: FloatArray, left: FloatArray) -> FloatArray:
        """Return 1/left."""
        return 1.0 / left


@dataclass(frozen=True, slots=True, kw_only=True)
class InformationSolver(Solver):
    """Solves for sigma by a bracketed root search that starts from a coarse table.

    The equation is in y = -log(I/start), the total noise at which erasure would leave
    the same information, since log y is almost linear in log sigma. y is computed from
    the conditional entropy until half of the information is lost, and from I after
    that, so that it keeps its digits at both ends.

    Attributes:
        curve: the information curve.
        start: its information at sigma = 0.
        table: log y and log sigma, (2, N), both rising, for starting values.
        least: log y below which sigma, or its effect, is too small for float64; sigma
            is 0 there.
    """

    curve: InformationCurve
    start: float
    table: FloatArray
    least: float = -math.inf

    @classmethod
    def of(cls, curve: InformationCurve) -> "InformationSolver":
        """Return the solver of a curve.

        Raises:
            EngineError: float64 cannot resolve where half of the information is lost.
        """
        if curve.start < _LEAST_START:
            raise not_solved(FIELD, math.inf, WAY_OUT)
        bare = cls(curve=curve, start=curve.start, table=np.zeros((2, 1)))
        half = np.log([math.log(2.0)])
        middle = bare._search(bare._early, half)
        # Both formulas must agree there, or total noise would jump, perhaps down.
        gap = float(np.abs(bare._late(middle)[0] - half)[0])
        if not gap <= TOLERANCE:
            raise not_solved(FIELD, gap, WAY_OUT)
        log_sigma = middle + _TABLE_STEP * np.arange(-_TABLE_BELOW, _TABLE_ABOVE)
        early, late = log_sigma[:_TABLE_BELOW], log_sigma[_TABLE_BELOW:]
        log_y = np.concatenate([bare._early(early)[0], bare._late(late)[0]])
        usable = np.isfinite(log_y)
        table = [np.maximum.accumulate(log_y[usable]), log_sigma[usable]]
        least = float(bare._early(np.array([_LEAST_LOG]))[0][0])
        least = max(math.log(_LEAST_DOUBT / bare.start), least)
        return cls(curve=curve, start=bare.start, table=np.stack(table), least=least)

    def sigma(self, lost: FloatArray, left: FloatArray) -> FloatArray:
        """Return the sigma at which the fraction `lost` is lost, (N,)."""
        log_y = np.log(minus_log(lost, left))
        sigma = np.where(log_y > self.least, np.inf, 0.0)
        early = np.flatnonzero((log_y > self.least) & (lost < 0.5))
        late = np.flatnonzero((lost >= 0.5) & (left > 0.0))
        sigma[early] = np.exp(self._search(self._early, log_y[early]))
        sigma[late] = np.exp(self._search(self._late, log_y[late]))
        return sigma

    def rate(self, lost: FloatArray, left: FloatArray) -> FloatArray:
        """Return -start/(dI/dsigma), by implicit differentiation."""
        sigma = self.sigma(lost, left)
        slope = np.empty_like(sigma)
        early, late = np.flatnonzero(lost < 0.5), np.flatnonzero(lost >= 0.5)
        slope[early] = self.curve.conditional_entropy(sigma[early])[1]
        slope[late] = self.curve.information(sigma[late])[1]
        return np.where(left > 0.0, -self.start / slope, np.inf)

    def _search(
        self, exponent: Callable[[FloatArray], Pair], log_y: FloatArray
    ) -> FloatArray:
        """Return the log sigma at which log y has the given values."""

        def miss(log_sigma: FloatArray, target: FloatArray) -> Pair:
            value, rate = exponent(log_sigma)
            return value - target, rate

        beyond = log_y - np.clip(log_y, self.table[0, 0], self.table[0, -1])
        return increasing_root(
            miss,
            log_y,
            np.interp(log_y, *self.table) + beyond,
            low=_LEAST_LOG,
            high=_LARGEST_LOG,
            field=FIELD,
            way_out=WAY_OUT,
        )

    def _early(self, log_sigma: FloatArray) -> Pair:
        """Return log y from H(x_0 | x_t), and its derivative by log sigma."""
        sigma = np.exp(log_sigma)
        doubt, slope = self.curve.conditional_entropy(sigma)
        lost = np.minimum(doubt / self.start, 1.0)
        y = -np.log1p(-lost)
        return np.log(y), -sigma * slope / (self.start * (1.0 - lost) * y)

    def _late(self, log_sigma: FloatArray) -> Pair:
        """Return log y from I(x_t; x_0), and its derivative by log sigma."""
        sigma = np.exp(log_sigma)
        told, slope = self.curve.information(sigma)
        y = -np.log(np.minimum(told / self.start, 1.0))
        return np.log(y), -sigma * slope / (told * y)
