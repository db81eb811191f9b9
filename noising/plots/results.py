"""Figures of benchmark results (docs/benchmarks.md)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import numpy as np

from noising.curves import choose_styles
from noising.curves.labels import (
    INFORMATION,
    SIGNAL,
    TIMESTEP,
    UNCHANGED,
    AxisLabel,
)
from noising.plots.data import (
    BarGroup,
    BarPanel,
    Curve,
    CurveKind,
    FigureData,
    Key,
    Numbers,
    Panel,
)
from noising.plots.palette import BLUE, GREEN, GREY, ORANGE, STYLE_OF_ALL, VERMILION

Document = Mapping[str, Any]

STYLES_OF_TYPES: Final = {"variable": 0, "critical": 1, "other": 2}
"""The style of each token type."""

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
_NANOSECONDS: Final = AxisLabel(words="nanoseconds per token")
_MEASURED: Final = "measured, 95 % interval"


def plot_alpha(document: Document) -> FigureData:
    """Return a figure of alpha over the timesteps, with a curve for each schedule."""
    panel = Panel(
        x_name="timestep",
        x_label=TIMESTEP,
        y_label=SIGNAL,
        is_share=True,
        curves=[
            _make_curve(entry, "alpha", style)
            for entry, style in _style_entries(document)
        ],
    )
    return FigureData(
        title="Signal left by each schedule", panels=[panel], note="Values are exact."
    )


def plot_information(document: Document) -> FigureData:
    """Return a figure of the information about x_0 that is left in x_t.

    Lines are exact; marks are measured values with 95 % intervals.
    """
    curves = []
    for entry, style in _style_entries(document):
        curves += [
            _make_curve(entry, "information_nats", style),
            _make_marks(
                entry,
                "information_nats",
                label=f"{name_entry(entry)}, measured",
                style=style,
            ),
        ]
    panel = Panel(
        x_name="timestep", x_label=TIMESTEP, y_label=INFORMATION, curves=curves
    )
    return FigureData(
        title=f"Information left about a token ({document['corpus']['name']})",
        panels=[panel],
        keys=[Key(label=_MEASURED)],
        note="Lines are exact; dots are measured, with 95 % intervals.",
    )


def plot_preservation(document: Document) -> FigureData:
    """Return a figure of the share of unchanged tokens by token type.

    There is a panel for each schedule. Lines are exact. Marks are measured values with
    95 % intervals, filled for the hyperschedule and hollow without it.
    """
    entries = document["schedules"]
    kinds = [kind for kind, n in document["corpus"]["type_counts"].items() if n]
    panels = [
        Panel(
            title=name_entry(entry),
            x_name="timestep",
            x_label=TIMESTEP,
            y_label=UNCHANGED,
            is_share=True,
            curves=list(_iterate_preservation(entry, kinds)),
        )
        for entry in entries
    ]
    return FigureData(
        title="Tokens unchanged, by token type",
        panels=panels,
        columns=4,
        least_width=1.5,
        aspect=0.9,
        shares_axes=True,
        keys=[
            Key(label=_MEASURED),
            Key(label="measured, no hyperschedule", kind="hollow marks"),
        ],
        note="Lines are exact; dots are measured, with 95 % intervals: filled with the "
        "hyperschedule, hollow without it.",
    )


def plot_throughput(document: Document) -> FigureData:
    """Return a figure of the time per token: the engine, naive NumPy, a memory copy.

    One panel has large batches, another the cost of one short call. Bars are medians
    with 95 % intervals, which results of earlier versions lack.
    """
    cases = document["throughput"]
    batches = [case for case in cases if case["rows"] > 1]
    singles = [case for case in cases if case["rows"] == 1]
    has_intervals = any("engine_ns_low" in case for case in cases)
    return FigureData(
        title="Processor time per token",
        panels=[_make_timings(group) for group in (batches, singles) if group],
        columns=2,
        least_width=1.6,
        aspect=0.8,
        note="Bars are medians, with 95 % intervals." if has_intervals else "",
    )


def plot_speed(document: Document) -> FigureData:
    """Return a figure of the time per token of all programs, as bars for each case."""
    entries = document["throughput"]
    groups = [
        _make_group(entries, name, label, colour)
        for name, (label, colour) in _SPEED_PROGRAMS.items()
        if any(f"{name}_ns_per_token" in entry for entry in entries)
    ]
    panel = BarPanel(
        value_label=_NANOSECONDS,
        categories=[entry["case"] for entry in entries],
        groups=groups,
        is_horizontal=True,
        is_log=True,
    )
    return FigureData(title="Processor time per token", panels=[panel])


def name_entry(entry: Document) -> str:
    """Return the label of a schedule of a run."""
    return f"{entry['name']} (baseline)" if entry["is_baseline"] else entry["name"]


def read_numbers(values: Sequence[float | None]) -> Numbers:
    """Return a document's numbers, where null stands for a value that is not finite."""
    return np.array([np.nan if v is None else v for v in values], dtype=np.float64)


def _style_entries(document: Document) -> Iterator[tuple[Document, int]]:
    entries = document["schedules"]
    styles = choose_styles([entry["name"] for entry in entries])
    yield from zip(entries, styles, strict=True)


def _make_curve(entry: Document, quantity: str, style: int) -> Curve:
    curves = entry["curves"]
    return Curve(
        label=name_entry(entry),
        x=read_numbers(curves["timestep"]),
        y=read_numbers(curves[quantity]),
        style=style,
    )


def _make_marks(
    entry: Document,
    metric: str,
    *,
    label: str,
    style: int,
    kind: CurveKind = "marks",
) -> Curve:
    results = entry["results"]
    values = [result["metrics"][metric] for result in results]
    measured, low, high = (
        read_numbers([value[part] for value in values])
        for part in ("measured", "low", "high")
    )
    return Curve(
        label=label,
        x=read_numbers([result["timestep"] for result in results]),
        y=measured,
        low=low,
        high=high,
        style=style,
        kind=kind,
        has_key=False,
    )


def _iterate_preservation(entry: Document, kinds: Sequence[str]) -> Iterator[Curve]:
    curves = entry["curves"]["preservation"]
    x = read_numbers(curves["timestep"])
    yield Curve(
        label="all, no hyperschedule",
        x=x,
        y=read_numbers(curves["preserved"]),
        style=STYLE_OF_ALL,
    )
    for kind in kinds:
        style, metric = STYLES_OF_TYPES[kind], f"hyperschedule_preserved_{kind}"
        yield Curve(label=kind, x=x, y=read_numbers(curves[metric]), style=style)
        yield _make_marks(entry, metric, label=f"{kind}, measured", style=style)
        yield _make_marks(
            entry,
            f"preserved_{kind}",
            label=f"{kind}, no hyperschedule",
            style=style,
            kind="hollow marks",
        )


def _make_timings(cases: Sequence[Document]) -> BarPanel:
    rows, length = cases[0]["rows"], cases[0]["length"]
    return BarPanel(
        title=f"{rows} \N{MULTIPLICATION SIGN} {length} tokens",
        value_label=_NANOSECONDS,
        category_label=SIGNAL,
        categories=[f"{case['alpha']:g}" for case in cases],
        groups=[
            _make_group(cases, program, label, colour)
            for program, (label, colour) in _THROUGHPUT_PROGRAMS.items()
        ],
    )


def _make_group(
    cases: Sequence[Document], program: str, label: str, colour: str
) -> BarGroup:
    def read(part: str) -> Numbers:
        return read_numbers([case.get(f"{program}_ns_{part}") for case in cases])

    return BarGroup(
        label=label,
        colour=colour,
        values=read("per_token"),
        low=read("low"),
        high=read("high"),
    )
