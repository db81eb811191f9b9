"""Which configurations no other one beats."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

DIGITS: Final = 9
"""Significant digits of the comparison, so that rounding decides nothing."""


def find_front(points: Sequence[tuple[float | None, float | None]]) -> list[int]:
    """Return the points that no other one beats, where smaller is better.

    A point beats another one if it is smaller in one value and not larger in the
    other, in DIGITS significant digits. Equal points do not beat each other. A point
    without a value is never on the front.

    Args:
        points: two values of each point.

    Returns:
        The indices of the front, ascending by the first value.
    """
    known = [
        (_round(first), _round(second), index)
        for index, (first, second) in enumerate(points)
        if first is not None and second is not None
    ]
    front: list[int] = []
    least = float("inf")
    last: tuple[float, float] | None = None
    for first, second, index in sorted(known):
        if second < least or (first, second) == last:
            front.append(index)
            least, last = second, (first, second)
    return front


def _round(value: float) -> float:
    return float(f"{value:.{DIGITS}g}")
