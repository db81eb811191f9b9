"""Point estimates with 95 % intervals and their exact expectations."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

# The 97.5 % quantile of the normal distribution: two-sided 95 % intervals.
Z: Final = 1.959963984540054


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """A measured value with its 95 % interval, and the exact value.

    Attributes:
        measured: the estimate.
        exact: its expectation.
        low: lower end of the interval.
        high: upper end of the interval.
    """

    measured: float
    exact: float
    low: float
    high: float

    def scale(self, factor: float) -> Measurement:
        """Return the measurement of `factor` times the quantity; factor > 0."""
        return Measurement(
            measured=self.measured * factor,
            exact=self.exact * factor,
            low=self.low * factor,
            high=self.high * factor,
        )

    def complement(self) -> Measurement:
        """Return the measurement of one minus the quantity."""
        return Measurement(
            measured=1.0 - self.measured,
            exact=1.0 - self.exact,
            low=1.0 - self.high,
            high=1.0 - self.low,
        )

    def to_document(self) -> dict[str, float]:
        """Return the measurement in the form of a results document."""
        return {
            "measured": self.measured,
            "exact": self.exact,
            "low": self.low,
            "high": self.high,
        }


def proportion(successes: int, trials: int, *, exact: float) -> Measurement:
    """Estimate a proportion with Wilson's interval, which is valid near 0 and 1 too.

    The trials must be independent but need not have the same probability: then the
    variance of their sum is at most that of identical trials with the same mean
    (Hoeffding 1956), and the interval is only wider than necessary.

    Source: Wilson 1927, "Probable inference".
    """
    share = successes / trials
    spread = Z * Z / trials
    centre = (share + spread / 2) / (1 + spread)
    half = Z / (1 + spread) * math.sqrt((share * (1 - share) + spread / 4) / trials)
    return Measurement(
        measured=share,
        exact=exact,
        # Without rounding, an end would equal the share at 0 and 1.
        low=0.0 if successes == 0 else max(0.0, centre - half),
        high=1.0 if successes == trials else min(1.0, centre + half),
    )


def mean(measured: float, *, exact: float, deviation: float, count: int) -> Measurement:
    """Estimate a mean of `count` independent draws with known standard deviation."""
    half = Z * deviation / math.sqrt(count)
    return Measurement(
        measured=measured, exact=exact, low=measured - half, high=measured + half
    )


def median(values: Sequence[float]) -> tuple[float, float, float]:
    """Return a median with a 95 % interval from order statistics.

    The interval only assumes independence. With fewer than six values no pair of them
    covers 95 %, and the interval is their range.

    Returns:
        (median, low, high).
    """
    ordered = sorted(values)
    n = len(ordered)
    rank, below = 0, 0.0
    for candidate in range(1, n // 2 + 1):
        below += math.comb(n, candidate - 1) * 0.5**n
        if 2 * below > 0.05:
            break
        rank = candidate - 1
    middle = (ordered[(n - 1) // 2] + ordered[n // 2]) / 2
    return middle, ordered[rank], ordered[n - 1 - rank]


def median_ratio(
    above: Sequence[float], below: Sequence[float]
) -> tuple[float, float, float]:
    """Return the median of the ratios of pairs with its interval, as `median` does."""
    return median([a / b for a, b in zip(above, below, strict=True)])
