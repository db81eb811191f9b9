"""Draws the panels of a figure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from noising.curves import choose_styles
from noising.curves.labels import TIMESTEP
from noising.plots.data import (
    AnyPanel,
    BarGroup,
    BarPanel,
    Coordinate,
    Curve,
    MapPanel,
    Numbers,
    Panel,
    ParallelPanel,
)
from noising.plots.drawing.metrics import fit_label
from noising.plots.drawing.style import write_literally
from noising.plots.keys import is_line, number_styles
from noising.plots.layout import Layout
from noising.plots.palette import BLACK, GREY, select_curve_style

if TYPE_CHECKING:
    from noising.plots.drawing.figure import Canvas

MAX_POINTS: Final = 2_000
SHARE_LIMITS: Final = (-0.03, 1.03)
"""Limits of an axis for values from 0 to 1, which keep the lines at both ends whole."""

_FEW_DECADES: Final = 100.0
"""A logarithmic axis of a smaller ratio also has numbers between the powers of ten."""

_LABELLED_WIDTH: Final = 5.0
"""Inches of a figure from which on bars have their values written at their ends."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sides:
    """Where a panel is in its figure.

    Attributes:
        is_lowest, is_leftmost: whether no panel is below it, or left of it.
        shares_axes: whether only panels at the edges have numbers, and the figure has
            the label of the vertical axes.
        width, height: inches of the panel.
    """

    is_lowest: bool
    is_leftmost: bool
    shares_axes: bool
    width: float
    height: float


def draw_panel(
    axes: Any, panel: AnyPanel, *, sides: Sides, layout: Layout, canvas: Canvas
) -> None:
    """Draw a panel of any kind.

    Args:
        axes: its axes, as the canvas makes them.
        panel: what to draw.
        sides: where it is in the figure.
        layout: the size of the figure.
        canvas: makes what axes do not.
    """
    if panel.title:
        axes.set_title(write_literally(panel.title))
    _DRAWINGS[type(panel)](axes, panel, sides, layout, canvas)


def _draw_curves(
    axes: Any, panel: Panel, sides: Sides, layout: Layout, canvas: Canvas
) -> None:
    for curve, style in zip(panel.curves, number_styles(panel), strict=True):
        _draw_curve(axes, curve, style, layout, y_log=panel.y_log)
    if panel.y_log:
        _set_log_axis(axes, panel)
    if panel.is_share:
        axes.set_ylim(*SHARE_LIMITS)
    if panel.missing:
        axes.text(
            0.5,
            0.5,
            write_literally(panel.missing),
            ha="center",
            va="center",
            transform=axes.transAxes,
        )
        axes.set_xticks([])
        axes.set_yticks([])
    if sides.shares_axes:
        axes.tick_params(labelbottom=sides.is_lowest, labelleft=sides.is_leftmost)
    else:
        axes.set_ylabel(fit_label(panel.y_label, sides.height, layout))
    if sides.is_lowest or not sides.shares_axes:
        axes.set_xlabel(fit_label(panel.x_label, sides.width, layout))


def _draw_curve(
    axes: Any, curve: Curve, style: int, layout: Layout, *, y_log: bool
) -> None:
    colour, line_style = select_curve_style(style)
    width = layout.line_width * (1.7 if curve.emphasis else 1.0)
    order = 3 if curve.emphasis else 2
    kept = _thin(curve.x.size)
    x, y = _hide(curve.x[kept], curve.y[kept], y_log=y_log)
    if curve.low is not None and curve.high is not None:
        _draw_interval(
            axes, curve, x, curve.low[kept], curve.high[kept], colour, layout
        )
    if curve.x_low is not None and curve.x_high is not None:
        ends = (curve.x_low[kept], curve.x_high[kept])
        axes.hlines(y, *ends, color=colour, linewidth=0.5 * layout.line_width)
    if is_line(curve.kind):
        drawn = {"drawstyle": "steps-post"} if curve.kind == "steps" else {}
        axes.plot(
            x,
            y,
            color=colour,
            linestyle=line_style,
            linewidth=width,
            zorder=order,
            **drawn,
        )
    if curve.has_marks:
        is_hollow = curve.kind == "hollow marks"
        axes.plot(
            x,
            y,
            color=colour,
            linestyle="none",
            marker=curve.marker,
            markerfacecolor="white" if is_hollow else colour,
            markeredgewidth=0.5 * layout.line_width,
            zorder=order + 2,
        )


def _draw_interval(
    axes: Any,
    curve: Curve,
    x: Numbers,
    low: Numbers,
    high: Numbers,
    colour: str,
    layout: Layout,
) -> None:
    """Draw a band around a line, and error bars where each point has a mark."""
    if is_line(curve.kind):
        axes.fill_between(
            x,
            low,
            high,
            color=colour,
            alpha=0.2,
            linewidth=0,
            **({"step": "post"} if curve.kind == "steps" else {}),
        )
    if curve.has_marks:
        axes.vlines(x, low, high, color=colour, linewidth=0.5 * layout.line_width)


def _thin(size: int) -> slice | NDArray[np.int64]:
    """Return the places of at most 2,000 points, both ends among them."""
    if size <= MAX_POINTS:
        return slice(None)
    return np.linspace(0, size - 1, MAX_POINTS).round().astype(np.int64)


def _hide(x: Numbers, y: Numbers, *, y_log: bool) -> tuple[Numbers, Numbers]:
    """Replace what cannot be drawn by NaN."""
    visible = np.isfinite(x) & np.isfinite(y)
    if y_log:
        visible &= y > 0
    return np.where(visible, x, np.nan), np.where(visible, y, np.nan)


def _set_log_axis(axes: Any, panel: Panel) -> None:
    ends = [
        values[np.isfinite(values) & (values > 0)]
        for curve in panel.curves
        for values in (curve.y, curve.low, curve.high)
        if values is not None
    ]
    shown = np.concatenate([np.empty(0), *ends])
    if not shown.size or shown.max() / shown.min() > _FEW_DECADES:
        axes.set_yscale("log", nonpositive="mask")
        return
    axes.set_yscale("log", nonpositive="mask", subs=[2.0, 3.0, 5.0])
    axes.yaxis.set_major_formatter("{x:g}")
    axes.yaxis.set_minor_formatter("{x:g}")


def _draw_bars(
    axes: Any, panel: BarPanel, sides: Sides, layout: Layout, canvas: Canvas
) -> None:
    groups = 1 if panel.is_stacked else len(panel.groups)
    thickness = 0.8 / max(1, groups)
    places = np.arange(len(panel.categories), dtype=np.float64)
    for index, group in enumerate(panel.groups):
        offset = 0.0 if panel.is_stacked else (index - (groups - 1) / 2) * thickness
        _draw_group(axes, panel, group, places + offset, thickness, layout)
    names = [write_literally(name) for name in panel.categories]
    if panel.is_horizontal:
        if panel.is_log:
            axes.set_xscale("log")
        if panel.ends is not None:
            axes.set_xlim(*panel.ends)
        axes.set_yticks(places, names)
        axes.invert_yaxis()
        axes.grid(visible=False, axis="y")
        axes.set_xlabel(fit_label(panel.value_label, sides.width, layout))
        axes.set_ylabel(fit_label(panel.category_label, sides.height, layout))
        if panel.limit is not None:
            axes.axvline(panel.limit, color=BLACK, linewidth=0.8, linestyle="--")
    else:
        if panel.is_log:
            axes.set_yscale("log")
        axes.set_xticks(places, names)
        axes.grid(visible=False, axis="x")
        axes.set_xlabel(fit_label(panel.category_label, sides.width, layout))
        if sides.is_leftmost:
            axes.set_ylabel(fit_label(panel.value_label, sides.height, layout))
        axes.margins(y=0.12)


def _draw_group(
    axes: Any,
    panel: BarPanel,
    group: BarGroup,
    places: Numbers,
    thickness: float,
    layout: Layout,
) -> None:
    low, high = group.low, group.high
    if panel.is_horizontal:
        axes.barh(
            places,
            group.values - panel.base,
            thickness,
            left=panel.base,
            color=group.colour,
        )
        if panel.is_stacked:  # a bar of no length is seen by its dot
            axes.plot(
                group.values, places, color=group.colour, linestyle="none", marker="o"
            )
        if low is not None and high is not None:
            axes.hlines(places, low, high, color=BLACK, linewidth=0.8)
        return
    axes.bar(places, group.values, thickness, color=group.colour)
    tops = group.values
    if low is not None and high is not None:
        axes.vlines(places, low, high, color=BLACK, linewidth=0.8)
        tops = np.fmax(tops, high)
    if (layout.width or _LABELLED_WIDTH) >= _LABELLED_WIDTH:
        _write_values(axes, places, tops, group.values, layout)


def _write_values(
    axes: Any, places: Numbers, tops: Numbers, values: Numbers, layout: Layout
) -> None:
    rows = zip(places.tolist(), tops.tolist(), values.tolist(), strict=True)
    for place, top, value in rows:
        if np.isfinite(value):
            axes.text(
                place,
                top,
                f"{value:.1f}" if value < 100 else f"{value:,.0f}",
                ha="center",
                va="bottom",
                fontsize=layout.small_size - 1.5,
            )


def _draw_map(
    axes: Any, panel: MapPanel, sides: Sides, layout: Layout, canvas: Canvas
) -> None:
    length = panel.values.shape[0]
    image = axes.imshow(
        panel.values,
        aspect="auto",
        cmap="cividis",  # even in lightness, also for colour-blind people
        vmin=0.0,
        vmax=panel.largest,
        extent=(0.0, max(1.0, panel.num_timesteps - 1.0), length - 0.5, -0.5),
        interpolation="nearest",
    )
    axes.grid(visible=False)
    axes.set_xlabel(fit_label(TIMESTEP, sides.width, layout))
    axes.set_ylabel("position")
    bar = axes.figure.colorbar(image, ax=axes)
    bar.outline.set_visible(False)
    bar.set_label(fit_label(panel.label, sides.height, layout))


def _draw_parallel(
    axes: Any, panel: ParallelPanel, sides: Sides, layout: Layout, canvas: Canvas
) -> None:
    names = list(dict.fromkeys(panel.names))
    styles = dict(zip(names, choose_styles(names), strict=True))
    heights = np.stack([_scale(each) for each in panel.coordinates], axis=-1)
    places = np.arange(len(panel.coordinates), dtype=np.float64)
    is_on_front = panel.is_on_front
    for chosen, alpha, width in ((~is_on_front, 0.25, 0.6), (is_on_front, 0.9, 1.3)):
        lines = [
            np.column_stack([places, row])[np.isfinite(row)] for row in heights[chosen]
        ]
        colours = [
            select_curve_style(styles[panel.names[place]])[0]
            for place in np.flatnonzero(chosen).tolist()
        ]
        axes.add_collection(
            canvas.lines(lines, colors=colours, alpha=alpha, linewidths=width)
        )
    box = {"facecolor": "white", "alpha": 0.8, "linewidth": 0, "pad": 1}
    for place, each in enumerate(panel.coordinates):
        axes.axvline(place, color=GREY, linewidth=0.6)
        for height, text, side in _list_ticks(each):
            axes.text(
                place,
                height,
                write_literally(text),
                ha="center",
                va=side,
                fontsize=layout.small_size - 1.0,
                bbox=box,
            )
    axes.set_xlim(-0.4, len(panel.coordinates) - 0.6)
    axes.set_ylim(-0.12, 1.12)
    axes.set_xticks(
        places,
        [write_literally(each.label) for each in panel.coordinates],
        rotation=20,
        ha="right",
    )
    axes.set_yticks([])
    axes.grid(visible=False)
    axes.spines[:].set_visible(False)


def _scale(each: Coordinate) -> Numbers:
    """Return the values as heights from 0 to 1; NaN stays."""
    values, (low, high) = _transform(each), _limits(each)
    return (values - low) / (high - low) if high > low else values - low + 0.5


def _transform(each: Coordinate) -> Numbers:
    if not each.log:
        return each.values
    return np.log10(np.where(each.values > 0.0, each.values, np.nan))


def _limits(each: Coordinate) -> tuple[float, float]:
    if each.names:
        return 0.0, float(len(each.names) - 1)
    values = _transform(each)
    known = values[np.isfinite(values)]
    return (float(known.min()), float(known.max())) if known.size else (0.0, 0.0)


def _list_ticks(each: Coordinate) -> list[tuple[float, str, str]]:
    """Return height, text and vertical alignment of the texts along an axis."""
    if each.names:
        last = max(1, len(each.names) - 1)
        return [(n / last, name, "center") for n, name in enumerate(each.names)]
    low, high = _limits(each)
    if each.log:
        low, high = 10.0**low, 10.0**high
    return [(-0.02, f"{low:.3g}", "top"), (1.02, f"{high:.3g}", "bottom")]


_DRAWINGS: Final[Mapping[type[AnyPanel], Callable[..., None]]] = {
    Panel: _draw_curves,
    BarPanel: _draw_bars,
    MapPanel: _draw_map,
    ParallelPanel: _draw_parallel,
}
