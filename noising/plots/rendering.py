"""Encodes figures; the same data always gives the same bytes."""

from __future__ import annotations

import io
import threading
from collections.abc import Mapping
from typing import Final, Literal

import matplotlib as mpl
from matplotlib.figure import Figure

ImageFormat = Literal["png", "svg", "pdf"]

PRINT_DPI: Final = 300

# Some settings of the SVG and PDF writers exist in rcParams only, which is global. The
# lock keeps other threads out of rc_context.
_LOCK: Final = threading.Lock()
# Without dates and versions, two renderings of the same figure are equal.
_METADATA: Final[Mapping[str, dict[str, None]]] = {
    "png": {"Software": None},
    "svg": {"Date": None, "Creator": None},
    "pdf": {"CreationDate": None, "Creator": None, "Producer": None},
}


def render(
    figure: Figure, image_format: ImageFormat, *, dpi: float = PRINT_DPI
) -> bytes:
    """Encode a figure; the same data gives the same bytes.

    Args:
        figure: any figure of this package.
        image_format: "png", "svg" or "pdf". SVG and PDF are vector formats. Text in SVG
            is drawn as paths and PDF embeds fonts, so viewers need no fonts.
        dpi: resolution of a PNG in dots per inch.

    Returns:
        The encoded image.
    """
    stream = io.BytesIO()
    with (
        _LOCK,
        mpl.rc_context(
            {"svg.hashsalt": "noising", "svg.fonttype": "path", "pdf.fonttype": 42}
        ),
    ):
        figure.savefig(
            stream, format=image_format, dpi=dpi, metadata=_METADATA[image_format]
        )
    return stream.getvalue()
