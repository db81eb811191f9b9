"""Data -> matplotlib Figure -> bytes; no pyplot, no Django."""

from noising.extras import require_extra

with require_extra("plots", user="noising.plots"):
    from noising.plots.curves import Curve, curves_figure
    from noising.plots.heatmap import positions_figure
    from noising.plots.panels import Panel, panels_figure
    from noising.plots.quantities import AXIS_LABELS, quantities_figure
    from noising.plots.rendering import PRINT_DPI, ImageFormat, render
    from noising.plots.results import (
        alpha_figure,
        information_figure,
        preservation_figure,
        throughput_figure,
    )
    from noising.plots.speed import speed_figure

__all__ = [
    "AXIS_LABELS",
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
    "quantities_figure",
    "render",
    "speed_figure",
    "throughput_figure",
]
