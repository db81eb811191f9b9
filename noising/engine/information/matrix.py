"""The information curve of a channel given by a matrix."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import starmap

import numpy as np

from noising.engine.arrays import FloatArray
from noising.engine.information.curves import InformationCurve, InformationSolver
from noising.engine.information.octaves import FIRST_NOISE, OctaveInformation
from noising.engine.information.terms import divergence_term, entropy, xlogx
from noising.engine.roots import Pair


@dataclass(frozen=True, slots=True, kw_only=True)
class MatrixInformation(InformationCurve):
    """The information curve of exp(sigma·Q), from the whole matrix.

    Attributes:
        prior: (V,) normalised token prior.
        channel: one sigma to the (V, V) matrix q(y | x).
        doublings: one sigma to the matrices at sigma, 2·sigma, ... without end, each
            beside a matrix whose rows differ as its own do, with more digits.
        rates: (V, V) Q.
    """

    prior: FloatArray
    channel: Callable[[float], FloatArray]
    doublings: Callable[[float], Iterator[Pair]]
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

    def solver(self, least: float) -> InformationSolver:
        """Return the inverse of polynomials that agree with the curve to 1e-12."""
        first = FIRST_NOISE / self._fastest()
        largest = max(1.0, -math.log(least))  # the solver starts from half
        curve = OctaveInformation.of(self.start, first, largest, self._exponents)
        return InformationSolver.of(curve)

    def _fastest(self) -> float:
        """Return the fastest rate at which a token's chance changes in proportion.

        It may leave, and if it is rare, others may arrive that are many times as many.
        """
        off = self.rates - np.diag(np.diagonal(self.rates))
        given = self.prior > 0.0
        arriving = (self.prior @ off)[given] / self.prior[given]
        return float(max(off.sum(axis=1).max(), arriving.max()))

    def _exponents(self, sigma: float) -> Iterator[float]:
        """Return -log(I/start) at sigma, 2·sigma, ... without end."""
        return starmap(self._exponent, self.doublings(sigma))

    def _exponent(self, matrix: FloatArray, away: FloatArray) -> float:
        outcome = self.prior @ matrix
        lost = self._conditional_entropy(matrix, outcome) / self.start
        if lost < 0.5:
            return -math.log1p(-lost)
        left = self._information(away, outcome) / self.start
        return -math.log(left) if left > 0.0 else math.inf

    def _each(
        self, function: Callable[[FloatArray, FloatArray], float], sigma: FloatArray
    ) -> Pair:
        values, slopes = np.empty_like(sigma), np.empty_like(sigma)
        for place, level in enumerate(sigma):
            matrix = self.channel(float(level))
            outcome = self.prior @ matrix
            values[place] = function(matrix, outcome)
            slopes[place] = self._slope(level, matrix, outcome)
        return values, slopes

    def _information(self, matrix: FloatArray, outcome: FloatArray) -> float:
        """Sum p(x)·q(y)·(r log r - r + 1), r = q(y | x)/q(y): no term is negative.

        The matrix may be less the same row in every row, for instance less its limit.
        """
        live = np.where(outcome > 0.0, outcome, 1.0)
        excess = np.maximum((matrix - self.prior @ matrix) / live, -1.0)
        logs = np.log1p(np.where(excess > -1.0, excess, 0.0))
        terms = np.where(excess > -1.0, divergence_term(excess, logs), 1.0)
        return float(self.prior @ (terms @ outcome))

    def _conditional_entropy(self, matrix: FloatArray, outcome: FloatArray) -> float:
        """Sum q(y)·H(x_0 | y), the likeliest token through its complement."""
        live = np.where(outcome > 0.0, outcome, 1.0)
        posterior = self.prior[:, None] * matrix / live
        largest = posterior.argmax(axis=0)[None]
        np.put_along_axis(posterior, largest, 0.0, axis=0)
        wrong = np.minimum(posterior.sum(axis=0), 1.0)
        right = -(1.0 - wrong) * np.log1p(-np.where(wrong < 1.0, wrong, 0.0))
        return float(outcome @ (right - xlogx(posterior).sum(axis=0)))

    def _slope(self, sigma: float, matrix: FloatArray, outcome: FloatArray) -> float:
        """Sum p(x)·dq(y | x)/dsigma·log(q(y | x)/q(y)), with d/dsigma = matrix·Q.

        At sigma = 0 the chance of a step that Q allows is 0 and its term infinite.
        Later a chance of 0 is one below float64's range, and so is its term.
        """
        change = self.prior[:, None] * (matrix @ self.rates)
        live = (change != 0.0) & (outcome > 0.0)
        if sigma > 0.0:
            live &= matrix > 0.0
        ratio = np.where(live, matrix, 1.0) / np.where(live, outcome, 1.0)
        return float((np.where(live, change, 0.0) * np.log(ratio)).sum())
