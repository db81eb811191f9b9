"""An information curve that is costly to evaluate, as polynomials.

A matrix graph's channel at one noise level costs some thirty products of matrices, but
at twice that noise only one more. So the curve is evaluated at a few noise levels and
all their doublings, and in between it is a polynomial on every octave: with Chebyshev's
points the error falls geometrically in their number, and the last coefficients tell it.

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
"""Noise, in units of the fastest rate, below which only the leading term is left."""
LARGEST_EXPONENT: Final = 300.0
"""Largest y for which octaves are added: at twice that I must not underflow."""
MOST_OCTAVES: Final = 3000

# Degrees, the points of each among those of the next, and how many octaves may need
# them: a curve bends on a few only, and what bends on many is noise.
_DEGREES: Final = ((8, MOST_OCTAVES), (16, MOST_OCTAVES), (32, 32), (64, 16), (128, 8))
_FINEST: Final = 128
_RESOLVED: Final = 1e-12  # error of log y that is wanted ...
_ENOUGH: Final = 1e-11  # ... and that is taken where more points do not lessen it
_LEAST_OCTAVES: Final = 4
_BLOCK: Final = 1 << 12


@dataclass(frozen=True, slots=True, kw_only=True)
class OctaveInformation(InformationCurve):
    """I = start·exp(-y), with log y a polynomial in log sigma on every octave.

    Octave j reaches from first·2^j to twice that. Below the first octave
    y = slope·sigma·(1 - bend·log(sigma/first)).

    Attributes:
        start: I at sigma = 0 in nats.
        first: sigma where the first octave begins.
        coefficients: (N, J) Chebyshev coefficients of log y on the octaves.
        slope: y/sigma at `first`.
        bend: how much y bends there.
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
        """Return the curve whose exponent is given at any sigma and its doublings.

        Args:
            start: I at sigma = 0 in nats.
            first: sigma below which only the leading term of y is left.
            largest: y up to which the curve is wanted. It ends earlier where rounding
                or its shape leave it unresolved.
            exponents: sigma to y at sigma, 2·sigma, 4·sigma, ... without end.

        Raises:
            EngineError: it ends at once.
        """
        whole = np.array(list(_up_to(min(largest, LARGEST_EXPONENT), exponents(first))))
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
        """Return bend·log(sigma/first), 0 at sigma = 0 too where nothing bends."""
        if self.bend == 0.0:
            return np.zeros_like(sigma)
        return self.bend * (np.log(sigma) - math.log(self.first))


def _up_to(largest: float, exponents: Iterator[float]) -> Iterator[float]:
    """Yield exponents up to the first beyond `largest`, or the last finite one."""
    for y in islice(exponents, MOST_OCTAVES):
        if not math.isfinite(y):
            return
        yield y
        if y > largest:
            return


def _fit_octaves(
    log_y: FloatArray, evaluate: Callable[[slice, int], None]
) -> FloatArray:
    """Return the Chebyshev coefficients of all octaves that can be resolved, (N, J).

    Args:
        log_y: (K, _FINEST) values, those of octave j in row j and its end in the next
            row; at first only the beginnings of the octaves are known.
        evaluate: fills in some octaves' values at one point.

    Raises:
        EngineError: not even the first few can.
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
    """Return Chebyshev coefficients, (N, M), of (M, N) values at Chebyshev's points."""
    degree = values.shape[1] - 1
    points = chebyshev.chebpts2(degree + 1)
    basis = chebyshev.chebvander(points, degree)
    return np.asarray(np.linalg.solve(basis, values.T), np.float64)
