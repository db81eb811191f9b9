"""Figures in any format, from their data.

Matplotlib is loaded by the first format that needs it, so that programs which draw no
figure do without.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from noising.plots.data import FigureData, MapPanel
from noising.plots.formats import FigureFormat
from noising.plots.layout import SCREEN, Layout
from noising.plots.tables import write_table

if TYPE_CHECKING:
    from matplotlib.figure import Figure

PRINT_DPI: Final = 300


class NoPgfError(ValueError):
    """The figure is a map, which would be too large for TeX."""


def render(
    data: FigureData,
    figure_format: FigureFormat,
    *,
    layout: Layout = SCREEN,
    dpi: float = PRINT_DPI,
) -> bytes:
    """Encode a figure; the same data gives the same bytes.

    Args:
        data: any figure of this package.
        figure_format: "png", "svg" or "pdf" for an image, "pgf" for LaTeX, "csv" for
            the numbers, or "py" for a program that draws it with Matplotlib. Text in
            SVG is drawn as paths and PDF embeds fonts (TrueType), so viewers need none.
        layout: its size.
        dpi: resolution of a PNG in dots per inch.

    Returns:
        The encoded figure.

    Raises:
        MissingExtraError: Matplotlib is not installed.
        NoPgfError: the figure is a map, and the format is "pgf".
    """
    if figure_format == "csv":
        return write_table(data).encode()
    from noising.plots import drawing

    if figure_format == "py":
        return drawing.encode_script(data, layout)
    if figure_format == "pgf":
        if any(isinstance(panel, MapPanel) for panel in data.panels):
            raise NoPgfError("A map has no PGF; LaTeX can include it as PDF.")
        return drawing.encode_pgf(data, layout)
    return drawing.encode_image(data, figure_format, layout, dpi)


def draw_figure(data: FigureData, layout: Layout = SCREEN) -> Figure:
    """Draw a figure as Matplotlib's, for programs that change it.

    Args:
        data: any figure of this package.
        layout: its size.

    Raises:
        MissingExtraError: Matplotlib is not installed.
    """
    from noising.plots import drawing

    return drawing.draw_figure(data, layout)


def require_matplotlib() -> None:
    """Check that figures can be drawn.

    Raises:
        MissingExtraError: Matplotlib is not installed.
    """
    import noising.plots.drawing  # noqa: F401
