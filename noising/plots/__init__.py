"""Plots: functions from data to a matplotlib figure, and `render` to bytes."""

from noising.extras import require_extra

with require_extra("plots", user="noising.plots"):
    from noising.plots.audit import (
        plot_audit,
        plot_audit_alpha,
        plot_audit_positions,
        plot_audit_tests,
        plot_audit_times,
    )
    from noising.plots.curves import (
        Curve,
        Panel,
        plot_curves,
        plot_map,
        plot_panels,
        plot_positions,
    )
    from noising.plots.decision import (
        plot_difficulty,
        plot_difficulty_by_position,
        plot_tradeoffs,
    )
    from noising.plots.quantities import AXIS_LABELS, plot_quantities
    from noising.plots.rendering import PRINT_DPI, ImageFormat, render
    from noising.plots.results import (
        plot_alpha,
        plot_information,
        plot_preservation,
        plot_speed,
        plot_throughput,
    )
    from noising.plots.sweeps import (
        Coordinate,
        ParetoPanel,
        plot_parallel,
        plot_pareto,
    )

__all__ = [
    "AXIS_LABELS",
    "PRINT_DPI",
    "Coordinate",
    "Curve",
    "ImageFormat",
    "Panel",
    "ParetoPanel",
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
]
