"""Figures of schedules."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

import numpy as np

from noising.curves import (
    DEFAULT_POINTS,
    QUANTITIES,
    Axis,
    Quantity,
    choose_styles,
    curves,
    position_alphas,
)
from noising.curves.labels import TIME
from noising.engine import ForwardProcess, build_process
from noising.engine.graphs import MatrixGraph
from noising.plots import (
    Curve,
    FigureData,
    plot_curves,
    plot_positions,
    plot_quantities,
)

_SPARKLINE_WIDTH: Final = 96
_SPARKLINE_HEIGHT: Final = 28
_SPARKLINE_POINTS: Final = 49
_SPARKLINE_COLOUR: Final = "#3f8f99"  # stands out from white and from the dark theme
_SPARKLINE_EDGE: Final = 2.0


def build_schedules_figure(
    name: str,
    specifications: Iterable[tuple[str, Mapping[str, Any]]],
    *,
    subtract_first: bool = False,
) -> FigureData:
    """Return a figure of a quantity with a line for each schedule.

    Args:
        name: a key of QUANTITIES.
        specifications: label and specification of each schedule.
        subtract_first: whether to show differences from the first schedule at the same
            time.
    """
    quantity = QUANTITIES[name]
    labelled = list(specifications)
    styles = choose_styles([label for label, _ in labelled])
    lines = [
        replace(_make_line(name, label, build_process(specification)), style=style)
        for (label, specification), style in zip(labelled, styles, strict=True)
    ]
    if subtract_first:
        first = lines[0]
        lines = [replace(line, y=line.y - first.y, other_x={}) for line in lines]
    return plot_curves(
        lines,
        title=describe_difference(quantity, first.label)
        if subtract_first
        else quantity.title,
        x_name="time",
        x_label=TIME,
        y_label=quantity.y_label,
        y_log=quantity.y_log and not subtract_first,
        is_share=quantity.is_share and not subtract_first,
    )


def describe_difference(quantity: Quantity, name: str) -> str:
    """Return the title for the differences of a quantity from one schedule."""
    return f"{quantity.title}, minus that of {name}"


def build_curves_figure(
    names: Sequence[str],
    processes: Iterable[tuple[str, ForwardProcess]],
    *,
    axis: Axis,
    points: int,
) -> FigureData:
    """Return a figure of some processes, with a panel for each quantity.

    Args:
        names: keys of QUANTITIES.
        processes: label and process.
        axis: the horizontal axis.
        points: number of points.
    """
    labelled = [
        (label, curves(process, names, axis=axis, points=points))
        for label, process in processes
    ]
    return plot_quantities(labelled, names, axis=axis)


def build_positions_figure(label: str, specification: Mapping[str, Any]) -> FigureData:
    """Return a figure of the signal left by position and timestep.

    Args:
        label: name of the schedule.
        specification: a process with a hyperschedule.

    Raises:
        EngineError: it has too many positions for a plot.
    """
    process = build_process(specification)
    return plot_positions(
        position_alphas(process, DEFAULT_POINTS),
        title=f"Signal left by position, of {label}",
        num_timesteps=process.num_timesteps,
    )


def draw_sparkline(specification: Mapping[str, Any]) -> bytes:
    """Draw alpha of a process over time as a small SVG.

    It does not use matplotlib, since lists show dozens of sparklines.
    """
    times = np.linspace(0, 1, _SPARKLINE_POINTS)
    alpha = np.asarray(build_process(specification).alpha(times))
    width, height, edge = _SPARKLINE_WIDTH, _SPARKLINE_HEIGHT, _SPARKLINE_EDGE
    x = np.linspace(edge, width - edge, _SPARKLINE_POINTS)
    y = edge + (1.0 - alpha) * (height - 2 * edge)
    points = " ".join(f"{a:.1f},{b:.1f}" for a, b in zip(x, y, strict=True))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}"><polyline points="{points}" fill="none" '
        f'stroke="{_SPARKLINE_COLOUR}" stroke-width="1.75"/></svg>'
    ).encode()


def _make_line(name: str, label: str, process: ForwardProcess) -> Curve:
    # Each point of a matrix graph's information costs a matrix exponential.
    names = [name] if isinstance(process.graph, MatrixGraph) else [name, "information"]
    points = curves(process, names, axis="time", points=DEFAULT_POINTS)
    other_x = {"timestep": points.times * process.num_timesteps - 1}
    information = points.columns.get("information")
    if information is not None and np.isfinite(information).all():
        other_x["information"] = 1.0 - information
    return Curve(label=label, x=points.x, y=points.columns[name], other_x=other_x)
