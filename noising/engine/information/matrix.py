"""The information curve of a channel given by a matrix."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from noising.engine.arrays import FloatArray
from noising.engine.information.curves import InformationCurve
from noising.engine.information.terms import divergence_term, entropy, xlogx
from noising.engine.roots import Pair


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
