"""What the pages' plots show, drawn with the engine's numbers.

matplotlib is loaded where a plot is drawn and nowhere else: a worker that never
draws one never pays for it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from noising.engine import ForwardProcess, build_process
from noising.engine.graphs.matrix import MatrixGraph

if TYPE_CHECKING:
    from matplotlib.figure import Figure

ImageFormat = Literal["png", "svg"]
Values = NDArray[np.float64]

# Enough for a smooth line; the cost of a plot does not grow with num_timesteps.
_POINTS = 257
# There every point costs the exponential of a V x V matrix.
_MATRIX_POINTS = 33
_SCREEN_DPI = 144


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantity:
    """A function of time that schedules are compared by."""

    title: str
    y_label: str
    y_log: bool = False
    values: Callable[[ForwardProcess, Values], Values]


def _information_share(process: ForwardProcess, t: Values) -> Values:
    information = process.mutual_information(t)
    share: Values = information / (information + process.conditional_entropy(t))
    return share


QUANTITIES: Mapping[str, Quantity] = {
    "alpha": Quantity(
        title="Signal left",
        y_label="alpha",
        values=lambda process, t: process.alpha(t),
    ),
    "information": Quantity(
        title="Information left about a token",
        y_label="share of the entropy",
        values=_information_share,
    ),
    "sigma": Quantity(
        title="Total noise",
        y_label="sigma",
        y_log=True,
        values=lambda process, t: process.sigma(t),
    ),
}


def draw_schedules(
    name: str,
    specifications: Iterable[tuple[str, Mapping[str, Any]]],
    image_format: ImageFormat,
) -> bytes:
    """Draw one of the QUANTITIES for some schedules in one panel.

    Args:
        name: A key of QUANTITIES.
        specifications: Label and specification of each schedule.
        image_format: What to encode it as.

    Returns:
        The encoded image.
    """
    from noising.plots import Curve, curves_figure

    quantity = QUANTITIES[name]
    curves = []
    for label, specification in specifications:
        process = build_process(specification)
        t = _times(process)
        curves.append(Curve(label=label, x=t, y=quantity.values(process, t)))
    figure = curves_figure(
        curves,
        title=quantity.title,
        x_label="time t (0 is clean, 1 is fully noised)",
        y_label=quantity.y_label,
        y_log=quantity.y_log,
    )
    return _encoded(figure, image_format)


def _times(process: ForwardProcess) -> Values:
    is_matrix = isinstance(process.graph, MatrixGraph)
    return np.linspace(0.0, 1.0, _MATRIX_POINTS if is_matrix else _POINTS)


def draw_run(
    name: str, document: Mapping[str, Any], image_format: ImageFormat
) -> bytes:
    """Draw a figure of a results document.

    Args:
        name: Which of the four figures.
        document: The results, as ``results.json`` holds them.
        image_format: What to encode it as.

    Returns:
        The encoded image.
    """
    from noising import plots

    figures = {
        "alpha": plots.alpha_figure,
        "information": plots.information_figure,
        "preservation": plots.preservation_figure,
        "throughput": plots.throughput_figure,
    }
    return _encoded(figures[name](document), image_format)


def _encoded(figure: Figure, image_format: ImageFormat) -> bytes:
    from noising.plots import render

    return render(figure, image_format, dpi=_SCREEN_DPI)
