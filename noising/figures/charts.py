"""The data of a figure for pages, which draw it in the browser.

A chart is a document of panels. Each has lines over one or several abscissae (time,
timestep, information lost, position), from which the reader chooses:

    {"note": ..., "panels": [
        {"title": ..., "y": {"label": ..., "log": ..., "share": ...},
         "x": [{"name": "time", "label": ...}, ...],
         "lines": [{"name": ..., "style": ..., "x": {"time": [...]}, "y": [...],
                    "low": [...], "high": [...], "marks": ..., "steps": ...}]}]}

Only measured lines have `low` and `high`. Lines without points in between have `marks`,
which are "filled" or "hollow"; those of histograms have `steps`. Numbers that are not
finite are null. Numbers have the precision of float32, which is more than a screen
shows.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np

from noising.curves.labels import TIME, TIMESTEP
from noising.plots import Curve, FigureData, Panel
from noising.plots.data import Numbers
from noising.plots.keys import number_styles

Chart = Mapping[str, Any]

X_LABELS: Final = {
    "time": str(TIME),
    "timestep": str(TIMESTEP),
    "information": "information lost, share",
}
"""Labels of the abscissae that some curves have besides their own."""

_MARKS: Final = {"marks": "filled", "hollow marks": "hollow"}


def make_chart(data: FigureData) -> Chart:
    """Return the chart of a figure whose panels have curves."""
    panels = [panel for panel in data.panels if isinstance(panel, Panel)]
    title = data.title if len(panels) == 1 else ""
    return {
        "note": data.note,
        "panels": [_make_panel(panel, panel.title or title) for panel in panels],
    }


def _make_panel(panel: Panel, title: str) -> Chart:
    styles = number_styles(panel)
    lines = [
        _make_line(curve, style, panel.x_name)
        for curve, style in zip(panel.curves, styles, strict=True)
    ]
    return {
        "title": title,
        "y": {"label": str(panel.y_label), "log": panel.y_log, "share": panel.is_share},
        "x": [
            {"name": panel.x_name, "label": str(panel.x_label)},
            *(
                {"name": name, "label": X_LABELS[name]}
                for name in _list_shared(panel.curves)
            ),
        ],
        "lines": lines,
    }


def _list_shared(curves: Sequence[Curve]) -> list[str]:
    """Return the further abscissae that all curves have."""
    return [
        name for name in X_LABELS if curves and all(name in c.other_x for c in curves)
    ]


def _make_line(curve: Curve, style: int, x_name: str) -> dict[str, Any]:
    line: dict[str, Any] = {
        "name": curve.label,
        "style": style,
        "x": {
            x_name: _to_float32(curve.x),
            **{name: _to_float32(x) for name, x in curve.other_x.items()},
        },
        "y": _to_float32(curve.y),
    }
    if curve.low is not None and curve.high is not None:
        line |= {"low": _to_float32(curve.low), "high": _to_float32(curve.high)}
    if curve.kind == "steps":
        line["steps"] = True
    if curve.kind in _MARKS:
        line["marks"] = _MARKS[curve.kind]
    return line


def _to_float32(values: Numbers) -> "np.ndarray[Any, Any]":
    """Return float32 numbers; orjson writes those that are not finite as null."""
    with np.errstate(over="ignore"):
        return values.astype(np.float32)
