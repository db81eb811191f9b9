"""How wide texts are in the fonts of figures."""

from __future__ import annotations

from typing import Any, Final

from matplotlib.backends.backend_agg import RendererAgg
from matplotlib.font_manager import FontProperties

from noising.plots.data import Label
from noising.plots.drawing.style import FONTS, write_literally
from noising.plots.layout import Layout

_POINTS: Final = 72.0
_AXIS_SHARE: Final = 0.8
"""Share of a panel that its axis has; numbers and gaps have the rest."""


def make_metrics(dpi: float) -> Any:
    """Return a renderer of Matplotlib that measures texts in dots."""
    return RendererAgg(1, 1, dpi)  # type: ignore[no-untyped-call]  # it has no types


def fit_label(label: Label, inches: float, layout: Layout) -> str:
    """Return the label of an axis, in two lines if it is longer than the axis.

    Args:
        label: the label.
        inches: width or height of the panel.
        layout: has the size of the font.
    """
    if isinstance(label, str):
        return write_literally(label)
    room = _POINTS * _AXIS_SHARE * inches
    is_long = measure_text(str(label), layout.text_size, layout) > room
    return label.as_mathtext(is_broken=is_long)


def measure_text(text: str, size: float, layout: Layout) -> float:
    """Return the width of a literal text in points.

    Args:
        text: the text.
        size: size of the font in points.
        layout: has the font.
    """
    font = FontProperties(family=list(FONTS[layout.font]), size=size)
    width, _, _ = make_metrics(_POINTS).get_text_width_height_descent(text, font, False)
    return float(width)
