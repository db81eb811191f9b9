"""Figures of a decision between processes on a corpus, from its document."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np

from noising.curves import choose_styles
from noising.curves.labels import DIFFICULTY, TIME, AxisLabel
from noising.plots.curves import plot_map
from noising.plots.data import INTERVAL, Curve, FigureData, Key, Panel
from noising.plots.palette import select_marker

Document = Mapping[str, Any]

_QUANTILE: Final = 1.96
"""Standard errors to each end of a 95 % interval."""


def plot_difficulty(document: Document) -> FigureData:
    """Return a figure of H(x_0 | x_t) over time: a panel for each reader.

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
            _make_line(entry["name"], part, style)
            for entry, part, style in zip(entries, parts, styles, strict=True)
        ]
        panels.append(
            Panel(
                title=f"{reader} reader",
                x_name="time",
                x_label=TIME,
                y_label=DIFFICULTY,
                curves=curves,
            )
        )
    has_intervals = any(
        curve.low is not None for panel in panels for curve in panel.curves
    )
    return FigureData(
        title="Denoising difficulty",
        panels=panels,
        columns=2,
        least_width=1.6,
        aspect=0.75,
        shares_axes=True,
        keys=[INTERVAL] if has_intervals else [],
        note="What an ideal denoiser does not know about a token. "
        + _describe_intervals(has_intervals, "Bands"),
    )


def _make_line(label: str, part: Document, style: int) -> Curve:
    nats = np.asarray(part["nats"])
    errors = part.get("nats_standard_error")  # results of earlier versions lack it
    reach = None if errors is None else _QUANTILE * np.asarray(errors)
    return Curve(
        label=label,
        x=np.asarray(part["time"]),
        y=nats,
        low=None if reach is None else np.maximum(0.0, nats - reach),
        high=None if reach is None else nats + reach,
        style=style,
    )


def _describe_intervals(has_intervals: bool, shape: str) -> str:
    if has_intervals:
        return f"{shape} are 95 % intervals, from the rows that were drawn."
    return "Values are exact for the corpus."


def plot_tradeoffs(document: Document) -> FigureData:
    """Return a figure of information wasted against the variance of the loss weight.

    Efficient processes have filled marks. Those that lack a value are left out. Where
    the information comes from drawn rows, it has a 95 % interval.
    """
    reader = document["verdict"]["reader"]
    entries = document["schedules"]
    styles = choose_styles([entry["name"] for entry in entries])
    curves = []
    for entry, style in zip(entries, styles, strict=True):
        part, weights = entry["readers"][reader], entry["weights"]
        if weights is None or "missing" in part:
            continue
        wasted = 100.0 * part["information_wasted"]
        reach = 100.0 * _QUANTILE * part["standard_error"]
        curves.append(
            Curve(
                label=entry["name"],
                x=np.array([wasted]),
                y=np.array([weights["variance"]["uniform"]]),
                x_low=np.array([max(0.0, wasted - reach)]) if reach else None,
                x_high=np.array([min(100.0, wasted + reach)]) if reach else None,
                style=style,
                kind="marks" if entry["is_efficient"] else "hollow marks",
                marker=select_marker(style),
            )
        )
    has_intervals = any(curve.x_low is not None for curve in curves)
    panel = Panel(
        x_name="information wasted",
        x_label=f"information wasted, % ({reader} reader)",
        y_label=AxisLabel(words="variance of the loss weight"),
        y_log=True,
        curves=curves,
    )
    keys = [
        Key(label="filled: efficient"),
        Key(label="hollow: another is better in both", kind="hollow marks"),
    ]
    return FigureData(
        title="Information wasted and variance of the loss weight",
        panels=[panel],
        keys=keys,
        note="Efficient: no other schedule is better in both. "
        + _describe_intervals(has_intervals, "Error bars"),
    )


def plot_difficulty_by_position(
    entry: Document, reader: str, *, largest: float
) -> FigureData:
    """Return a figure of H(x_0 | x_t) of one process by position and timestep.

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
        label=DIFFICULTY,
    )
