"""Figures of schedules and runs as encoded images.

matplotlib is imported when a figure is drawn, so that worker processes that never draw
one do not load it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from benchmarks.decision import read_decision
from noising.curves import (
    DEFAULT_POINTS,
    QUANTITIES,
    Axis,
    Quantity,
    choose_styles,
    curves,
    position_alphas,
)
from noising.engine import ForwardProcess, build_process
from noising.figures.images import ImageFormat

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# Enough for a smooth line; the cost of a plot does not grow with num_timesteps.
_SCREEN_DPI: Final = 144

_SPARKLINE_WIDTH: Final = 96
_SPARKLINE_HEIGHT: Final = 28
_SPARKLINE_POINTS: Final = 49
_SPARKLINE_COLOUR: Final = "#5b68d8"  # stands out from white and from the dark theme
_SPARKLINE_EDGE: Final = 2.0


def draw_schedules(
    name: str,
    specifications: Iterable[tuple[str, Mapping[str, Any]]],
    image_format: ImageFormat,
    *,
    subtract_first: bool = False,
) -> bytes:
    """Draw a quantity of some schedules in one panel.

    Args:
        name: a key of QUANTITIES.
        specifications: label and specification of each schedule.
        image_format: format of the image.
        subtract_first: whether to draw differences from the first schedule.

    Returns:
        The encoded image.
    """
    from noising.plots import AXIS_LABELS, Curve, plot_curves

    quantity = QUANTITIES[name]
    labelled = list(specifications)
    styles = choose_styles([label for label, _ in labelled])
    lines = []
    for (label, specification), style in zip(labelled, styles, strict=True):
        process = build_process(specification)
        points = curves(process, [name], axis="time", points=DEFAULT_POINTS)
        y = points.columns[name]
        lines.append(Curve(label=label, x=points.x, y=y, style=style))
    if subtract_first:
        first = lines[0]
        lines = [replace(line, y=line.y - first.y) for line in lines]
    figure = plot_curves(
        lines,
        title=describe_difference(quantity, first.label)
        if subtract_first
        else quantity.title,
        x_label=AXIS_LABELS["time"],
        y_label=quantity.y_label,
        y_log=quantity.y_log and not subtract_first,
        is_share=quantity.is_share and not subtract_first,
    )
    return encode_figure(figure, image_format)


def describe_difference(quantity: Quantity, name: str) -> str:
    """Return the title for the differences of a quantity from one schedule."""
    return f"{quantity.title}, minus that of {name}"


def draw_curves(
    names: Sequence[str],
    processes: Iterable[tuple[str, ForwardProcess]],
    image_format: ImageFormat,
    *,
    axis: Axis,
    points: int,
) -> bytes:
    """Draw quantities of some processes, with a panel for each quantity.

    Args:
        names: keys of QUANTITIES.
        processes: label and process.
        image_format: format of the image.
        axis: the horizontal axis.
        points: number of points.

    Returns:
        The encoded image.
    """
    from noising.plots import plot_quantities

    labelled = [
        (label, curves(process, names, axis=axis, points=points))
        for label, process in processes
    ]
    return encode_figure(plot_quantities(labelled, names, axis=axis), image_format)


def draw_positions(
    label: str, specification: Mapping[str, Any], image_format: ImageFormat
) -> bytes:
    """Draw how a hyperschedule distributes the signal over positions and timesteps.

    Args:
        label: name of the schedule.
        specification: a process with a hyperschedule.
        image_format: format of the image.

    Raises:
        EngineError: it has too many positions for a plot.
    """
    from noising.plots import plot_positions

    process = build_process(specification)
    figure = plot_positions(
        position_alphas(process, DEFAULT_POINTS),
        title=f"Signal left by position, of {label}",
        num_timesteps=process.num_timesteps,
    )
    return encode_figure(figure, image_format)


def draw_run(
    name: str, document: Mapping[str, Any], image_format: ImageFormat
) -> bytes:
    """Draw a figure of a results document.

    Args:
        name: alpha, information, preservation or throughput; or, for results with a
            decision, difficulty or tradeoffs.
        document: the results, in the form of ``results.json``.
        image_format: format of the image.

    Returns:
        The encoded image.
    """
    from noising import plots

    figures = {
        "alpha": plots.plot_alpha,
        "information": plots.plot_information,
        "preservation": plots.plot_preservation,
        "throughput": plots.plot_throughput,
    }
    of_decision = {
        "difficulty": plots.plot_difficulty,
        "tradeoffs": plots.plot_tradeoffs,
    }
    decision = read_decision(document) if name in of_decision else None
    if decision is not None:
        return encode_figure(of_decision[name](decision), image_format)
    return encode_figure(figures[name](document), image_format)


def encode_figure(figure: Figure, image_format: ImageFormat) -> bytes:
    """Encode a figure at screen resolution."""
    from noising.plots import render

    return render(figure, image_format, dpi=_SCREEN_DPI)


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
