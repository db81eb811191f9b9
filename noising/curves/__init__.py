"""What people compare schedules by: curves over time and figures of merit.

NumPy and the engine only. A page, an answer of the API and a plot that show a
quantity of a schedule take it from here.
"""

from noising.curves.comparison import (
    Summary,
    differences,
    summary,
    wasted_ranges,
)
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

__all__ = [
    "DEFAULT_POINTS",
    "MATRIX_POINTS",
    "MAX_POINTS",
    "QUANTITIES",
    "Axis",
    "Curves",
    "Quantity",
    "Summary",
    "curves",
    "curves_seconds",
    "differences",
    "points_of",
    "position_alphas",
    "summary",
    "wasted_ranges",
]
