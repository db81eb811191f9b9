"""Plots of quantities of noise processes over time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from matplotlib.figure import Figure

from noising.curves import QUANTITIES, Axis, Curves, choose_styles
from noising.plots.curves import Curve, Panel, plot_panels

AXIS_LABELS: Final[Mapping[Axis, str]] = {
    "time": "time t (0 is clean, 1 is fully noised)",
    "timestep": "timestep",
}


def plot_quantities(
    labelled: Sequence[tuple[str, Curves]], names: Sequence[str], *, axis: Axis
) -> Figure:
    """Draw a panel for each quantity with a line for each process.

    Args:
        labelled: label and curves of each process.
        names: keys of QUANTITIES, which the curves have.
        axis: the horizontal axis.
    """
    styles = choose_styles([label for label, _ in labelled])
    panels = [
        Panel(
            title=QUANTITIES[name].title,
            y_label=QUANTITIES[name].y_label,
            y_log=QUANTITIES[name].y_log,
            is_share=QUANTITIES[name].is_share,
            curves=[
                Curve(label=label, x=curves.x, y=curves.columns[name], style=style)
                for (label, curves), style in zip(labelled, styles, strict=True)
            ],
        )
        for name in names
    ]
    return plot_panels(panels, x_label=AXIS_LABELS[axis])
