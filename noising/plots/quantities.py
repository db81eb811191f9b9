"""Figures of quantities of noise processes over time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from noising.curves import QUANTITIES, Axis, Curves, choose_styles
from noising.curves.labels import TIME, TIMESTEP, AxisLabel
from noising.plots.curves import plot_panels
from noising.plots.data import Curve, FigureData, Panel

AXIS_LABELS: Final[Mapping[Axis, AxisLabel]] = {"time": TIME, "timestep": TIMESTEP}


def plot_quantities(
    labelled: Sequence[tuple[str, Curves]], names: Sequence[str], *, axis: Axis
) -> FigureData:
    """Return a figure with a panel for each quantity and a line for each process.

    Args:
        labelled: label and curves of each process.
        names: keys of QUANTITIES, which the curves have.
        axis: the horizontal axis.
    """
    styles = choose_styles([label for label, _ in labelled])
    is_alone = len(names) == 1
    panels = [
        Panel(
            title="" if is_alone else QUANTITIES[name].title,
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
    title = QUANTITIES[names[0]].title if is_alone else ""
    return plot_panels(panels, title=title, x_name=axis, x_label=AXIS_LABELS[axis])
