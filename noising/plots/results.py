"""Plots of benchmark results (docs/benchmarks.md)."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from numpy.typing import NDArray

from noising.curves import choose_styles
from noising.plots.style import (
    BLACK,
    BLUE,
    GREEN,
    GREY,
    ORANGE,
    SHARE_LIMITS,
    SMALL_SIZE,
    VERMILION,
    add_bottom_legend,
    add_side_legend,
    label_axes,
    make_figure,
    prepare_curve,
    select_curve_style,
    style_texts,
)

Document = Mapping[str, Any]

_TYPE_COLOURS: Final = {"critical": VERMILION, "variable": BLUE, "other": GREEN}
_THROUGHPUT_PROGRAMS: Final = {
    "engine": ("engine", BLUE),
    "naive": ("naive NumPy", ORANGE),
    "memcpy": ("memory copy", GREY),
}
_SPEED_PROGRAMS: Final = {
    "numpy": ("engine, NumPy", BLUE),
    "numba": ("engine, numba", GREEN),
    "naive": ("naive NumPy", ORANGE),
    "torch": ("torch, one thread", VERMILION),
    "memcpy": ("memory copy", GREY),
}
_CASE_INCHES: Final = 0.34


def plot_alpha(document: Document) -> Figure:
    """Draw alpha over the timesteps, one curve per schedule."""
    figure = make_figure(6.8, 4.0)
    axes = figure.add_subplot()
    _plot_schedules(axes, document, "alpha")
    axes.set_ylim(*SHARE_LIMITS)
    label_axes(
        axes,
        title="Signal left by each schedule",
        x_label="timestep",
        y_label="alpha",
    )
    return figure


def plot_information(document: Document) -> Figure:
    """Draw the information about x_0 that is left in x_t.

    Lines are exact; marks are measured values with 95 % intervals.
    """
    figure = make_figure(6.8, 4.0)
    axes = figure.add_subplot()
    colours = _plot_schedules(axes, document, "information_nats")
    for entry, colour in zip(document["schedules"], colours, strict=True):
        _plot_marks(
            axes, entry["results"], "information_nats", colour=colour, filled=True
        )
    label_axes(
        axes,
        title=f"Information left about a token ({document['corpus']['name']})",
        x_label="timestep",
        y_label="nats per token",
    )
    return figure


def plot_preservation(document: Document) -> Figure:
    """Draw the share of unchanged tokens by token type.

    There is a panel per schedule. Lines are exact. Marks are measured values with 95 %
    intervals, filled for the hyperschedule and hollow without it.
    """
    entries = document["schedules"]
    kinds = [kind for kind, n in document["corpus"]["type_counts"].items() if n]
    columns = min(4, len(entries))
    rows = math.ceil(len(entries) / columns)
    figure = make_figure(max(6.8, 2.1 * columns), 0.7 + 2.1 * rows)
    axes: Axes | None = None
    for index, entry in enumerate(entries):
        axes = figure.add_subplot(rows, columns, index + 1, sharex=axes, sharey=axes)
        _plot_preservation_panel(axes, entry, kinds)
        leftmost, lowest = index % columns == 0, index + columns >= len(entries)
        axes.tick_params(labelleft=leftmost, labelbottom=lowest)
        label_axes(
            axes,
            title=_name_entry(entry),
            x_label="timestep" if lowest else "",
            y_label="share unchanged" if leftmost else "",
        )
    handles: list[Artist] = [
        Line2D([], [], color=_TYPE_COLOURS[kind], marker="o", markersize=4)
        for kind in kinds
    ]
    handles.append(
        Line2D(
            [],
            [],
            color=BLACK,
            linestyle="--",
            linewidth=1,
            marker="o",
            markersize=4,
            markerfacecolor="white",
        )
    )
    add_bottom_legend(
        figure,
        handles,
        [f"{kind}, hyperschedule" for kind in kinds] + ["all, no hyperschedule"],
    )
    return figure


def plot_throughput(document: Document) -> Figure:
    """Draw nanoseconds per token: the engine, naive NumPy and a plain memory copy.

    One panel has large batches, another the cost of one short call.
    """
    cases = document["throughput"]
    batches = [case for case in cases if case["rows"] > 1]
    singles = [case for case in cases if case["rows"] == 1]
    groups = [group for group in (batches, singles) if group]
    figure = make_figure(6.8, 3.4)
    if not groups:
        return figure
    grid = figure.add_gridspec(
        1, len(groups), width_ratios=[max(1.5, len(g)) for g in groups]
    )
    for column, group in enumerate(groups):
        axes = figure.add_subplot(grid[0, column])
        _plot_bars(axes, group)
        rows, length = group[0]["rows"], group[0]["length"]
        label_axes(
            axes,
            title=f"{rows} \N{MULTIPLICATION SIGN} {length} tokens",
            x_label="alpha",
            y_label="nanoseconds per token" if column == 0 else "",
        )
        axes.grid(visible=False, axis="x")
    programs = _THROUGHPUT_PROGRAMS.values()
    add_bottom_legend(
        figure,
        [Patch(color=colour) for _, colour in programs],
        [label for label, _ in programs],
    )
    return figure


def _plot_schedules(axes: Axes, document: Document, quantity: str) -> list[str]:
    """Draw a curve per schedule; return the colours."""
    entries = document["schedules"]
    handles: list[Line2D] = []
    colours = []
    for entry, style in zip(
        entries, choose_styles([entry["name"] for entry in entries]), strict=True
    ):
        colour, line_style = select_curve_style(style)
        curves = entry["curves"]
        handles += axes.plot(
            *prepare_curve(
                _read_numbers(curves["timestep"]), _read_numbers(curves[quantity])
            ),
            color=colour,
            linestyle=line_style,
            linewidth=1.6,
            zorder=2,
        )
        colours.append(colour)
    add_side_legend(axes, handles, [_name_entry(entry) for entry in entries])
    return colours


def _plot_preservation_panel(axes: Axes, entry: Document, kinds: Sequence[str]) -> None:
    curves = entry["curves"]["preservation"]
    x, results = curves["timestep"], entry["results"]
    axes.plot(
        *prepare_curve(x, curves["preserved"]), color=BLACK, ls="--", lw=1, zorder=2
    )
    for kind in kinds:
        colour, metric = _TYPE_COLOURS[kind], f"hyperschedule_preserved_{kind}"
        axes.plot(*prepare_curve(x, curves[metric]), color=colour, lw=1.4, zorder=3)
        _plot_marks(axes, results, metric, colour=colour, filled=True)
        _plot_marks(axes, results, f"preserved_{kind}", colour=colour, filled=False)
    axes.set_ylim(*SHARE_LIMITS)


def _plot_marks(
    axes: Axes, results: Sequence[Document], metric: str, *, colour: str, filled: bool
) -> None:
    values = [result["metrics"][metric] for result in results]
    measured = _read_numbers([value["measured"] for value in values])
    low = _read_numbers([value["low"] for value in values])
    high = _read_numbers([value["high"] for value in values])
    axes.errorbar(
        [result["timestep"] for result in results],
        measured,
        yerr=np.stack([measured - low, high - measured]),
        linestyle="none",
        color=colour,
        marker="o",
        markersize=3.2,
        markerfacecolor=colour if filled else "white",
        elinewidth=0.8,
        markeredgewidth=0.8,
        zorder=4,
    )


def _plot_bars(axes: Axes, cases: Sequence[Document]) -> None:
    positions = np.arange(len(cases), dtype=np.float64)
    width = 0.8 / len(_THROUGHPUT_PROGRAMS)
    for index, (program, (_, colour)) in enumerate(_THROUGHPUT_PROGRAMS.items()):
        heights = _read_numbers([case[f"{program}_ns_per_token"] for case in cases])
        offset = (index - (len(_THROUGHPUT_PROGRAMS) - 1) / 2) * width
        bars = axes.bar(positions + offset, heights, width, color=colour)
        texts = [f"{h:.1f}" if h < 100 else f"{h:,.0f}" for h in heights]
        style_texts(axes.bar_label(bars, labels=texts, padding=1), SMALL_SIZE - 1.5)
    axes.set_xticks(positions, [f"{case['alpha']:g}" for case in cases])
    axes.margins(y=0.12)


def _name_entry(entry: Document) -> str:
    return f"{entry['name']} (baseline)" if entry["is_baseline"] else entry["name"]


def _read_numbers(values: Sequence[float | None]) -> NDArray[np.float64]:
    """Return a document's numbers, where null stands for a value that is not finite."""
    return np.array([np.nan if v is None else v for v in values], dtype=np.float64)


def plot_speed(document: Document) -> Figure:
    """Draw nanoseconds per token of all programs, as a group of bars for each case."""
    entries = document["throughput"]
    figure = make_figure(6.8, 1.6 + _CASE_INCHES * len(entries))
    axes = figure.add_subplot()
    programs = [
        name
        for name in _SPEED_PROGRAMS
        if any(f"{name}_ns_per_token" in entry for entry in entries)
    ]
    height = 0.8 / max(1, len(programs))
    for place, name in enumerate(programs):
        at = np.arange(len(entries)) + (place + 0.5) * height - 0.4
        times = [entry.get(f"{name}_ns_per_token", np.nan) for entry in entries]
        axes.barh(at, times, height, color=_SPEED_PROGRAMS[name][1], linewidth=0)
    axes.set_xscale("log")
    axes.set_yticks(np.arange(len(entries)), [entry["case"] for entry in entries])
    axes.tick_params(axis="y", labelsize=SMALL_SIZE)
    axes.invert_yaxis()
    label_axes(axes, title="Throughput", x_label="nanoseconds per token", y_label="")
    axes.grid(visible=False, axis="y")
    add_bottom_legend(
        figure,
        [Patch(color=_SPEED_PROGRAMS[name][1]) for name in programs],
        [_SPEED_PROGRAMS[name][0] for name in programs],
    )
    return figure
