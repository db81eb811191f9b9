"""The data of a figure as a table: a row for each point."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterator, Sequence
from typing import Final

from noising.plots.data import (
    AnyPanel,
    BarPanel,
    FigureData,
    MapPanel,
    Panel,
    ParallelPanel,
)

HEADER: Final = ("panel", "series", "kind", "x_name", "x", "y", "low", "high")
"""The columns. `low` and `high` are the ends of intervals, where there are some."""

_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")

Row = Sequence[str | float | None]


def write_table(data: FigureData) -> str:
    """Return the data as CSV; numbers that are not finite are empty.

    Texts that a spreadsheet would take for a formula begin with an apostrophe.
    """
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\r\n")
    writer.writerow(HEADER)
    for panel in data.panels:
        writer.writerows([_write_cell(cell) for cell in row] for row in _list(panel))
    return stream.getvalue()


def _write_cell(cell: str | float | None) -> str:
    if isinstance(cell, str):
        return f"'{cell}" if cell.startswith(_FORMULA) else cell
    return "" if cell is None or not math.isfinite(cell) else repr(cell)


def _list(panel: AnyPanel) -> Iterator[Row]:
    if isinstance(panel, Panel):
        yield from _list_curves(panel)
    elif isinstance(panel, BarPanel):
        yield from _list_bars(panel)
    elif isinstance(panel, MapPanel):
        yield from _list_map(panel)
    else:
        yield from _list_parallel(panel)


def _list_curves(panel: Panel) -> Iterator[Row]:
    for curve in panel.curves:
        head = (panel.title, curve.label, curve.kind, panel.x_name)
        size = curve.x.size
        low = [None] * size if curve.low is None else curve.low.tolist()
        high = [None] * size if curve.high is None else curve.high.tolist()
        for point in zip(curve.x.tolist(), curve.y.tolist(), low, high, strict=True):
            yield (*head, *point)


def _list_bars(panel: BarPanel) -> Iterator[Row]:
    for group in panel.groups:
        nothing = [None] * len(panel.categories)
        low = nothing if group.low is None else group.low.tolist()
        high = nothing if group.high is None else group.high.tolist()
        name = str(panel.category_label) or "category"
        for category, *values in zip(
            panel.categories, group.values.tolist(), low, high, strict=True
        ):
            yield (panel.title, group.label, "bar", name, category, *values)


def _list_map(panel: MapPanel) -> Iterator[Row]:
    count = panel.values.shape[1]
    step = (panel.num_timesteps - 1) / max(1, count - 1)
    for position, values in enumerate(panel.values.tolist()):
        head = (panel.title, f"position {position}", "map", "timestep")
        for place, value in enumerate(values):
            yield (*head, place * step, value, None, None)


def _list_parallel(panel: ParallelPanel) -> Iterator[Row]:
    for axis in panel.coordinates:
        for place, value in enumerate(axis.values.tolist()):
            is_named = axis.names and math.isfinite(value)
            shown = axis.names[int(value)] if is_named else value
            head = (panel.title, panel.names[place], axis.label)
            yield (*head, "configuration", place, shown, None, None)
