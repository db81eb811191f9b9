"""The figure of the throughput suite's document (docs/benchmarks.md)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from noising.plots.style import (
    BLUE,
    GREEN,
    GREY,
    ORANGE,
    SMALL_SIZE,
    VERMILION,
    blank_figure,
    dress,
    legend_below,
)

Document = Mapping[str, Any]

_PROGRAMS: Final = {
    "numpy": ("engine, NumPy", BLUE),
    "numba": ("engine, numba", GREEN),
    "naive": ("naive NumPy", ORANGE),
    "torch": ("torch, one thread", VERMILION),
    "memcpy": ("memory copy", GREY),
}
_CASE_INCHES: Final = 0.34


def speed_figure(document: Document) -> Figure:
    """Draw nanoseconds per token of every program, a group of bars for each case."""
    entries = document["throughput"]
    figure = blank_figure(6.8, 1.6 + _CASE_INCHES * len(entries))
    axes = figure.add_subplot()
    shown = [
        name
        for name in _PROGRAMS
        if any(f"{name}_ns_per_token" in entry for entry in entries)
    ]
    height = 0.8 / max(1, len(shown))
    for place, name in enumerate(shown):
        at = np.arange(len(entries)) + (place + 0.5) * height - 0.4
        times = [entry.get(f"{name}_ns_per_token", np.nan) for entry in entries]
        axes.barh(at, times, height, color=_PROGRAMS[name][1], linewidth=0)
    axes.set_xscale("log")
    axes.set_yticks(np.arange(len(entries)), [entry["case"] for entry in entries])
    axes.tick_params(axis="y", labelsize=SMALL_SIZE)
    axes.invert_yaxis()
    dress(axes, title="Throughput", x_label="nanoseconds per token", y_label="")
    axes.grid(visible=False, axis="y")
    legend_below(
        figure,
        [Patch(color=_PROGRAMS[name][1]) for name in shown],
        [_PROGRAMS[name][0] for name in shown],
    )
    return figure
