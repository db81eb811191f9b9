"""Curves over time and key figures of schedules, for comparisons.

Pages, API responses and plots get the quantities of a schedule from here. It needs
NumPy and the engine only.
"""

from noising.curves.comparison import Summary, differences, summary
from noising.curves.positions import position_alphas
from noising.curves.quantities import QUANTITIES, Quantity
from noising.curves.sampling import (
    DEFAULT_POINTS,
    MATRIX_POINTS,
    MAX_POINTS,
    Axis,
    Curves,
    curves,
    curves_seconds,
    points_of,
)
from noising.curves.styles import choose_styles

__all__ = [
    "DEFAULT_POINTS",
    "MATRIX_POINTS",
    "MAX_POINTS",
    "QUANTITIES",
    "Axis",
    "Curves",
    "Quantity",
    "Summary",
    "choose_styles",
    "curves",
    "curves_seconds",
    "differences",
    "points_of",
    "position_alphas",
    "summary",
]
