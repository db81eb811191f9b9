"""The legend of a figure: one entry for each label, whatever the number of panels."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from noising.curves import choose_styles
from noising.plots.data import (
    AnyPanel,
    BarPanel,
    Curve,
    CurveKind,
    FigureData,
    Panel,
    ParallelPanel,
)
from noising.plots.palette import BAND_GREY, GREY, LineStyle, select_curve_style


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """An entry of a legend.

    Attributes:
        label: its text.
        colour: colour of the sample; empty for an entry without one.
        line_style: style of its line, or None if it has none.
        marker: shape of its mark; empty if it has none.
        is_hollow: whether the mark is hollow.
        is_bar: whether it is a sample of a bar.
    """

    label: str
    colour: str = ""
    line_style: LineStyle | None = None
    marker: str = ""
    is_hollow: bool = False
    is_bar: bool = False


def list_samples(data: FigureData) -> list[Sample]:
    """Return the entries of the legend, in the order in which labels occur."""
    samples: dict[str, Sample] = {}
    for panel in data.panels:
        for sample in _list_panel(panel):
            samples.setdefault(sample.label, sample)
    for key in data.keys:
        is_band = key.kind == "band"
        samples[key.label] = Sample(
            label=key.label,
            colour=BAND_GREY if is_band else GREY,
            marker="" if is_band else "o",
            is_hollow=key.kind == "hollow marks",
            is_bar=is_band,
        )
    return list(samples.values())


def number_styles(panel: Panel) -> list[int]:
    """Return the style of each curve; by default its place among the lines."""
    styles: list[int] = []
    lines = 0
    for curve in panel.curves:
        styles.append(lines if curve.style is None else curve.style)
        lines += is_line(curve.kind)
    return styles


def is_line(kind: CurveKind) -> bool:
    """Return whether such a curve connects its points."""
    return kind in {"line", "steps"}


def _list_panel(panel: AnyPanel) -> Iterator[Sample]:
    if isinstance(panel, Panel):
        for curve, style in zip(panel.curves, number_styles(panel), strict=True):
            if curve.has_key:
                yield _sample_curve(curve, style)
    elif isinstance(panel, BarPanel):
        for group in panel.groups:
            yield Sample(label=group.label, colour=group.colour, is_bar=True)
    elif isinstance(panel, ParallelPanel):
        names = list(dict.fromkeys(panel.names))
        for name, style in zip(names, choose_styles(names), strict=True):
            yield Sample(
                label=name, colour=select_curve_style(style)[0], line_style="-"
            )


def _sample_curve(curve: Curve, style: int) -> Sample:
    colour, line_style = select_curve_style(style)
    return Sample(
        label=curve.label,
        colour=colour,
        line_style=line_style if is_line(curve.kind) else None,
        marker=curve.marker if curve.has_marks else "",
        is_hollow=curve.kind == "hollow marks",
    )
