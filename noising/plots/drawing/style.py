"""The style of all figures: colours, line styles, fonts and texts.

Colours are Okabe and Ito's, which colour-blind people can distinguish. Curves also have
different line styles, for printing in grey.
"""

from __future__ import annotations

from functools import cache
from typing import Any, Final, TypeAlias

from matplotlib import font_manager

from noising.plots.layout import Layout
from noising.plots.palette import GREY, GRID_GREY

MAX_LABEL: Final = 40
MAX_TITLE: Final = 80

# A Times-like font that fits papers, and one without serifs for screens; each has the
# glyphs that the other lacks. Both come with matplotlib, so figures look the same on
# every machine.
FONTS: Final = {
    "serif": ("STIXGeneral", "DejaVu Sans"),
    "sans": ("DejaVu Sans", "STIXGeneral"),
}
_MATHEMATICS: Final = {"serif": "stix", "sans": "dejavusans"}

Settings: TypeAlias = dict[Any, Any]


def list_settings(layout: Layout) -> Settings:
    """Return the settings of Matplotlib (rcParams) with which a figure is drawn."""
    text, small = layout.text_size, layout.small_size
    return {
        "font.family": list(FONTS[layout.font]),
        "mathtext.fontset": _MATHEMATICS[layout.font],
        "font.size": small,
        "figure.titlesize": text,
        "figure.labelsize": text,
        "figure.facecolor": "white",
        "axes.titlesize": text,
        "axes.titlelocation": "left",
        "axes.labelsize": text,
        "axes.edgecolor": GREY,
        "axes.linewidth": 0.6,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.grid": True,
        "axes.axisbelow": True,
        "grid.color": GRID_GREY,
        "grid.linewidth": 0.6,
        "xtick.color": GREY,
        "xtick.labelsize": small,
        "xtick.major.width": 0.6,
        "ytick.color": GREY,
        "ytick.labelsize": small,
        "ytick.major.width": 0.6,
        "legend.fontsize": small,
        "legend.frameon": False,
        "legend.handlelength": 2.6,
        "legend.labelspacing": 0.35,
        "legend.columnspacing": 1.6,
        "lines.linewidth": layout.line_width,
        "lines.markersize": round(2.4 * layout.line_width, 2),
    }


def write_literally(text: str, most: int = MAX_LABEL) -> str:
    """Return a text for which Matplotlib draws the same, dollar signs included."""
    return sanitize_label(text, most).replace("$", r"\$")


def sanitize_label(label: str, most: int = MAX_LABEL) -> str:
    """Return text that can be drawn: a short line without glyphs that fonts lack.

    Args:
        label: any text.
        most: characters of the result.
    """
    glyphs = _list_glyphs()
    # Four times the length is enough even if runs of blanks are collapsed.
    characters = [
        character if character.isprintable() else " " for character in label[: 4 * most]
    ]
    line = " ".join("".join(characters).split())
    text = "".join(
        character if ord(character) in glyphs else "\N{REPLACEMENT CHARACTER}"
        for character in line
    )
    return text if len(text) <= most else text[: most - 1] + "\u2026"


@cache
def _list_glyphs() -> frozenset[int]:
    paths = [font_manager.findfont(name) for name in FONTS["serif"]]
    return frozenset().union(*(font_manager.get_font(p).get_charmap() for p in paths))
