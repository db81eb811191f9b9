"""Encodes figures; the same data always gives the same bytes."""

from __future__ import annotations

import io
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Final

import matplotlib as mpl
from matplotlib.figure import Figure

from noising.plots.data import FigureData
from noising.plots.drawing.figure import draw
from noising.plots.drawing.pgf import write_pgf
from noising.plots.drawing.script import write_script
from noising.plots.drawing.style import Settings, list_settings
from noising.plots.formats import ImageFormat
from noising.plots.layout import Layout

# Some settings of Matplotlib exist in rcParams only, which is global. The lock keeps
# other threads out of rc_context.
_LOCK: Final = threading.RLock()
_ENCODING: Final[Settings] = {
    "svg.hashsalt": "noising",
    "svg.fonttype": "path",
    "pdf.fonttype": 42,
}
# Without dates and versions, two renderings of the same figure are equal.
_METADATA: Final[Mapping[ImageFormat, dict[str, None]]] = {
    "png": {"Software": None},
    "svg": {"Date": None, "Creator": None},
    "pdf": {"CreationDate": None, "Creator": None, "Producer": None},
}


def draw_figure(data: FigureData, layout: Layout) -> Figure:
    """Draw a figure as Matplotlib's, for programs that change it."""
    with _use_settings(layout):
        figure: Figure = draw(data, layout)
    return figure


def encode_image(
    data: FigureData, image_format: ImageFormat, layout: Layout, dpi: float
) -> bytes:
    """Return the bytes of an image."""
    stream = io.BytesIO()
    with _use_settings(layout):
        draw(data, layout).savefig(
            stream, format=image_format, dpi=dpi, metadata=_METADATA[image_format]
        )
    return stream.getvalue()


def encode_pgf(data: FigureData, layout: Layout) -> bytes:
    """Return a picture of PGF; the figure has no map."""
    with _use_settings(layout):
        return write_pgf(draw(data, layout)).encode()


def encode_script(data: FigureData, layout: Layout) -> bytes:
    """Return the program that draws the figure."""
    with _use_settings(layout):
        return write_script(data, layout).encode()


@contextmanager
def _use_settings(layout: Layout) -> Iterator[None]:
    with _LOCK, mpl.rc_context({**list_settings(layout), **_ENCODING}):
        yield
