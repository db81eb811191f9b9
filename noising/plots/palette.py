"""Colours and line styles, which figures and charts have in common (colours.js)."""

from __future__ import annotations

from typing import Final, TypeAlias

LineStyle: TypeAlias = str | tuple[float, tuple[float, ...]]

BLUE, VERMILION, GREEN = "#0072B2", "#D55E00", "#009E73"
PURPLE, ORANGE, SKY, BLACK = "#CC79A7", "#E69F00", "#56B4E9", "#000000"
GREY: Final = "#555555"
BAND_GREY: Final = "#BBBBBB"
GRID_GREY: Final = "#DDDDDD"

_PALETTE: Final = (BLUE, VERMILION, GREEN, PURPLE, ORANGE, SKY, BLACK)
STYLE_OF_ALL: Final = _PALETTE.index(BLACK)
"""The style of a reference that is no schedule."""

# Seven colours and five styles have no common divisor, which gives 35 different pairs.
_LINE_STYLES: Final[tuple[LineStyle, ...]] = (
    "-",
    (0, (6, 2)),
    (0, (1, 1.4)),
    (0, (6, 1.6, 1, 1.6)),
    (0, (3, 1.2, 1, 1.2, 1, 1.2)),
)
_MARKERS: Final = "os^Dv<>P"


def select_curve_style(style: int) -> tuple[str, LineStyle]:
    """Return colour and line style of the curves with this style."""
    return _PALETTE[style % len(_PALETTE)], _LINE_STYLES[style % len(_LINE_STYLES)]


def select_marker(style: int) -> str:
    """Return the shape of the marks of what has this style, where marks are alone."""
    return _MARKERS[style % len(_MARKERS)]
