"""Draws the data of a figure with Matplotlib: its size, panels, title and legend.

What draws calls methods of `Canvas` and of what they return, and reads nothing from
Matplotlib. So the same functions draw a figure and, with a canvas that writes the calls
down, make the program that draws it (`noising.plots.drawing.script`).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from noising.plots.data import (
    AnyPanel,
    BarPanel,
    FigureData,
    Panel,
    ParallelPanel,
)
from noising.plots.drawing.metrics import fit_label, measure_text
from noising.plots.drawing.panels import Sides, draw_panel
from noising.plots.drawing.style import MAX_TITLE, write_literally
from noising.plots.keys import Sample, list_samples
from noising.plots.layout import Layout

MAX_LEGEND_ENTRIES: Final = 18
SCREEN_WIDTH: Final = 6.8
_WIDEST: Final = 9.0
_GAP: Final = 0.15
_WIDE: Final = 4.5  # inches of a panel that is less high for its width
_WIDE_ASPECT: Final = 0.85
_SAMPLE_EMS: Final = 5.2  # of a legend's sample with the gaps around its entry
_BAR_INCHES: Final = 0.11
_CATEGORY_INCHES: Final = 0.24
_COORDINATE_INCHES: Final = 1.25


@dataclass(frozen=True, slots=True, kw_only=True)
class Canvas:
    """What makes the parts of a figure; the types of a recording one are others.

    Attributes:
        figure: makes the figure.
        line, patch, lines: make samples of the legend, and collections of lines.
    """

    figure: Any
    line: Any
    patch: Any
    lines: Any


def make_figure(**options: Any) -> Figure:
    """Make an empty figure that needs no window."""
    figure = Figure(**options)
    FigureCanvasAgg(figure)
    return figure


MATPLOTLIB: Final = Canvas(
    figure=make_figure, line=Line2D, patch=Patch, lines=LineCollection
)


def draw(data: FigureData, layout: Layout, canvas: Canvas = MATPLOTLIB) -> Any:
    """Draw a figure; call it with the settings of `style.list_settings`.

    Args:
        data: what to draw.
        layout: its size.
        canvas: makes the parts.

    Returns:
        The figure, as `canvas` makes it.
    """
    panels = data.panels
    width, across = _choose_width(data, layout)
    down = max(1, math.ceil(len(panels) / across))
    samples = _shorten_legend(list_samples(data))
    columns, rows = _arrange_legend(samples, width, layout)
    line = 1.45 * layout.small_size / 72.0
    heights = [
        max(_measure_height(panel, data, width / across, layout) for panel in row)
        for row in _split(panels, across)
    ] or [data.aspect * width]
    edge = 0.1 + (3.2 * layout.text_size / 72.0)
    has_title = bool(layout.has_title and data.title)
    title = 2.0 * layout.text_size / 72.0 if has_title else 0.0
    figure = canvas.figure(
        figsize=(round(width, 2), round(sum(heights) + edge + title + rows * line, 2)),
        layout="constrained",
    )
    grid = figure.add_gridspec(
        down,
        across,
        height_ratios=[round(height, 2) for height in heights],
        width_ratios=_list_width_ratios(panels, across),
    )
    first: Any = None
    for place, panel in enumerate(panels):
        sides = Sides(
            is_lowest=place + across >= len(panels),
            is_leftmost=place % across == 0,
            shares_axes=data.shares_axes,
            width=width / across - _GAP,
            height=heights[place // across],
        )
        shared = (
            {"sharex": first, "sharey": first} if data.shares_axes and first else {}
        )
        axes = figure.add_subplot(grid[place // across, place % across], **shared)
        first = first or axes
        draw_panel(axes, panel, sides=sides, layout=layout, canvas=canvas)
    if has_title:
        title_text = write_literally(data.title, MAX_TITLE)
        figure.suptitle(title_text, x=0.01, ha="left")
    for panel in panels[:1]:
        if data.shares_axes and isinstance(panel, Panel):
            figure.supylabel(fit_label(panel.y_label, sum(heights), layout))
    if samples:
        _draw_legend(figure, samples, columns, canvas)
    return figure


def _choose_width(data: FigureData, layout: Layout) -> tuple[float, int]:
    """Return inches of the figure and the panels in a row."""
    most = max(1, min(data.columns, len(data.panels)))
    if layout.width is None:
        wanted = data.least_width * most
        for panel in data.panels:
            if isinstance(panel, ParallelPanel):
                wanted = max(wanted, _COORDINATE_INCHES * len(panel.coordinates))
        return min(_WIDEST, max(SCREEN_WIDTH, wanted)), most
    return layout.width, max(1, min(most, int(layout.width / data.least_width)))


def _split(panels: Sequence[AnyPanel], across: int) -> list[Sequence[AnyPanel]]:
    return [panels[place : place + across] for place in range(0, len(panels), across)]


def _measure_height(
    panel: AnyPanel, data: FigureData, width: float, layout: Layout
) -> float:
    """Return the inches that a panel needs."""
    title = 1.6 * layout.text_size / 72.0 if panel.title else 0.0
    if isinstance(panel, BarPanel) and panel.is_horizontal:
        groups = 1 if panel.is_stacked else len(panel.groups)
        each = max(_CATEGORY_INCHES, _BAR_INCHES * groups) * layout.small_size / 9.0
        return title + max(0.6, each * len(panel.categories))
    aspect = data.aspect * (_WIDE_ASPECT if width > _WIDE else 1.0)
    return title + aspect * (width - _GAP)


def _list_width_ratios(panels: Sequence[AnyPanel], across: int) -> list[float] | None:
    """Return the ratios by which bars of panels side by side are as wide."""
    row = [
        max(1.5, len(panel.categories))
        for panel in panels
        if isinstance(panel, BarPanel) and not panel.is_horizontal
    ]
    return row if len(row) == len(panels) == across else None


def _shorten_legend(samples: list[Sample]) -> list[Sample]:
    more = len(samples) - MAX_LEGEND_ENTRIES
    if more <= 0:
        return samples
    return [*samples[:MAX_LEGEND_ENTRIES], Sample(label=f"and {more} more")]


def _arrange_legend(
    samples: Sequence[Sample], width: float, layout: Layout
) -> tuple[int, int]:
    """Return the legend's columns, as many as fit side by side, and its rows."""
    if not samples:
        return 1, 0
    em = layout.small_size
    widths = [
        measure_text(write_literally(sample.label), em, layout) + _SAMPLE_EMS * em
        for sample in samples
    ]
    room = 72.0 * width - 2.0 * em
    for columns in range(len(samples), 1, -1):
        # Matplotlib fills column by column, and each is as wide as its widest entry.
        rows = math.ceil(len(samples) / columns)
        filled = _split_evenly(widths, columns)
        if sum(max(part) for part in filled) <= room:
            return columns, rows
    return 1, len(samples)


def _split_evenly(widths: Sequence[float], columns: int) -> list[Sequence[float]]:
    """Return the widths by column: the first columns have the entries that are over."""
    rows, over = divmod(len(widths), columns)
    parts, start = [], 0
    for column in range(columns):
        end = start + rows + int(column < over)
        parts.append(widths[start:end])
        start = end
    return parts


def _draw_legend(
    figure: Any, samples: Sequence[Sample], columns: int, canvas: Canvas
) -> None:
    labels = [write_literally(sample.label) for sample in samples]
    legend = figure.legend(
        [_make_handle(sample, canvas) for sample in samples],
        # Matplotlib drops entries whose label begins with an underscore.
        [label if not label.startswith("_") else "" for label in labels],
        loc="outside lower center",
        ncols=columns,
    )
    for place, label in enumerate(labels):
        if label.startswith("_"):
            legend.get_texts()[place].set_text(label)


def _make_handle(sample: Sample, canvas: Canvas) -> Any:
    if sample.is_bar:
        return canvas.patch(color=sample.colour)
    look: dict[str, Any] = {"linestyle": sample.line_style or "none"}
    if sample.colour:
        look["color"] = sample.colour
    if sample.marker:
        look["marker"] = sample.marker
        if sample.is_hollow:
            look["markerfacecolor"] = "white"
    return canvas.line([], [], **look)
