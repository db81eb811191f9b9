"""Plots of a decision between processes on a corpus, from its document."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
from matplotlib.figure import Figure

from noising.curves import choose_styles
from noising.plots.curves import Curve, Panel, plot_map, plot_panels
from noising.plots.quantities import AXIS_LABELS
from noising.plots.style import (
    add_side_legend,
    label_axes,
    make_figure,
    select_curve_style,
)

Document = Mapping[str, Any]

_MARKERS: Final = ("o", "s", "D", "^", "v", "P", "X")


def plot_difficulty(document: Document) -> Figure:
    """Draw H(x_0 | x_t) over time, a panel for each reader and a line for each process.

    Readers for whom a process lacks values are left out; there must be one left.
    """
    entries = document["schedules"]
    styles = choose_styles([entry["name"] for entry in entries])
    panels = []
    for reader in entries[0]["readers"]:
        parts = [entry["readers"][reader] for entry in entries]
        if any("missing" in part for part in parts):
            continue
        curves = [
            Curve(
                label=entry["name"],
                x=np.asarray(part["time"]),
                y=np.asarray(part["nats"]),
                style=style,
            )
            for entry, part, style in zip(entries, parts, styles, strict=True)
        ]
        title = f"Denoising difficulty, {reader} reader"
        panels.append(Panel(title=title, y_label="nats per token", curves=curves))
    return plot_panels(panels, x_label=AXIS_LABELS["time"])


def plot_tradeoffs(document: Document) -> Figure:
    """Draw information wasted against the variance of the loss weight.

    Efficient processes have filled marks. Those that lack a value are left out.
    """
    reader = document["verdict"]["reader"]
    figure = make_figure(6.8, 3.4)
    axes = figure.add_subplot()
    handles, labels = [], []
    entries = document["schedules"]
    styles = choose_styles([entry["name"] for entry in entries])
    for index, (entry, style) in enumerate(zip(entries, styles, strict=True)):
        part, weights = entry["readers"][reader], entry["weights"]
        if weights is None or "missing" in part:
            continue
        colour, _ = select_curve_style(style)
        handles += axes.plot(
            [100.0 * part["information_wasted"]],
            [weights["variance"]["uniform"]],
            linestyle="none",
            marker=_MARKERS[index % len(_MARKERS)],
            markersize=8,
            color=colour,
            markerfacecolor=colour if entry["is_efficient"] else "white",
        )
        labels.append(entry["name"])
    axes.set_yscale("log", nonpositive="mask")
    axes.margins(0.15)
    label_axes(
        axes,
        title="Filled: no other is better in both",
        x_label=f"information wasted, % ({reader} reader)",
        y_label="variance of the loss weight",
    )
    add_side_legend(axes, handles, labels)
    return figure


def plot_difficulty_by_position(
    entry: Document, reader: str, *, largest: float
) -> Figure:
    """Draw H(x_0 | x_t) of one process by position and timestep.

    Args:
        entry: the entry of the process in the document.
        reader: a reader for whom it has values.
        largest: nats at the end of the scale, the entropy of a token.
    """
    return plot_map(
        np.asarray(entry["readers"][reader]["nats_by_position"]).T,
        title=f"{entry['name']}, {reader} reader",
        num_timesteps=entry["num_timesteps"],
        largest=largest,
        label="nats",
    )
