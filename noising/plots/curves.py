"""Plots of labelled curves in one or several panels, and of alpha by position."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from numpy.typing import NDArray

from noising.plots.style import (
    SHARE_LIMITS,
    add_bottom_legend,
    add_side_legend,
    count_legend_columns,
    label_axes,
    make_figure,
    prepare_curve,
    select_curve_style,
    style_texts,
)

_PANEL_WIDTH: Final = 3.5
_PANEL_HEIGHT: Final = 2.4
_LEGEND_ROW: Final = 0.25
_MARKED_POINTS: Final = 32
"""Curves with at most this many measured points get a mark at each of them."""

_LINE_LENGTH: Final = 72
"""Characters of the legend that fit side by side, including samples of lines."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """One labelled line.

    Attributes:
        label: any text; it is drawn literally and shortened to 40 characters.
        x: (N,) abscissae.
        y: (N,) ordinates; values that are not finite leave gaps.
        style: index of its colour and line style; None for its place among the curves.
        emphasis: whether to draw it thicker and above the others.
        low, high: (N,) the ends of a band around the line, or None.
    """

    label: str
    x: NDArray[np.float64]
    y: NDArray[np.float64]
    style: int | None = None
    emphasis: bool = False
    low: NDArray[np.float64] | None = None
    high: NDArray[np.float64] | None = None


def plot_curves(
    curves: Sequence[Curve],
    *,
    title: str,
    x_label: str,
    y_label: str,
    y_log: bool = False,
    is_share: bool = False,
) -> Figure:
    """Draw curves in one panel with a legend on its right.

    Curves of more than 2,000 points are thinned evenly and keep their ends. With
    `y_log`, values of 0 and below also leave gaps. With `is_share`, the vertical axis
    shows 0 to 1.
    """
    figure = make_figure(6.8, 4.0)
    axes = figure.add_subplot()
    handles = []
    for index, curve in enumerate(curves):
        colour, line_style = select_curve_style(index, curve.style)
        handles += axes.plot(
            *prepare_curve(curve.x, curve.y, y_log=y_log),
            color=colour,
            linestyle=line_style,
            linewidth=2.4 if curve.emphasis else 1.4,
            zorder=3 if curve.emphasis else 2,
        )
    if y_log:
        axes.set_yscale("log", nonpositive="mask")
    if is_share:
        axes.set_ylim(*SHARE_LIMITS)
    label_axes(axes, title=title, x_label=x_label, y_label=y_label)
    add_side_legend(axes, handles, [curve.label for curve in curves])
    return figure


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """One panel of a figure.

    Attributes:
        title: title of the panel.
        y_label: label of the vertical axis.
        y_log: whether the vertical axis is logarithmic; values of 0 and below then
            leave gaps.
        is_share: whether the vertical axis shows 0 to 1.
        curves: the curves, with the same labels in the same order in every panel.
    """

    title: str
    y_label: str
    y_log: bool = False
    is_share: bool = False
    curves: Sequence[Curve]


def plot_panels(panels: Sequence[Panel], *, x_label: str) -> Figure:
    """Draw panels, two in a row, with one legend below.

    Curves of more than 2,000 points are thinned evenly and keep their ends.

    Args:
        panels: at least one panel.
        x_label: label of the horizontal axis, below the lowest panel of each column.
    """
    labels = [curve.label for curve in panels[0].curves]
    columns = count_legend_columns(labels, _LINE_LENGTH)
    across = min(2, len(panels))
    down = math.ceil(len(panels) / across)
    legend_height = _LEGEND_ROW * math.ceil(len(labels) / columns)
    figure = make_figure(
        _PANEL_WIDTH * max(across, 1.6), _PANEL_HEIGHT * down + 0.4 + legend_height
    )
    handles: list[Line2D] = []
    for place, panel in enumerate(panels):
        axes = figure.add_subplot(down, across, place + 1)
        handles = []
        for index, curve in enumerate(panel.curves):
            colour, line_style = select_curve_style(index, curve.style)
            handles += axes.plot(
                *prepare_curve(curve.x, curve.y, y_log=panel.y_log),
                color=colour,
                linestyle=line_style,
                linewidth=1.4,
            )
            if curve.low is not None and curve.high is not None:
                _plot_intervals(axes, curve, curve.low, curve.high, colour)
        if panel.y_log:
            axes.set_yscale("log", nonpositive="mask")
        if panel.is_share:
            axes.set_ylim(*SHARE_LIMITS)
        is_lowest = place + across >= len(panels)
        label_axes(
            axes,
            title=panel.title,
            x_label=x_label if is_lowest else "",
            y_label=panel.y_label,
        )
    add_bottom_legend(figure, handles, labels, columns=columns)
    return figure


def _plot_intervals(
    axes: Axes,
    curve: Curve,
    low: NDArray[np.float64],
    high: NDArray[np.float64],
    colour: str,
) -> None:
    """Draw a band around a curve, and whiskers if it has few points."""
    axes.fill_between(curve.x, low, high, color=colour, alpha=0.2, linewidth=0)
    if curve.x.size <= _MARKED_POINTS:
        axes.plot(curve.x, curve.y, ls="none", marker="o", markersize=3, color=colour)
        axes.vlines(curve.x, low, high, color=colour, linewidth=0.8)


def plot_positions(
    alphas: NDArray[np.float64], *, title: str, num_timesteps: int
) -> Figure:
    """Draw alpha by position and timestep.

    Args:
        alphas: (L, N) alpha at N evenly spaced timesteps from 0 to the last.
        title: title of the plot.
        num_timesteps: T.
    """
    return plot_map(
        alphas, title=title, num_timesteps=num_timesteps, largest=1.0, label="alpha"
    )


def plot_map(
    values: NDArray[np.float64],
    *,
    title: str,
    num_timesteps: int,
    largest: float,
    label: str,
) -> Figure:
    """Draw a quantity by position and timestep.

    Args:
        values: (L, N) values at N evenly spaced timesteps from 0 to the last.
        title: title of the plot.
        num_timesteps: T.
        largest: the end of the scale, which starts at 0.
        label: label of the scale.
    """
    figure = make_figure(6.8, 4.0)
    axes = figure.add_subplot()
    length = values.shape[0]
    image = axes.imshow(
        values,
        aspect="auto",
        cmap="cividis",  # even in lightness, also for colour-blind people
        vmin=0.0,
        vmax=largest,
        extent=(0.0, max(1.0, num_timesteps - 1.0), length - 0.5, -0.5),
        interpolation="nearest",
    )
    label_axes(axes, title=title, x_label="timestep", y_label="position")
    axes.grid(visible=False)
    bar = figure.colorbar(image, ax=axes)
    bar.outline.set_visible(False)
    bar.ax.tick_params(labelsize=9.0)
    style_texts([bar.ax.set_ylabel(label)], 10.0)
    return figure
