"""The size of figures: for the screen, or for a column or the width of a page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final, Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """How a figure is laid out; fonts have their size on paper.

    Attributes:
        font: "serif" as in papers, or "sans" as on pages.
        width: inches; None for the width that suits the figure on the screen.
        has_title: whether the title is drawn; papers have captions instead.
        text_size: points of titles and labels.
        small_size: points of ticks and legends.
        line_width: points of an ordinary line.
    """

    font: Literal["serif", "sans"] = "serif"
    width: float | None = None
    has_title: bool = True
    text_size: float = 10.0
    small_size: float = 9.0
    line_width: float = 1.5


SCREEN: Final = Layout()
_PAPER: Final = Layout(width=3.25, text_size=8.0, small_size=7.0, line_width=1.1)

WIDTHS: Final[Mapping[str, Layout]] = {
    "screen": SCREEN,
    "one-column": _PAPER,
    "two-columns": replace(_PAPER, width=6.75),
}
"""Layouts by name. A column of a page has 3.25 inches, and two have 6.75.

Source: ICML 2025, formatting instructions: columns of 3.25 inches, 0.25 between them.
"""

_PAGE: Final = Layout(font="sans", text_size=8.5, small_size=8.0)

PAGE_WIDTHS: Final[Mapping[str, Layout]] = {
    "page": _PAGE,
    "page-wide": replace(_PAGE, width=13.5),
    "phone": replace(_PAGE, width=3.5, text_size=7.5, small_size=7.0, line_width=1.2),
}
"""Layouts of the images that pages show: of a column, of their whole width, of phones.

They have about 100 pixels an inch there, by which texts are as large as the page's.
"""
