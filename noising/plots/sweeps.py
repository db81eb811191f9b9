"""Figures of sweeps: small multiples of two quantities, and parallel coordinates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from noising.curves import choose_styles
from noising.plots.data import (
    Coordinate,
    Curve,
    FigureData,
    Numbers,
    Panel,
    ParallelPanel,
)
from noising.plots.palette import STYLE_OF_ALL, select_marker

FRONT: Final = "Pareto front"


@dataclass(frozen=True, slots=True, kw_only=True)
class ParetoPanel:
    """A panel of configurations that may be compared with each other.

    Attributes:
        title: what they share.
        series: (N, 2) values of two quantities by schedule type.
        front: (M, 2) the values that no other ones beat, in their order.
    """

    title: str
    series: Mapping[str, Numbers]
    front: Numbers


def plot_pareto(
    panels: Sequence[ParetoPanel], *, title: str, x_label: str, y_label: str
) -> FigureData:
    """Return a figure with a panel for each group, with the front as a line."""
    names = list(dict.fromkeys(name for panel in panels for name in panel.series))
    styles = dict(zip(names, choose_styles(names), strict=True))
    return FigureData(
        title=title,
        panels=[_make_panel(panel, styles, x_label, y_label) for panel in panels],
        columns=3,
        least_width=1.6,
        aspect=0.85,
        shares_axes=True,
        note="Values are exact for the corpus.",
    )


def plot_parallel(
    coordinates: Sequence[Coordinate],
    names: Sequence[str],
    is_on_front: NDArray[np.bool_],
    *,
    title: str,
) -> FigureData:
    """Return a figure with a line for each configuration through its values.

    Args:
        coordinates: the axes from left to right.
        names: (N,) the schedule type of each line, which has its colour.
        is_on_front: (N,) lines that are drawn strongly, over the others.
        title: title of the figure.
    """
    panel = ParallelPanel(coordinates=coordinates, names=names, is_on_front=is_on_front)
    return FigureData(
        title=title, panels=[panel], note="Strong lines are on the Pareto front."
    )


def _make_panel(
    panel: ParetoPanel, styles: Mapping[str, int], x_label: str, y_label: str
) -> Panel:
    curves = [
        Curve(
            label=name,
            x=points[:, 0],
            y=points[:, 1],
            style=styles[name],
            kind="marks",
            marker=select_marker(styles[name]),
        )
        for name, points in panel.series.items()
    ]
    x, y = panel.front.T
    front = Curve(label=FRONT, x=x, y=y, style=STYLE_OF_ALL, kind="steps")
    return Panel(
        title=panel.title,
        x_name=x_label,
        x_label=x_label,
        y_label=y_label,
        y_log=True,
        curves=[*curves, front],
    )
