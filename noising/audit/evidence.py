"""Evidence: what a check of an audit measured and what it expected."""

import math
from dataclasses import dataclass
from statistics import NormalDist
from typing import Final

DETECTED: Final = 0.99
"""Chance with which a fault of the stated smallest size is found."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Test:
    """One test of the claim.

    Attributes:
        code: the finding that its failure leads to, a key of `CODES`.
        case: what was tested, such as ``t in (0.25, 0.2656]``.
        sentence: the result in words.
        measured: the measured value.
        expected: the value that the claim implies.
        p_value: chance of a result at least as far off, or a bound of it; 0 for what
            the claim rules out, 1 for a fact that agrees with it.
        spread: standard deviation of the measured value under the claim, or None.
        worst_of: how many cases this one is the worst of.
    """

    code: str
    case: str
    sentence: str
    measured: float
    expected: float
    p_value: float
    spread: float | None = None
    worst_of: int = 1

    def smallest_fault(self, level: float) -> float | None:
        """Return the smallest deviation that a test at this level finds.

        It is found with the chance DETECTED.
        """
        if self.spread is None:
            return None
        normal = NormalDist()
        level = max(level / self.worst_of, 1e-300)
        reach = normal.inv_cdf(DETECTED) - normal.inv_cdf(0.5 * level)
        return self.spread * reach


def share_spread(expected: float, trials: float) -> float | None:
    """Return the standard deviation of a share of `trials` with a given mean count."""
    if trials <= 0:
        return None
    share = min(max(expected / trials, 0.0), 1.0)
    return math.sqrt(share * (1.0 - share) / trials)
