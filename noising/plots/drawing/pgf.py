"""Figures for LaTeX: pictures of PGF, whose texts TeX sets in the font of the paper.

Matplotlib's own writer asks a TeX installation how wide texts are. This one asks the
fonts of all other formats instead, and escapes every text, since names may come from
anyone.
"""

from __future__ import annotations

import io
from typing import Any, Final

from matplotlib.backends.backend_pgf import RendererPgf
from matplotlib.figure import Figure

from noising.plots.drawing.metrics import make_metrics

_HEAD: Final = """\
% Needs \\usepackage{{pgf}} in the preamble; include the file with \\input.
% It is {width:.2f} inches wide.
\\begingroup%
\\makeatletter%
\\begin{{pgfpicture}}%
\\pgfpathrectangle{{\\pgfpointorigin}}{{\\pgfqpoint{{{width:f}in}}{{{height:f}in}}}}%
\\pgfusepath{{use as bounding box, clip}}%
"""
_FOOT: Final = "\\end{pgfpicture}%\n\\makeatother%\n\\endgroup%\n"

_ESCAPES: Final = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    **{character: f"\\{character}" for character in "{}$&#_%"},
    "<": r"\ensuremath{<}",
    ">": r"\ensuremath{>}",
    "|": r"\ensuremath{|}",
    "\N{HORIZONTAL ELLIPSIS}": r"\ldots{}",
    "\N{MULTIPLICATION SIGN}": r"\ensuremath{\times}",
    "\N{MINUS SIGN}": r"\ensuremath{-}",
}
_LAST_LATIN: Final = 0x17F
"""The last character that LaTeX knows without further packages."""


def write_pgf(figure: Figure) -> str:
    """Return a figure without images as a picture of PGF."""
    stream = io.StringIO()
    width, height = figure.get_size_inches()
    stream.write(_HEAD.format(width=width, height=height))
    figure.draw(_Renderer(figure, stream))
    stream.write(_FOOT)
    return stream.getvalue()


def escape_text(text: str) -> str:
    """Return TeX that prints a text; what LaTeX lacks becomes a question mark."""
    return "".join(
        _ESCAPES.get(character) or (character if ord(character) <= _LAST_LATIN else "?")
        for character in text
    )


class _Renderer(RendererPgf):
    """Matplotlib's writer of PGF, without TeX."""

    def __init__(self, figure: Figure, stream: io.StringIO) -> None:
        super().__init__(figure, stream)  # type: ignore[no-untyped-call]  # no types
        self._metrics = make_metrics(figure.dpi)

    def get_text_width_height_descent(
        self, s: str, prop: Any, ismath: Any
    ) -> tuple[float, float, float]:
        """Return the metrics that the text has in the fonts of the other formats."""
        width, height, descent = self._metrics.get_text_width_height_descent(
            s, prop, ismath
        )
        return width, height, descent

    def draw_text(
        self,
        gc: Any,
        x: float,
        y: float,
        s: str,
        prop: Any,
        angle: float,
        ismath: Any = False,
        mtext: Any = None,
    ) -> None:
        """Write a text, which TeX aligns by its own metrics where it is level."""
        dpi = self.figure.dpi
        place = ["left", "base"]
        if mtext is not None and angle == 0:
            x, y = mtext.get_transform().transform(mtext.get_unitless_position())
            place = [
                _SIDES[mtext.get_horizontalalignment()],
                _SIDES[mtext.get_verticalalignment()],
            ]
        options = [f"x={x / dpi:f}in", f"y={y / dpi:f}in", *filter(None, place)]
        if angle:
            options.append(f"rotate={angle:f}")
        size = prop.get_size_in_points()
        red, green, blue = gc.get_rgb()[:3]
        text = _escape_mathtext(s) if ismath else escape_text(s)
        self.fh.write(
            f"\\begin{{pgfscope}}%\n"
            f"\\definecolor{{textcolor}}{{rgb}}{{{red:f},{green:f},{blue:f}}}%\n"
            f"\\pgftext[{','.join(options)}]{{\\color{{textcolor}}"
            f"\\fontsize{{{size:f}}}{{{1.2 * size:f}}}\\selectfont {text}}}%\n"
            f"\\end{{pgfscope}}%\n"
        )


_SIDES: Final = {
    "left": "left",
    "right": "right",
    "center": "",
    "top": "top",
    "bottom": "bottom",
    "baseline": "base",
    "center_baseline": "",
}


def _escape_mathtext(text: str) -> str:
    """Return the TeX of words with mathematics between dollar signs, as labels have it.

    Only labels of this package and the numbers of axes have mathematics.
    """
    parts = text.split("$")
    return "".join(
        f"\\({part.replace('mathdefault', 'mathrm')}\\)"
        if place % 2
        else escape_text(part)
        for place, part in enumerate(parts)
    )
