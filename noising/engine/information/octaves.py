"""A piecewise polynomial approximation of a costly information curve.

The channel of a matrix graph takes about thirty matrix products at one noise level, but
only one more at twice that level. Therefore the curve is evaluated at a few noise
levels and all their doublings, and approximated by a polynomial on every octave. At
Chebyshev points the error decreases geometrically in their number, and the last
coefficients estimate it.

Source: Trefethen 2013, "Approximation Theory and Approximation Practice", ch. 8.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Final

import numpy as np
from numpy.polynomial import chebyshev

from noising.engine.arrays import FloatArray
from noising.engine.information.curves import FIELD, WAY_OUT, InformationCurve
from noising.engine.roots import Pair, not_solved

FIRST_NOISE: Final = 2.0**-50
"""Noise times the fastest rate below which only the leading term matters."""
LARGEST_EXPONENT: Final = 300.0
"""Largest y of an octave: I must not underflow at twice that."""
MOST_OCTAVES: Final = 3000

# Degrees, and the number of octaves that may have them. The points of each degree
# contain those of the one before. A curve bends on a few octaves; many are rounding.
_DEGREES: Final = ((8, MOST_OCTAVES), (16, MOST_OCTAVES), (32, 32), (64, 16), (128, 8))
_FINEST: Final = 128
_RESOLVED: Final = 1e-12  # target error of log y ...
_ENOUGH: Final = 1e-11  # ... and the error accepted if more points do not reduce it
_LEAST_OCTAVES: Final = 4
_BLOCK: Final = 1 << 12


@dataclass(frozen=True, slots=True, kw_only=True)
class OctaveInformation(InformationCurve):
    """I = start·exp(-y), with log y a polynomial in log sigma on every octave.

    Octave j reaches from first·2^j to twice that. Below the first octave
    y = slope·sigma·(1 - bend·log(sigma/first)).

    Attributes:
        start: I at sigma = 0 in nats.
        first: sigma at the start of the first octave.
        coefficients: (N, J) Chebyshev coefficients of log y on the octaves.
        slope: y/sigma at `first`.
        bend: curvature of y there, see the formula.
    """

    start: float
    first: float
    coefficients: FloatArray
    slope: float
    bend: float

    @classmethod
    def of(
        cls,
        start: float,
        first: float,
        largest: float,
        exponents: Callable[[float], Iterator[float]],
    ) -> "OctaveInformation":
        """Approximate a curve given by its exponents.

        Args:
            start: I at sigma = 0 in nats.
            first: sigma below which only the leading term of y matters.
            largest: y up to which to approximate. The curve ends earlier if rounding
                or its shape makes it too inexact.
            exponents: yields y at sigma, 2·sigma, 4·sigma, ... indefinitely.

        Raises:
            EngineError: even the first octaves are too inexact.
        """
        largest = min(largest, LARGEST_EXPONENT)
        whole = np.array(list(_take_until(largest, exponents(first))))
        log_y = np.full((whole.size, _FINEST), np.nan)
        log_y[:, 0] = np.log(whole)

        def evaluate(octaves: slice, point: int) -> None:
            place = 0.5 - 0.5 * math.cos(math.pi * point / _FINEST)
            chain = exponents(float(np.ldexp(first * 2.0**place, octaves.start)))
            values = list(islice(chain, octaves.stop - octaves.start))
            log_y[octaves, point] = np.log(values)

        coefficients = _fit_octaves(log_y, evaluate)
        bend = (1.0 - whole[4] / whole[0] / 16.0) / math.log(16.0)
        return cls(
            start=start,
            first=first,
            coefficients=coefficients,
            slope=float(whole[0]) / first,
            bend=bend if bend > _RESOLVED else 0.0,
        )

    def information(self, sigma: FloatArray) -> Pair:
        """Return start·exp(-y) and dI/dsigma."""
        y, rate = self._exponent(sigma)
        told = self.start * np.exp(-y)
        return told, -told * rate

    def conditional_entropy(self, sigma: FloatArray) -> Pair:
        """Return start·(1 - exp(-y)) and dI/dsigma."""
        y, rate = self._exponent(sigma)
        return -self.start * np.expm1(-y), -self.start * np.exp(-y) * rate

    def _exponent(self, sigma: FloatArray) -> Pair:
        """Return y and dy/dsigma; infinite beyond the last octave."""
        y, rate = np.empty_like(sigma), np.empty_like(sigma)
        for start in range(0, sigma.size, _BLOCK):
            block = slice(start, start + _BLOCK)
            y[block], rate[block] = self._block_exponent(sigma[block])
        return y, rate

    def _block_exponent(self, sigma: FloatArray) -> Pair:
        mantissa, power = np.frexp(sigma / self.first)
        inside = np.clip(power - 1, 0, self.coefficients.shape[1] - 1)
        is_beyond = (power - 1 > inside) | np.isinf(mantissa)
        is_before = (power - 1 < inside) & ~is_beyond
        place = 2.0 * np.log2(mantissa) + 1.0  # -1 to 1 on the octave
        series = self.coefficients[:, inside]
        y = np.exp(chebyshev.chebval(place, series, tensor=False))
        by_place = chebyshev.chebval(place, chebyshev.chebder(series), tensor=False)
        rate = y * by_place * 2.0 / (math.log(2.0) * sigma)
        y, rate = np.where(is_beyond, np.inf, y), np.where(is_beyond, 0.0, rate)
        if is_before.any():
            bent = self._bent(sigma)
            early = np.where(sigma > 0.0, self.slope * sigma * (1.0 - bent), 0.0)
            early_rate = self.slope * (1.0 - bent - self.bend)
            y, rate = (
                np.where(is_before, early, y),
                np.where(is_before, early_rate, rate),
            )
        return y, rate

    def _bent(self, sigma: FloatArray) -> FloatArray:
        """Return bend·log(sigma/first); 0 everywhere if `bend` is 0."""
        if self.bend == 0.0:
            return np.zeros_like(sigma)
        return self.bend * (np.log(sigma) - math.log(self.first))


def _take_until(largest: float, exponents: Iterator[float]) -> Iterator[float]:
    """Yield finite exponents up to the first one above `largest`."""
    for y in islice(exponents, MOST_OCTAVES):
        if not math.isfinite(y):
            return
        yield y
        if y > largest:
            return


def _fit_octaves(
    log_y: FloatArray, evaluate: Callable[[slice, int], None]
) -> FloatArray:
    """Return the Chebyshev coefficients of all octaves up to the first inexact one.

    Args:
        log_y: (K, _FINEST) values. Row j has those of octave j, whose end is the start
            of the next row. Only the starts of the octaves are filled in.
        evaluate: fills in the values of several octaves at one point.

    Returns:
        (N, J) coefficients.

    Raises:
        EngineError: even the first octaves are too inexact.
    """
    end = max(log_y.shape[0] - 1, 0)
    coefficients = np.zeros((_FINEST + 1, end))
    octaves, error, known = np.arange(end), np.full(end, np.inf), _FINEST
    for degree, most in _DEGREES:
        end = min([end, *octaves[most:]])
        octaves, before = octaves[:most], error[:most]
        if not octaves.size:
            break
        spacing = _FINEST // degree
        part = slice(int(octaves[0]), int(octaves[-1]) + 1)
        for point in range(0, _FINEST, spacing):
            if point % known:
                evaluate(part, point)
        known = spacing
        ends = log_y[octaves + 1, :1]
        fitted = _fit(np.concatenate([log_y[octaves, ::spacing], ends], axis=1))
        coefficients[: degree + 1, octaves] = fitted
        error = np.abs(fitted[-2:]).max(axis=0)
        is_rounding = (error <= _ENOUGH) & (error > 0.1 * before)
        is_open = ~((error <= _RESOLVED) | is_rounding)
        octaves, error = octaves[is_open], error[is_open]
    end = min([end, *octaves[~(error <= _ENOUGH)]])
    if end < _LEAST_OCTAVES:
        worst = float(error.max(initial=0.0)) or math.inf
        raise not_solved(FIELD, worst, WAY_OUT, tolerance=_ENOUGH)
    used = int(np.flatnonzero(coefficients.any(axis=1))[-1]) + 1
    return coefficients[:used, :end]


def _fit(values: FloatArray) -> FloatArray:
    """Return Chebyshev coefficients, (N, M), of (M, N) values at Chebyshev points."""
    degree = values.shape[1] - 1
    points = chebyshev.chebpts2(degree + 1)
    basis = chebyshev.chebvander(points, degree)
    return np.asarray(np.linalg.solve(basis, values.T), np.float64)
