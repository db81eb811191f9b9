"""Figures of audits, from the document of a report (`noising.audit.Report.as_dict`)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

import numpy as np

from noising.curves.labels import SIGNAL, TIME, AxisLabel
from noising.plots.data import BarGroup, BarPanel, Curve, FigureData, Numbers, Panel
from noising.plots.palette import BLUE, VERMILION

Document = Mapping[str, Any]

LEAST_P_VALUE: Final = 1e-30
"""Smaller p-values are drawn as this one."""

MEASURED: Final = "measured, 99.9 % interval"
CLAIMED: Final = "claimed"
_MEASURED_STYLE, _CLAIMED_STYLE = 0, 1

_REACH: Final = 3.29
"""Standard deviations to each end of a 99.9 % interval, as that of alpha."""

_NOTE: Final = (
    "Intervals are 99.9 %, since an audit tests at many places: one in a thousand is "
    "outside by chance."
)
_NO_TIMES: Final = "not tested: the pairs have no times"


def plot_audit_alpha(document: Document) -> FigureData:
    """Return a figure of the measured alpha with its band, and the declared one."""
    return FigureData(
        title="Signal left, measured and claimed",
        panels=[_show_alpha(document)],
        note=_NOTE,
    )


def plot_audit_positions(document: Document) -> FigureData:
    """Return a figure of the share of changed tokens by position, and the expected."""
    return FigureData(
        title="Changed tokens by position",
        panels=[_show_positions(document)],
        note=_NOTE,
    )


def plot_audit_times(document: Document) -> FigureData:
    """Return a figure of the histogram of the times, and the even share."""
    return FigureData(title="Times", panels=[_show_times(document)], note=_NOTE)


def plot_audit_tests(document: Document) -> FigureData:
    """Return a figure of each code's least p-value, with the limit of a finding."""
    found = {finding["code"] for finding in document["findings"]}
    return FigureData(
        title=f"Tests by code, {len(found)} with a finding",
        panels=[_show_tests(document)],
    )


def plot_audit(document: Document) -> FigureData:
    """Return a figure of all of them, with the verdict."""
    codes = [finding["code"] for finding in document["findings"]]
    titled: dict[str, Panel | BarPanel] = {
        "Signal left": _show_alpha(document),
        "Changed tokens by position": _show_positions(document),
        "Times": _show_times(document),
        "Tests by code": _show_tests(document),
    }
    return FigureData(
        title=f"{document['verdict']}: {', '.join(codes) or 'no findings'}",
        panels=[replace(panel, title=title) for title, panel in titled.items()],
        columns=2,
        least_width=3.0,
        note=_NOTE,
    )


def _show_alpha(document: Document) -> Panel:
    points = document["curves"]["levels"]
    x = _column(points, "time")
    curves = [
        Curve(
            label=MEASURED,
            x=x,
            y=_column(points, "alpha"),
            low=_column(points, "alpha_low"),
            high=_column(points, "alpha_high"),
            style=_MEASURED_STYLE,
            kind="marks",
        ),
        Curve(
            label=CLAIMED,
            x=x,
            y=_column(points, "declared_alpha"),
            style=_CLAIMED_STYLE,
        ),
    ]
    by_chance = document["curves"]["by_move_chance"]
    return Panel(
        x_name="time",
        x_label=AxisLabel(words="claimed chance of a move", symbol=r"1 - \alpha(t)")
        if by_chance
        else TIME,
        y_label=SIGNAL,
        is_share=True,
        curves=curves if points else [],
        missing="" if points else _NO_TIMES,
    )


def _show_positions(document: Document) -> Panel:
    points = document["curves"]["positions"]
    x = _column(points, "position")
    shares, tokens = _column(points, "changed"), _column(points, "tokens")
    # Of a share, so the interval is approximate.
    reach = _REACH * np.sqrt(shares * (1.0 - shares) / tokens)
    curves = [
        Curve(
            label=MEASURED,
            x=x,
            y=shares,
            low=shares - reach,
            high=shares + reach,
            style=_MEASURED_STYLE,
            kind="marks",
        ),
        Curve(label=CLAIMED, x=x, y=_column(points, "expected"), style=_CLAIMED_STYLE),
    ]
    return Panel(
        x_name="position",
        x_label="position",
        y_label="share changed",
        curves=curves if points else [],
        missing="" if points else "not tested: no token could change",
    )


def _show_times(document: Document) -> Panel:
    counts = np.asarray(document["curves"]["times"], dtype=np.float64)
    has_times = counts.size > 0 and counts.sum() > 0
    curves = []
    if has_times:
        low, high = document["claims"]["low"], document["claims"]["high"]
        edges = np.linspace(low, high, counts.size + 1)
        steps = np.append(counts, counts[-1])
        reach = _REACH * np.sqrt(steps)  # of a count, so the interval is approximate
        mean = float(counts.mean())
        curves = [
            Curve(
                label=MEASURED,
                x=edges,
                y=steps,
                low=np.maximum(0.0, steps - reach),
                high=steps + reach,
                style=_MEASURED_STYLE,
                kind="steps",
            ),
            Curve(
                label=CLAIMED,
                x=edges[[0, -1]],
                y=np.array([mean, mean]),
                style=_CLAIMED_STYLE,
            ),
        ]
    return Panel(
        x_name="time",
        x_label=TIME,
        y_label="number of times",
        curves=curves,
        missing="" if has_times else _NO_TIMES,
    )


def _show_tests(document: Document) -> BarPanel:
    tests = document["tests"]
    limit = document["false_alarm_rate"]
    p_values = np.maximum(_column(tests, "p_value"), LEAST_P_VALUE)
    is_finding = p_values < limit
    groups = {
        "agrees with the claim": (BLUE, ~is_finding),
        "contradicts it": (VERMILION, is_finding),
    }
    return BarPanel(
        value_label="least p-value, adjusted (dashed: limit)",
        categories=[test["code"] for test in tests],
        groups=[
            BarGroup(
                label=label, colour=colour, values=np.where(chosen, p_values, np.nan)
            )
            for label, (colour, chosen) in groups.items()
        ],
        is_horizontal=True,
        is_stacked=True,
        is_log=True,
        base=1.0,
        ends=(3.0, LEAST_P_VALUE),
        limit=limit,
    )


def _column(rows: Sequence[Document], name: str) -> Numbers:
    values = [np.nan if row[name] is None else row[name] for row in rows]
    return np.asarray(values, dtype=np.float64)
