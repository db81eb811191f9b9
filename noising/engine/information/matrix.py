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
    """The information curve of exp(sigma·Q), computed from the whole matrix.

    Attributes:
        prior: (V,) normalised token prior.
        channel: returns the (V, V) matrix q(y | x) at one sigma.
        doublings: yields the matrices at sigma, 2·sigma, ... indefinitely, each with a
            matrix whose rows have the same differences with more digits.
        rates: (V, V) Q.
    """

    prior: FloatArray
    channel: Callable[[float], FloatArray]
    doublings: Callable[[float], Iterator[Pair]]
    rates: FloatArray

    @property
    def start(self) -> float:
        """H(prior), since x_t = x_0 at sigma = 0."""
        return entropy(self.prior)

    def information(self, sigma: FloatArray) -> Pair:
        """Return I(x_t; x_0) and dI/dsigma."""
        return self._each(self._information, sigma)

    def conditional_entropy(self, sigma: FloatArray) -> Pair:
        """Return H(x_0 | x_t) and dI/dsigma."""
        return self._each(self._conditional_entropy, sigma)

    def solver(self, least: float) -> InformationSolver:
        """Return the inverse of a polynomial approximation with an error of 1e-12."""
        first = FIRST_NOISE / self._fastest()
        largest = max(1.0, -math.log(least))  # above log 2, where the solver starts
        curve = OctaveInformation.of(self.start, first, largest, self._exponents)
        return InformationSolver.of(curve)

    def _fastest(self) -> float:
        """Return the largest relative rate of change of a token's probability.

        A rare token may gain probability much faster than it can lose it.
        """
        off = self.rates - np.diag(np.diagonal(self.rates))
        has_weight = self.prior > 0.0
        arriving = (self.prior @ off)[has_weight] / self.prior[has_weight]
        return float(max(off.sum(axis=1).max(), arriving.max()))

    def _exponents(self, sigma: float) -> Iterator[float]:
        """Yield -log(I/start) at sigma, 2·sigma, ... indefinitely."""
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
        """Return the sum of p(x)·q(y)·(r log r - r + 1), r = q(y | x)/q(y).

        No term is negative. The same row, such as the limit, may be subtracted from
        all rows of the matrix.
        """
        live = np.where(outcome > 0.0, outcome, 1.0)
        excess = np.maximum((matrix - self.prior @ matrix) / live, -1.0)
        logs = np.log1p(np.where(excess > -1.0, excess, 0.0))
        terms = np.where(excess > -1.0, divergence_term(excess, logs), 1.0)
        return float(self.prior @ (terms @ outcome))

    def _conditional_entropy(self, matrix: FloatArray, outcome: FloatArray) -> float:
        """Return the sum of q(y)·H(x_0 | y).

        The term of the likeliest token is computed from its complement.
        """
        live = np.where(outcome > 0.0, outcome, 1.0)
        posterior = self.prior[:, None] * matrix / live
        largest = posterior.argmax(axis=0)[None]
        np.put_along_axis(posterior, largest, 0.0, axis=0)
        wrong = np.minimum(posterior.sum(axis=0), 1.0)
        right = -(1.0 - wrong) * np.log1p(-np.where(wrong < 1.0, wrong, 0.0))
        return float(outcome @ (right - xlogx(posterior).sum(axis=0)))

    def _slope(self, sigma: float, matrix: FloatArray, outcome: FloatArray) -> float:
        """Return the sum of p(x)·dq(y | x)/dsigma·log(q(y | x)/q(y)).

        dq/dsigma is matrix·Q. At sigma = 0 a step that Q allows has chance 0 and an
        infinite term. Later a chance of 0 has underflowed, and its term is negligible.
        """
        change = self.prior[:, None] * (matrix @ self.rates)
        live = (change != 0.0) & (outcome > 0.0)
        if sigma > 0.0:
            live &= matrix > 0.0
        ratio = np.where(live, matrix, 1.0) / np.where(live, outcome, 1.0)
        return float((np.where(live, change, 0.0) * np.log(ratio)).sum())
