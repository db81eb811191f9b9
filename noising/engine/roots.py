"""Roots of increasing functions, many at once."""

from collections.abc import Callable
from typing import Final, TypeAlias

import numpy as np

from noising.engine.arrays import FloatArray

Pair: TypeAlias = tuple[FloatArray, FloatArray]

_LAST_STEP: Final = 1e-8  # Newton squares it: the next one is below an ulp


def increasing_root(
    miss: Callable[[FloatArray, FloatArray], Pair],
    target: FloatArray,
    start: FloatArray,
    *,
    low: float,
    high: float,
) -> FloatArray:
    """Return the roots of increasing functions by Newton, kept in brackets.

    A step that leaves its bracket is replaced by bisection. Each element is solved
    on its own: the others in the call do not matter.

    Args:
        miss: places and targets, each (N,), to the function less the target and
            its derivative.
        target: (N,) values to reach.
        start: (N,) first guesses, clipped to low..high.
        low: no root lies below.
        high: no root lies above.

    Returns:
        (N,) roots.
    """
    root = np.clip(start, low, high)
    lower = np.full_like(root, low)
    upper = np.full_like(root, high)
    active = np.arange(root.size)
    while active.size:
        here = root[active]
        value, rate = miss(here, target[active])
        lower[active] = np.where(value <= 0.0, here, lower[active])
        upper[active] = np.where(value >= 0.0, here, upper[active])
        step = here - value / rate
        inside = (step >= lower[active]) & (step <= upper[active])
        step = np.where(inside, step, 0.5 * (lower[active] + upper[active]))
        root[active] = step
        active = active[
            np.abs(step - here) > _LAST_STEP * np.minimum(np.abs(here), 1.0)
        ]
    return root
