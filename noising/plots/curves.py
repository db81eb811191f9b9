"""Any number of labelled curves in one panel."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from noising.plots.style import (
    blank_figure,
    curve_style,
    drawable,
    dress,
    legend_beside,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """One labelled line.

    Attributes:
        label: any text; it is drawn literally and shortened to 40 characters.
        x: (N,) abscissae.
        y: (N,) ordinates; what is not finite leaves a gap.
        emphasis: drawn thicker and above the others.
        low, high: (N,) the ends of a band around it, where there is one.
    """

    label: str
    x: NDArray[np.float64]
    y: NDArray[np.float64]
    emphasis: bool = False
    low: NDArray[np.float64] | None = None
    high: NDArray[np.float64] | None = None


def curves_figure(
    curves: Sequence[Curve],
    *,
    title: str,
    x_label: str,
    y_label: str,
    y_log: bool = False,
) -> Figure:
    """Overlay curves in one panel with a legend beside it.

    A curve of more than 2,000 points is thinned evenly, its ends kept. With `y_log`,
    values of 0 and below leave a gap, as values that are not finite do.
    """
    figure = blank_figure(6.8, 4.0)
    axes = figure.add_subplot()
    handles = []
    for index, curve in enumerate(curves):
        colour, line_style = curve_style(index)
        handles += axes.plot(
            *drawable(curve.x, curve.y, y_log=y_log),
            color=colour,
            linestyle=line_style,
            linewidth=2.4 if curve.emphasis else 1.4,
            zorder=3 if curve.emphasis else 2,
        )
    if y_log:
        axes.set_yscale("log", nonpositive="mask")
    dress(axes, title=title, x_label=x_label, y_label=y_label)
    legend_beside(axes, handles, [curve.label for curve in curves])
    return figure
