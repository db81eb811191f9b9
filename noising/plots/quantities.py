"""Quantities of noise processes over time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from matplotlib.figure import Figure

from noising.curves import QUANTITIES, Axis, Curves
from noising.plots.curves import Curve, Panel, plot_panels

AXIS_LABELS: Final[Mapping[Axis, str]] = {
    "time": "time t (0 is clean, 1 is fully noised)",
    "timestep": "timestep",
}


def plot_quantities(
    found: Sequence[tuple[str, Curves]], names: Sequence[str], *, axis: Axis
) -> Figure:
    """Draw a panel for each quantity with a line for each process.

    Args:
        found: label and curves of each process.
        names: keys of QUANTITIES, which the curves have.
        axis: what the curves run over.
    """
    panels = [
        Panel(
            title=QUANTITIES[name].title,
            y_label=QUANTITIES[name].y_label,
            y_log=QUANTITIES[name].y_log,
            curves=[
                Curve(label=label, x=one.x, y=one.columns[name]) for label, one in found
            ],
        )
        for name in names
    ]
    return plot_panels(panels, x_label=AXIS_LABELS[axis])
