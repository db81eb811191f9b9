"""Plots of sweeps: small multiples of two quantities, and parallel coordinates."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from numpy.typing import NDArray

from noising.plots.style import (
    BLACK,
    FONTS,
    GREY,
    MAX_LEGEND_ENTRIES,
    SMALL_SIZE,
    add_bottom_legend,
    label_axes,
    make_figure,
    sanitize_label,
    select_curve_style,
    style_texts,
)

_COLUMNS: Final = 3
_MARKERS: Final = "os^Dv<>P"
_LEGEND_COLUMNS: Final = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class ParetoPanel:
    """A panel of configurations that may be compared with each other.

    Attributes:
        title: what they share.
        series: (N, 2) values of two quantities by schedule type.
        front: (M, 2) the values that no other ones beat, in their order.
    """

    title: str
    series: Mapping[str, NDArray[np.float64]]
    front: NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Coordinate:
    """An axis of parallel coordinates.

    Attributes:
        label: its label.
        values: (N,) the value of each line; NaN if it has none.
        names: for an axis of names, the name of each value 0, 1, ...
        log: whether the scale is logarithmic.
    """

    label: str
    values: NDArray[np.float64]
    names: Sequence[str] = ()
    log: bool = False


def plot_pareto(panels: Sequence[ParetoPanel], *, x_label: str, y_label: str) -> Figure:
    """Draw a panel for each group, with the front as a line."""
    columns = min(_COLUMNS, max(1, len(panels)))
    rows = max(1, math.ceil(len(panels) / columns))
    figure = make_figure(max(4.5, 2.6 * columns), 0.9 + 2.3 * rows)
    styles = _choose_styles([name for panel in panels for name in panel.series])
    first: Axes | None = None
    for index, panel in enumerate(panels):
        axes = figure.add_subplot(rows, columns, index + 1, sharex=first)
        first = first or axes
        for name, points in panel.series.items():
            colour, marker = styles[name]
            x, y = points.T
            axes.scatter(x, y, s=12, c=colour, marker=marker, linewidths=0)
        axes.plot(*panel.front.T, color=BLACK, linewidth=0.8, drawstyle="steps-post")
        axes.set_yscale("log", subs=(2.0, 3.0, 5.0))
        axes.yaxis.set_major_formatter("{x:g}")
        axes.yaxis.set_minor_formatter("{x:g}")
        is_lowest = index + columns >= len(panels)
        axes.tick_params(axis="y", which="minor", labelsize=SMALL_SIZE - 1)
        axes.tick_params(axis="y", which="minor", labelfontfamily=FONTS[0], color=GREY)
        label_axes(
            axes,
            title=panel.title,
            x_label=x_label if is_lowest else "",
            y_label=y_label if index % columns == 0 else "",
        )
    _add_legend(figure, styles, front=True)
    return figure


def plot_parallel(
    coordinates: Sequence[Coordinate],
    names: Sequence[str],
    is_on_front: NDArray[np.bool_],
) -> Figure:
    """Draw a line for each configuration through its values on all axes.

    Args:
        coordinates: the axes from left to right.
        names: (N,) the schedule type of each line, which has a colour.
        is_on_front: (N,) lines that are drawn strongly, over the others.
    """
    figure = make_figure(max(5.0, 1.25 * len(coordinates)), 4.0)
    axes = figure.add_subplot()
    styles = _choose_styles(names)
    heights = np.stack([_scale(each) for each in coordinates], axis=-1)
    places = np.arange(len(coordinates))
    for chosen, alpha, width in ((~is_on_front, 0.25, 0.6), (is_on_front, 0.9, 1.3)):
        lines = [
            np.column_stack([places, row])[np.isfinite(row)] for row in heights[chosen]
        ]
        colours = [styles[names[place]][0] for place in np.flatnonzero(chosen).tolist()]
        axes.add_collection(
            LineCollection(lines, colors=colours, alpha=alpha, linewidths=width)
        )
    texts = []
    for place, each in enumerate(coordinates):
        axes.axvline(place, color=GREY, linewidth=0.6)
        texts += [
            axes.text(place, height, sanitize_label(text), ha="center", va=side)
            for height, text, side in _list_ticks(each)
        ]
    style_texts(texts, SMALL_SIZE - 1)
    for text in texts:
        text.set_bbox({"facecolor": "white", "alpha": 0.8, "linewidth": 0, "pad": 1})
    axes.set_xlim(-0.4, len(coordinates) - 0.6)
    axes.set_ylim(-0.12, 1.12)
    axes.set_xticks(places, [""] * places.size)
    axes.set_yticks([])
    labels = axes.set_xticklabels([sanitize_label(each.label) for each in coordinates])
    style_texts(labels, SMALL_SIZE)
    for text in labels:
        text.set_rotation(20)
        text.set_horizontalalignment("right")
    axes.spines[:].set_visible(False)
    _add_legend(figure, styles, front=False)
    return figure


def _choose_styles(names: Sequence[str]) -> dict[str, tuple[str, str]]:
    return {
        name: (select_curve_style(place)[0], _MARKERS[place % len(_MARKERS)])
        for place, name in enumerate(dict.fromkeys(names))
    }


def _add_legend(
    figure: Figure, styles: Mapping[str, tuple[str, str]], *, front: bool
) -> None:
    shown = list(styles.items())[:MAX_LEGEND_ENTRIES]
    handles: list[Artist] = [
        Line2D([], [], color=colour, marker=marker if front else "", markersize=4)
        for _, (colour, marker) in shown
    ]
    labels = [name for name, _ in shown]
    if front:
        for handle in handles:
            handle.set(linestyle="none")
        handles.append(Line2D([], [], color=BLACK, linewidth=0.8))
        labels.append("Pareto front")
    if handles:
        columns = min(_LEGEND_COLUMNS, len(handles))
        add_bottom_legend(figure, handles, labels, columns=columns)


def _scale(each: Coordinate) -> NDArray[np.float64]:
    """Return the values as heights from 0 to 1; NaN stays."""
    values, (low, high) = _transform(each), _limits(each)
    return (values - low) / (high - low) if high > low else values - low + 0.5


def _transform(each: Coordinate) -> NDArray[np.float64]:
    if not each.log:
        return each.values
    return np.log10(np.where(each.values > 0.0, each.values, np.nan))


def _limits(each: Coordinate) -> tuple[float, float]:
    if each.names:
        return 0.0, float(len(each.names) - 1)
    values = _transform(each)
    known = values[np.isfinite(values)]
    return (float(known.min()), float(known.max())) if known.size else (0.0, 0.0)


def _list_ticks(each: Coordinate) -> list[tuple[float, str, str]]:
    """Return height, text and vertical alignment of the texts along an axis."""
    if each.names:
        last = max(1, len(each.names) - 1)
        return [(n / last, name, "center") for n, name in enumerate(each.names)]
    low, high = _limits(each)
    if each.log:
        low, high = 10.0**low, 10.0**high
    return [(-0.02, f"{low:.3g}", "top"), (1.02, f"{high:.3g}", "bottom")]
