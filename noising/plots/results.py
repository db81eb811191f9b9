"""The figures of a benchmark's results documents (docs/benchmarks.md)."""

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

from noising.plots.style import (
    BLACK,
    BLUE,
    GREEN,
    GREY,
    ORANGE,
    SMALL_SIZE,
    VERMILION,
    LineStyle,
    blank_figure,
    curve_style,
    drawable,
    dress,
    legend_below,
    legend_beside,
    style_texts,
)

Document = Mapping[str, Any]

_BASELINE_STYLE: Final[tuple[str, LineStyle]] = (GREY, (0, (2.5, 1.5)))
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


def alpha_figure(document: Document) -> Figure:
    """Draw alpha over the timesteps, one curve per schedule."""
    figure = blank_figure(6.8, 4.0)
    axes = figure.add_subplot()
    _schedule_lines(axes, document, "alpha")
    axes.set_ylim(-0.02, 1.02)
    dress(
        axes,
        title="Signal left by each schedule",
        x_label="timestep",
        y_label="alpha",
    )
    return figure


def information_figure(document: Document) -> Figure:
    """Draw the information that x_t holds about x_0.

    Lines are exact, marks measured with 95 % intervals.
    """
    figure = blank_figure(6.8, 4.0)
    axes = figure.add_subplot()
    colours = _schedule_lines(axes, document, "information_nats")
    for entry, colour in zip(document["schedules"], colours, strict=True):
        _marks(axes, entry["results"], "information_nats", colour=colour, filled=True)
    dress(
        axes,
        title=f"Information left about a token ({document['corpus']['name']})",
        x_label="timestep",
        y_label="nats per token",
    )
    return figure


def preservation_figure(document: Document) -> Figure:
    """Draw the unchanged share by token type, with and without hyperschedule.

    One panel per schedule: lines are exact, marks measured with 95 % intervals, filled
    with the hyperschedule and hollow without.
    """
    entries = document["schedules"]
    kinds = [kind for kind, n in document["corpus"]["type_counts"].items() if n]
    columns = min(4, len(entries))
    rows = math.ceil(len(entries) / columns)
    figure = blank_figure(max(6.8, 2.1 * columns), 0.7 + 2.1 * rows)
    axes: Axes | None = None
    for index, entry in enumerate(entries):
        axes = figure.add_subplot(rows, columns, index + 1, sharex=axes, sharey=axes)
        _preservation_panel(axes, entry, kinds)
        leftmost, lowest = index % columns == 0, index + columns >= len(entries)
        axes.tick_params(labelleft=leftmost, labelbottom=lowest)
        dress(
            axes,
            title=_name(entry),
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
    legend_below(
        figure,
        handles,
        [f"{kind}, hyperschedule" for kind in kinds] + ["all, no hyperschedule"],
    )
    return figure


def throughput_figure(document: Document) -> Figure:
    """Draw nanoseconds per token: the engine, naive NumPy and a plain memory copy.

    Batches stand in one panel, the cost of one short call in another.
    """
    cases = document["throughput"]
    batches = [case for case in cases if case["rows"] > 1]
    singles = [case for case in cases if case["rows"] == 1]
    groups = [group for group in (batches, singles) if group]
    figure = blank_figure(6.8, 3.4)
    if not groups:
        return figure
    grid = figure.add_gridspec(
        1, len(groups), width_ratios=[max(1.5, len(g)) for g in groups]
    )
    for column, group in enumerate(groups):
        axes = figure.add_subplot(grid[0, column])
        _bars(axes, group)
        rows, length = group[0]["rows"], group[0]["length"]
        dress(
            axes,
            title=f"{rows} \N{MULTIPLICATION SIGN} {length} tokens",
            x_label="alpha",
            y_label="nanoseconds per token" if column == 0 else "",
        )
        axes.grid(visible=False, axis="x")
    programs = _THROUGHPUT_PROGRAMS.values()
    legend_below(
        figure,
        [Patch(color=colour) for _, colour in programs],
        [label for label, _ in programs],
    )
    return figure


def _schedule_lines(axes: Axes, document: Document, quantity: str) -> list[str]:
    """Draw a curve per schedule, the baseline dashed in grey; return the colours."""
    entries = document["schedules"]
    handles: list[Line2D] = []
    colours = []
    others = 0
    for entry in entries:
        if entry["is_baseline"]:
            colour, line_style = _BASELINE_STYLE
        else:
            colour, line_style = curve_style(others)
            others += 1
        curves = entry["curves"]
        handles += axes.plot(
            *drawable(_numbers(curves["timestep"]), _numbers(curves[quantity])),
            color=colour,
            linestyle=line_style,
            linewidth=1.6,
            zorder=2,
        )
        colours.append(colour)
    legend_beside(axes, handles, [_name(entry) for entry in entries])
    return colours


def _preservation_panel(axes: Axes, entry: Document, kinds: Sequence[str]) -> None:
    curves = entry["curves"]["preservation"]
    x, results = curves["timestep"], entry["results"]
    axes.plot(*drawable(x, curves["preserved"]), color=BLACK, ls="--", lw=1, zorder=2)
    for kind in kinds:
        colour, metric = _TYPE_COLOURS[kind], f"hyperschedule_preserved_{kind}"
        axes.plot(*drawable(x, curves[metric]), color=colour, lw=1.4, zorder=3)
        _marks(axes, results, metric, colour=colour, filled=True)
        _marks(axes, results, f"preserved_{kind}", colour=colour, filled=False)
    axes.set_ylim(-0.04, 1.04)


def _marks(
    axes: Axes, results: Sequence[Document], metric: str, *, colour: str, filled: bool
) -> None:
    values = [result["metrics"][metric] for result in results]
    measured = _numbers([value["measured"] for value in values])
    low = _numbers([value["low"] for value in values])
    high = _numbers([value["high"] for value in values])
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


def _bars(axes: Axes, cases: Sequence[Document]) -> None:
    positions = np.arange(len(cases), dtype=np.float64)
    width = 0.8 / len(_THROUGHPUT_PROGRAMS)
    for index, (program, (_, colour)) in enumerate(_THROUGHPUT_PROGRAMS.items()):
        heights = _numbers([case[f"{program}_ns_per_token"] for case in cases])
        offset = (index - (len(_THROUGHPUT_PROGRAMS) - 1) / 2) * width
        bars = axes.bar(positions + offset, heights, width, color=colour)
        texts = [f"{h:.1f}" if h < 100 else f"{h:,.0f}" for h in heights]
        style_texts(axes.bar_label(bars, labels=texts, padding=1), SMALL_SIZE - 1.5)
    axes.set_xticks(positions, [f"{case['alpha']:g}" for case in cases])
    axes.margins(y=0.12)


def _name(entry: Document) -> str:
    return f"{entry['name']} (baseline)" if entry["is_baseline"] else entry["name"]


def _numbers(values: Sequence[float | None]) -> NDArray[np.float64]:
    """Read a document's numbers; its null is a value that is not finite."""
    return np.array([np.nan if v is None else v for v in values], dtype=np.float64)


def speed_figure(document: Document) -> Figure:
    """Draw nanoseconds per token of every program, a group of bars for each case."""
    entries = document["throughput"]
    figure = blank_figure(6.8, 1.6 + _CASE_INCHES * len(entries))
    axes = figure.add_subplot()
    shown = [
        name
        for name in _SPEED_PROGRAMS
        if any(f"{name}_ns_per_token" in entry for entry in entries)
    ]
    height = 0.8 / max(1, len(shown))
    for place, name in enumerate(shown):
        at = np.arange(len(entries)) + (place + 0.5) * height - 0.4
        times = [entry.get(f"{name}_ns_per_token", np.nan) for entry in entries]
        axes.barh(at, times, height, color=_SPEED_PROGRAMS[name][1], linewidth=0)
    axes.set_xscale("log")
    axes.set_yticks(np.arange(len(entries)), [entry["case"] for entry in entries])
    axes.tick_params(axis="y", labelsize=SMALL_SIZE)
    axes.invert_yaxis()
    dress(axes, title="Throughput", x_label="nanoseconds per token", y_label="")
    axes.grid(visible=False, axis="y")
    legend_below(
        figure,
        [Patch(color=_SPEED_PROGRAMS[name][1]) for name in shown],
        [_SPEED_PROGRAMS[name][0] for name in shown],
    )
    return figure
