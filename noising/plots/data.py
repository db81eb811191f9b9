"""The data of a figure: a value from which every format is made.

Functions of this package turn results into a `FigureData`, which `render` encodes as
an image, a table or a program. The service makes the charts of its pages from it, too.
None of these types needs Matplotlib.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from noising.curves.labels import AxisLabel

Numbers: TypeAlias = NDArray[np.float64]
Label: TypeAlias = AxisLabel | str
"""The label of an axis; a str is drawn literally."""

CurveKind: TypeAlias = Literal["line", "marks", "hollow marks", "steps"]

MOST_MARKED: Final = 32
"""Lines with at most this many measured points get a mark at each of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """One labelled line, or the marks of measured values.

    Attributes:
        label: any text; it is drawn literally and shortened to 40 characters.
        x: (N,) abscissae.
        y: (N,) ordinates; values that are not finite leave gaps.
        style: index of its colour and line style; None for its place among the lines.
        emphasis: whether to draw it thicker and above the others.
        low, high: (N,) the ends of an interval around each value, or None.
        x_low, x_high: (N,) the same around each abscissa, of marks.
        kind: how it is drawn.
        marker: Matplotlib's name for the shape of marks.
        has_key: whether the legend names it.
        other_x: (N,) further abscissae by name, from which readers of a chart choose.
    """

    label: str
    x: Numbers
    y: Numbers
    style: int | None = None
    emphasis: bool = False
    low: Numbers | None = None
    high: Numbers | None = None
    x_low: Numbers | None = None
    x_high: Numbers | None = None
    kind: CurveKind = "line"
    marker: str = "o"
    has_key: bool = True
    other_x: Mapping[str, Numbers] = field(default_factory=dict)

    @property
    def has_marks(self) -> bool:
        """Whether each point is drawn: those of marks, and few measured ones."""
        is_measured = self.low is not None and self.x.size <= MOST_MARKED
        return self.kind in {"marks", "hollow marks"} or (
            self.kind == "line" and is_measured
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """A panel with curves.

    Attributes:
        title: what distinguishes it from other panels; empty if it is the only one.
        x_name: name of the abscissae, in tables and charts.
        x_label: label of the horizontal axis.
        y_label: label of the vertical axis.
        y_log: whether the vertical axis is logarithmic; values of 0 and below then
            leave gaps.
        is_share: whether the vertical axis shows 0 to 1.
        curves: the curves; a label means the same in every panel.
        missing: a sentence that says why it has no curves; empty if it has some.
    """

    title: str = ""
    x_name: str = "time"
    x_label: Label = ""
    y_label: Label
    y_log: bool = False
    is_share: bool = False
    curves: Sequence[Curve]
    missing: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class BarGroup:
    """A bar for each category.

    Attributes:
        label: what the bars are.
        colour: their colour.
        values: (N,) by category; NaN leaves a gap.
        low, high: (N,) the ends of 95 % intervals, NaN where unknown; or None.
    """

    label: str
    colour: str
    values: Numbers
    low: Numbers | None = None
    high: Numbers | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BarPanel:
    """A panel with groups of bars.

    Attributes:
        title: what distinguishes it from other panels.
        value_label: label of the axis along the bars.
        category_label: label of the other axis.
        categories: the names of the places on it.
        groups: the bars.
        is_horizontal: whether the bars lie.
        is_stacked: whether bars of a category have the same place; at most one of them
            is then a number.
        is_log: whether the values have a logarithmic axis.
        base: where the bars start.
        ends: the first and last value of the axis along lying bars, or None.
        limit: a value at which a dashed line is drawn, or None.
    """

    title: str = ""
    value_label: Label
    category_label: Label = ""
    categories: Sequence[str]
    groups: Sequence[BarGroup]
    is_horizontal: bool = False
    is_stacked: bool = False
    is_log: bool = False
    base: float = 0.0
    ends: tuple[float, float] | None = None
    limit: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MapPanel:
    """A quantity by position and timestep, as colours.

    Attributes:
        title: what distinguishes it from other panels.
        label: label of the scale.
        values: (L, N) values at N evenly spaced timesteps from 0 to the last.
        num_timesteps: T.
        largest: the end of the scale, which starts at 0.
    """

    title: str = ""
    label: Label
    values: Numbers
    num_timesteps: int
    largest: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Coordinate:
    """An axis of parallel coordinates.

    Attributes:
        label: its label.
        values: (N,) the value of each line; NaN if it has none.
        names: for an axis of names, the name of each value 0, 1, ...
        log: whether the scale is logarithmic.
    """

    label: str
    values: Numbers
    names: Sequence[str] = ()
    log: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ParallelPanel:
    """Parallel coordinates: a line for each configuration through all axes.

    Attributes:
        title: what distinguishes it from other panels.
        coordinates: the axes from left to right.
        names: (N,) the schedule type of each line, which has its colour.
        is_on_front: (N,) lines that are drawn strongly, over the others.
    """

    title: str = ""
    coordinates: Sequence[Coordinate]
    names: Sequence[str]
    is_on_front: NDArray[np.bool_]


AnyPanel: TypeAlias = Panel | BarPanel | MapPanel | ParallelPanel


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """An entry of the legend that belongs to no single curve.

    Attributes:
        label: what it says.
        kind: its sample, which is grey.
    """

    label: str
    kind: Literal["marks", "hollow marks", "band"] = "marks"


INTERVAL: Final = Key(label="95 % interval", kind="band")


@dataclass(frozen=True, slots=True, kw_only=True)
class FigureData:
    """A figure with one legend for all of its panels.

    Attributes:
        title: the title, which may be left out.
        panels: the panels, in rows from the left.
        columns: most panels in a row.
        least_width: inches that a panel needs, at most those of a column of a paper.
        aspect: height of a panel by its width.
        shares_axes: whether all panels have the same axes, which are labelled once.
        keys: further entries of the legend.
        note: a sentence for the caption: what is exact, measured, or an interval.
    """

    title: str
    panels: Sequence[AnyPanel]
    columns: int = 1
    least_width: float = 2.2
    aspect: float = 0.6
    shares_axes: bool = False
    keys: Sequence[Key] = ()
    note: str = ""
