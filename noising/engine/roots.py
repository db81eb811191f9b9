"""Roots of increasing functions, many at once."""

from collections.abc import Callable
from typing import Final, TypeAlias

import numpy as np

from noising.engine.arrays import FloatArray
from noising.engine.errors import EngineError

Pair: TypeAlias = tuple[FloatArray, FloatArray]

TOLERANCE: Final = 1e-9
"""Largest residual of a root that is returned."""

_GOAL: Final = 1e-14  # about the residual that rounding alone causes
# A residual of _LAST is enough if the Newton step from there is at most _LAST_STEP
# long: the error after the step is about the square of its length.
_LAST: Final = 1e-10
_LAST_STEP: Final = 1e-8
_BLOCK: Final = 1 << 12  # elements solved at once, which bounds memory
_MOST_STEPS: Final = 200  # usually three; at least every third step bisects


def increasing_root(
    miss: Callable[[FloatArray, FloatArray], Pair],
    target: FloatArray,
    guess: FloatArray,
    *,
    low: float,
    high: float,
    field: str,
    way_out: str,
) -> FloatArray:
    """Find the roots of increasing functions by Newton's method with brackets.

    A Newton step that leaves the bracket, or that is more than half as long as the
    step before the last one, is replaced by bisection. While the bracket has no bound
    on the side of the root, a stride replaces such a step, and also any step longer
    than the stride; each stride is twice as long as the one before. Each root depends
    on its own element only, not on the others in the call.
    Source: Press et al. 2007, "Numerical Recipes", section 9.4.

    Args:
        miss: takes points and targets, each (N,), and returns the function minus the
            target, and the derivative. Infinite values are allowed.
        target: (N,) values to reach.
        guess: (N,) starting points, clipped to low..high.
        low: lower bound of the search.
        high: upper bound of the search.
        field: the field that an error names; see `EngineError`.
        way_out: what the caller can do about the error.

    Returns:
        (N,) roots, whose residuals are at most TOLERANCE.

    Raises:
        EngineError: an element has no root in low..high, or none that float64
            resolves.
    """
    root, worst = np.empty_like(target), 0.0
    for start in range(0, target.size, _BLOCK):
        part = slice(start, start + _BLOCK)
        first = np.clip(guess[part], low, high)
        root[part], residual = _search(miss, target[part], first, low, high)
        worst = max(worst, float(residual.max()))
    if not worst <= TOLERANCE:
        raise not_solved(field, worst, way_out)
    return root


def _search(
    miss: Callable[[FloatArray, FloatArray], Pair],
    target: FloatArray,
    place: FloatArray,
    low: float,
    high: float,
) -> Pair:
    """Return the points with the smallest residuals, and these residuals."""
    roots, residuals = place.copy(), np.full_like(place, np.inf)
    active = np.arange(place.size)
    root, residual, stride = place, residuals, np.ones_like(place)
    lower, upper = np.full_like(place, -np.inf), np.full_like(place, np.inf)
    last, before_last = upper, upper
    for _ in range(_MOST_STEPS):
        value, rate = miss(place, target)
        lower = np.where(value <= 0.0, place, lower)
        upper = np.where(value >= 0.0, place, upper)
        middle = 0.5 * (lower + upper)
        is_open = ~np.isfinite(middle)
        there = np.clip(place - value / rate, low, high)
        size = np.abs(there - place)
        longest = np.minimum(np.where(is_open, stride, np.inf), 0.5 * before_last)
        newton = (size <= longest) & (there > lower) & (there < upper)
        is_last = newton & (size <= _LAST_STEP)
        miss_size = np.abs(value)
        met = miss_size <= np.where(is_last, _LAST, _GOAL)
        better = miss_size < residual
        root = np.where(better, np.where(met & newton, there, place), root)
        residual = np.where(better, miss_size, residual)
        # Neighbouring numbers have no middle: the search stops at the current point.
        halved = np.where((middle > lower) & (middle < upper), middle, place)
        outward = np.clip(place - np.sign(value) * stride, low, high)
        there = np.where(newton, there, np.where(is_open, outward, halved))
        stride = np.where(is_open & ~newton, 2.0 * stride, stride)
        before_last, last = last, np.abs(there - place)
        place = there
        goes_on = ~met & (last > 0.0)  # false for NaN too
        if not goes_on.all():
            roots[active], residuals[active] = root, residual
            if not goes_on.any():
                break
            active, target, place = active[goes_on], target[goes_on], place[goes_on]
            root, residual, stride = root[goes_on], residual[goes_on], stride[goes_on]
            lower, upper = lower[goes_on], upper[goes_on]
            last, before_last = last[goes_on], before_last[goes_on]
    roots[active], residuals[active] = root, residual
    return roots, residuals


def not_solved(
    field: str, residual: float, way_out: str, *, tolerance: float = TOLERANCE
) -> EngineError:
    """Return the error for an equation whose residual exceeds the tolerance."""
    rule = f"must have noise levels that solve their equation to {tolerance:g}"
    received = f"a residual of {residual:.3g}"
    return EngineError(field, "not_solved", rule, received, way_out)
