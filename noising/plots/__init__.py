"""Data -> matplotlib Figure -> bytes; no pyplot, no Django."""

from noising.plots.curves import (
    Curve,
    Panel,
    plot_curves,
    plot_panels,
    plot_positions,
)
from noising.plots.rendering import PRINT_DPI, ImageFormat, render
from noising.plots.results import (
    plot_alpha,
    plot_information,
    plot_preservation,
    plot_speed,
    plot_throughput,
)

__all__ = [
    "PRINT_DPI",
    "Curve",
    "ImageFormat",
    "Panel",
    "plot_alpha",
    "plot_curves",
    "plot_information",
    "plot_panels",
    "plot_positions",
    "plot_preservation",
    "plot_speed",
    "plot_throughput",
    "render",
]
