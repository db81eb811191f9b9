"""Figures: functions from results to the data of a figure, and `render` to bytes.

Only `render` and `draw_figure` need Matplotlib.
"""

from noising.plots.audit import (
    plot_audit,
    plot_audit_alpha,
    plot_audit_positions,
    plot_audit_tests,
    plot_audit_times,
)
from noising.plots.curves import plot_curves, plot_map, plot_panels, plot_positions
from noising.plots.data import (
    INTERVAL,
    BarGroup,
    BarPanel,
    Coordinate,
    Curve,
    FigureData,
    Key,
    MapPanel,
    Panel,
    ParallelPanel,
)
from noising.plots.decision import (
    plot_difficulty,
    plot_difficulty_by_position,
    plot_tradeoffs,
)
from noising.plots.formats import (
    FORMATS,
    IMAGE_FORMATS,
    FigureFormat,
    ImageFormat,
)
from noising.plots.layout import PAGE_WIDTHS, SCREEN, WIDTHS, Layout
from noising.plots.quantities import AXIS_LABELS, plot_quantities
from noising.plots.rendering import (
    PRINT_DPI,
    NoPgfError,
    draw_figure,
    render,
    require_matplotlib,
)
from noising.plots.results import (
    plot_alpha,
    plot_information,
    plot_preservation,
    plot_speed,
    plot_throughput,
)
from noising.plots.sweeps import ParetoPanel, plot_parallel, plot_pareto

__all__ = [
    "AXIS_LABELS",
    "FORMATS",
    "IMAGE_FORMATS",
    "INTERVAL",
    "PAGE_WIDTHS",
    "PRINT_DPI",
    "SCREEN",
    "WIDTHS",
    "BarGroup",
    "BarPanel",
    "Coordinate",
    "Curve",
    "FigureData",
    "FigureFormat",
    "ImageFormat",
    "Key",
    "Layout",
    "MapPanel",
    "NoPgfError",
    "Panel",
    "ParallelPanel",
    "ParetoPanel",
    "draw_figure",
    "plot_alpha",
    "plot_audit",
    "plot_audit_alpha",
    "plot_audit_positions",
    "plot_audit_tests",
    "plot_audit_times",
    "plot_curves",
    "plot_difficulty",
    "plot_difficulty_by_position",
    "plot_information",
    "plot_map",
    "plot_panels",
    "plot_parallel",
    "plot_pareto",
    "plot_positions",
    "plot_preservation",
    "plot_quantities",
    "plot_speed",
    "plot_throughput",
    "plot_tradeoffs",
    "render",
    "require_matplotlib",
]
