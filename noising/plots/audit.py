"""Plots of audits, from the document of a report (`noising.audit.Report.as_dict`)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from noising.plots.style import (
    BLACK,
    BLUE,
    GREY,
    SMALL_SIZE,
    VERMILION,
    label_axes,
    make_figure,
    style_texts,
)

Document = Mapping[str, Any]

LEAST_P_VALUE: Final = 1e-30
"""Smaller p-values are drawn as this one."""

_WIDTH, _HEIGHT = 6.8, 4.0
_CODE_INCHES: Final = 0.24
_MARK: Final[dict[str, Any]] = {"ls": "none", "marker": "o", "markersize": 3.0}


def plot_audit_alpha(document: Document) -> Figure:
    """Draw the measured alpha with its band against the declared one."""
    return _plot_one(_draw_alpha, document)


def plot_audit_positions(document: Document) -> Figure:
    """Draw the share of changed tokens by position, and the expected one."""
    return _plot_one(_draw_positions, document)


def plot_audit_times(document: Document) -> Figure:
    """Draw the histogram of the times, and the even share that is claimed."""
    return _plot_one(_draw_times, document)


def plot_audit_tests(document: Document) -> Figure:
    """Draw the least p-value of each code's tests, with the limit of a finding."""
    height = max(_HEIGHT, 1.2 + _CODE_INCHES * len(document["tests"]))
    return _plot_one(_draw_tests, document, height=height)


def plot_audit(document: Document) -> Figure:
    """Draw all of them on one page, with the verdict."""
    height = max(_HEIGHT, 1.2 + _CODE_INCHES * len(document["tests"]))
    figure = make_figure(2 * _WIDTH, _HEIGHT + height + 0.4)
    grid = figure.add_gridspec(2, 2, height_ratios=[_HEIGHT, height])
    drawings = (_draw_alpha, _draw_positions, _draw_times, _draw_tests)
    for place, draw in enumerate(drawings):
        draw(figure.add_subplot(grid[place // 2, place % 2]), document)
    codes = [finding["code"] for finding in document["findings"]]
    text = f"{document['verdict']}: {', '.join(codes) or 'no findings'}"
    specification = document["specification"]
    claim = (
        f"{specification['schedule']['type']} schedule, "
        f"{specification['graph']['type']} graph, {document['rows']:,} rows, "
        f"{document['tokens']:,} tokens"
    )
    style_texts([figure.suptitle(f"{text}\n{claim}", x=0.01, ha="left")], 11.0)
    return figure


def _plot_one(
    draw: Callable[[Axes, Document], None],
    document: Document,
    *,
    height: float = _HEIGHT,
) -> Figure:
    figure = make_figure(_WIDTH, height)
    draw(figure.add_subplot(), document)
    return figure


def _draw_alpha(axes: Axes, document: Document) -> None:
    points = document["curves"]["levels"]
    by_chance = document["curves"]["by_move_chance"]
    if points:
        x = _column(points, "time")
        low, high = _column(points, "alpha_low"), _column(points, "alpha_high")
        measured = _column(points, "alpha")
        axes.fill_between(x, low, high, color=BLUE, alpha=0.25, linewidth=0)
        axes.plot(x, measured, color=BLUE, label="measured, 99.9 % band", **_MARK)
        axes.plot(
            x,
            _column(points, "declared_alpha"),
            color=VERMILION,
            linewidth=1.4,
            label="declared",
        )
        axes.set_xlim(0.0, 1.0)
        _add_legend(axes)
    label_axes(
        axes,
        title="Alpha, measured and declared",
        x_label="declared 1 - alpha" if by_chance else "time t",
        y_label="alpha",
    )
    if not points:
        _say(axes, "not tested: the pairs have no times")


def _draw_positions(axes: Axes, document: Document) -> None:
    points = document["curves"]["positions"]
    if points:
        x = _column(points, "position")
        shares, tokens = _column(points, "changed"), _column(points, "tokens")
        # 3.29 standard deviations, as the band of alpha; of a share, so approximate.
        reach = 3.29 * np.sqrt(shares * (1.0 - shares) / tokens)
        axes.vlines(x, shares - reach, shares + reach, color=BLUE, linewidth=0.8)
        axes.plot(x, shares, color=BLUE, label="changed, 99.9 % interval", **_MARK)
        axes.plot(
            x,
            _column(points, "expected"),
            color=VERMILION,
            linewidth=1.4,
            label="expected",
        )
        _add_legend(axes)
    label_axes(
        axes,
        title="Changed tokens by position",
        x_label="position",
        y_label="share changed",
    )
    if not points:
        _say(axes, "not tested: no token could change")


def _draw_times(axes: Axes, document: Document) -> None:
    counts = np.asarray(document["curves"]["times"], dtype=np.float64)
    has_times = counts.size > 0 and counts.sum() > 0
    if has_times:
        low, high = document["claims"]["low"], document["claims"]["high"]
        edges = np.linspace(low, high, counts.size + 1)
        axes.stairs(counts, edges, fill=True, color=BLUE, alpha=0.6, label="times")
        axes.axhline(counts.mean(), color=VERMILION, linewidth=1.4, label="even share")
        _add_legend(axes)
    label_axes(axes, title="Times", x_label="time t", y_label="number of times")
    if not has_times:
        _say(axes, "not tested: the pairs have no times")


def _draw_tests(axes: Axes, document: Document) -> None:
    tests = document["tests"]
    found = {finding["code"] for finding in document["findings"]}
    limit = document["false_alarm_rate"]
    p_values = np.maximum(_column(tests, "p_value"), LEAST_P_VALUE)
    places = np.arange(len(tests))
    colours = [VERMILION if p_value < limit else BLUE for p_value in p_values]
    # From 1 on: what agrees has no bar, what contradicts the claim a long one.
    axes.barh(places, p_values - 1.0, left=1.0, color=colours, height=0.7, linewidth=0)
    axes.plot(np.ones(len(tests)), places, color=GREY, **_MARK)
    axes.axvline(limit, color=BLACK, linewidth=1.0, linestyle="--")
    axes.set_xscale("log")
    axes.set_xlim(LEAST_P_VALUE, 3.0)
    axes.invert_xaxis()
    axes.set_yticks(places, [test["code"] for test in tests])
    axes.invert_yaxis()
    label_axes(
        axes,
        title=f"Tests by code, {len(found)} with a finding",
        x_label="least p-value, adjusted (dashed: limit)",
        y_label="",
    )
    axes.grid(visible=False, axis="y")
    axes.tick_params(axis="y", labelsize=SMALL_SIZE)


def _column(rows: Sequence[Document], name: str) -> NDArray[np.float64]:
    values = [np.nan if row[name] is None else row[name] for row in rows]
    return np.asarray(values, dtype=np.float64)


def _add_legend(axes: Axes) -> None:
    legend = axes.legend(loc="best", frameon=False)
    style_texts(legend.get_texts(), SMALL_SIZE)


def _say(axes: Axes, text: str) -> None:
    axes.set_xticks([])
    axes.set_yticks([])
    style_texts(
        [axes.text(0.5, 0.5, text, ha="center", va="center", transform=axes.transAxes)],
        SMALL_SIZE,
    )
