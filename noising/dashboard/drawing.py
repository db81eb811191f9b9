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

if TYPE_CHECKING:
    from matplotlib.figure import Figure

ImageFormat = Literal["png", "svg"]
Values = NDArray[np.float64]

# Enough for a smooth line; the cost of a plot does not grow with num_timesteps.
_TIMES = np.linspace(0.0, 1.0, 257)
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
    curves = [
        Curve(
            label=label,
            x=_TIMES,
            y=quantity.values(build_process(specification), _TIMES),
        )
        for label, specification in specifications
    ]
    figure = curves_figure(
        curves,
        title=quantity.title,
        x_label="time t (0 is clean, 1 is fully noised)",
        y_label=quantity.y_label,
        y_log=quantity.y_log,
    )
    return _encoded(figure, image_format)


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
