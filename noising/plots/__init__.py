"""Data -> matplotlib Figure -> bytes; no pyplot, no Django."""

from noising.plots.curves import (
    Curve,
    Panel,
    curves_figure,
    panels_figure,
    positions_figure,
)
from noising.plots.rendering import PRINT_DPI, ImageFormat, render
from noising.plots.results import (
    alpha_figure,
    information_figure,
    preservation_figure,
    speed_figure,
    throughput_figure,
)

__all__ = [
    "PRINT_DPI",
    "Curve",
    "ImageFormat",
    "Panel",
    "alpha_figure",
    "curves_figure",
    "information_figure",
    "panels_figure",
    "positions_figure",
    "preservation_figure",
    "render",
    "speed_figure",
    "throughput_figure",
]
