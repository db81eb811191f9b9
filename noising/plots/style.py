"""The style of all figures: colours, line styles, fonts, legends and labels.

Colours are Okabe and Ito's, which colour-blind people can distinguish. Curves also have
different line styles, for printing in grey.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Final

import numpy as np
from matplotlib import font_manager
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.legend import Legend
from matplotlib.lines import Line2D
from matplotlib.text import Text
from numpy.typing import ArrayLike, NDArray

LineStyle = str | tuple[float, tuple[float, ...]]

MAX_POINTS: Final = 2_000
MAX_LABEL: Final = 40
MAX_LEGEND_ENTRIES: Final = 18
_CHARACTERS_PER_INCH: Final = 12
_SAMPLE_LENGTH: Final = 8

# A Times-like font that fits papers; DejaVu has the glyphs that it lacks. Both come
# with matplotlib, so figures look the same on every machine.
FONTS: Final = ("STIXGeneral", "DejaVu Sans")
TEXT_SIZE: Final = 10.0
SHARE_LIMITS: Final = (-0.03, 1.03)
"""Limits of an axis for values from 0 to 1, which keep the lines at both ends whole."""
SMALL_SIZE: Final = 9.0

BLUE, VERMILION, GREEN = "#0072B2", "#D55E00", "#009E73"
PURPLE, ORANGE, SKY, BLACK = "#CC79A7", "#E69F00", "#56B4E9", "#000000"
GREY: Final = "#555555"
GRID_GREY: Final = "#DDDDDD"
_PALETTE: Final = (BLUE, VERMILION, GREEN, PURPLE, ORANGE, SKY, BLACK)
# Seven colours and five styles have no common divisor, which gives 35 different pairs.
_LINE_STYLES: Final[tuple[LineStyle, ...]] = (
    "-",
    (0, (6, 2)),
    (0, (1, 1.4)),
    (0, (6, 1.6, 1, 1.6)),
    (0, (3, 1.2, 1, 1.2, 1, 1.2)),
)


def make_figure(width: float, height: float) -> Figure:
    """Make an empty white figure; width and height in inches."""
    figure = Figure(figsize=(width, height), layout="constrained", facecolor="white")
    FigureCanvasAgg(figure)
    return figure


def select_curve_style(index: int, style: int | None = None) -> tuple[str, LineStyle]:
    """Return colour and line style of the curve with this style, or else this index."""
    index = index if style is None else style
    return (
        _PALETTE[index % len(_PALETTE)],
        _LINE_STYLES[index % len(_LINE_STYLES)],
    )


def prepare_curve(
    x: ArrayLike, y: ArrayLike, *, y_log: bool = False
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Thin a curve to 2,000 points and replace values that cannot be drawn by NaN."""
    x, y = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
    if x.size > MAX_POINTS:
        kept = np.linspace(0, x.size - 1, MAX_POINTS).round().astype(np.int64)
        x, y = x[kept], y[kept]
    visible = np.isfinite(x) & np.isfinite(y)
    if y_log:
        visible &= y > 0
    return np.where(visible, x, np.nan), np.where(visible, y, np.nan)


def label_axes(axes: Axes, *, title: str, x_label: str, y_label: str) -> None:
    """Give a panel its title, labels, grid and spines."""
    titled = axes.set_title(sanitize_label(title), loc="left")
    named = [
        axes.set_xlabel(sanitize_label(x_label)),
        axes.set_ylabel(sanitize_label(y_label)),
    ]
    style_texts([titled, *named], TEXT_SIZE)
    axes.tick_params(
        labelsize=SMALL_SIZE, labelfontfamily=FONTS[0], color=GREY, width=0.6
    )
    axes.grid(visible=True, color=GRID_GREY, linewidth=0.6)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color(GREY)


def add_side_legend(
    axes: Axes, handles: Sequence[Artist], labels: Sequence[str]
) -> None:
    """Put a legend with up to 18 entries to the right of a panel."""
    texts = list(labels[:MAX_LEGEND_ENTRIES])
    samples = list(handles[:MAX_LEGEND_ENTRIES])
    if len(labels) > MAX_LEGEND_ENTRIES:
        texts.append(f"and {len(labels) - MAX_LEGEND_ENTRIES} more")
        samples.append(Line2D([], [], linestyle="none"))
    if samples:
        legend = axes.legend(
            samples,
            [""] * len(samples),
            loc="center left",
            bbox_to_anchor=(1.01, 0.5),
            frameon=False,
            handlelength=3.2,
            labelspacing=0.35,
        )
        _set_labels(legend, texts)


def add_bottom_legend(
    figure: Figure,
    handles: Sequence[Artist],
    labels: Sequence[str],
    *,
    columns: int | None = None,
) -> None:
    """Put one legend below all panels of a figure, in as few rows as fit its width."""
    if columns is None:
        length = int(figure.get_figwidth() * _CHARACTERS_PER_INCH)
        columns = count_legend_columns(labels, length)
    legend = figure.legend(
        list(handles),
        [""] * len(handles),
        loc="outside lower center",
        ncols=columns,
        frameon=False,
    )
    _set_labels(legend, labels)


def count_legend_columns(labels: Sequence[str], length: int) -> int:
    """Return how many entries of a legend fit side by side.

    Args:
        labels: the labels.
        length: characters that fit, including samples of lines.
    """
    longest = max((len(sanitize_label(label)) for label in labels), default=0)
    return max(1, min(len(labels), length // (longest + _SAMPLE_LENGTH)))


def style_texts(texts: Sequence[Text], size: float) -> None:
    """Set the font, and draw text literally, including dollar signs."""
    for text in texts:
        text.set_parse_math(False)
        text.set_fontfamily(list(FONTS))
        text.set_fontsize(size)


def sanitize_label(label: str) -> str:
    """Return text that can be drawn: a short line without glyphs that fonts lack."""
    glyphs = _list_glyphs()
    # Four times the length is enough even if runs of blanks are collapsed.
    characters = [
        character if character.isprintable() else " "
        for character in label[: 4 * MAX_LABEL]
    ]
    line = " ".join("".join(characters).split())
    text = "".join(
        character if ord(character) in glyphs else "\N{REPLACEMENT CHARACTER}"
        for character in line
    )
    return text if len(text) <= MAX_LABEL else text[: MAX_LABEL - 1] + "\u2026"


def _set_labels(legend: Legend, labels: Sequence[str]) -> None:
    # legend() drops labels that begin with an underscore, so they are set here.
    texts = legend.get_texts()
    for text, label in zip(texts, labels, strict=True):
        text.set_text(sanitize_label(label))
    style_texts(texts, SMALL_SIZE)


@cache
def _list_glyphs() -> frozenset[int]:
    paths = [font_manager.findfont(name) for name in FONTS]
    return frozenset().union(*(font_manager.get_font(p).get_charmap() for p in paths))
