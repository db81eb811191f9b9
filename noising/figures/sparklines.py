"""Curves the size of a word, for lists: an SVG of one line, without matplotlib."""

from collections.abc import Mapping
from typing import Any, Final

import numpy as np

from noising.engine import build_process

WIDTH: Final = 96
HEIGHT: Final = 28
POINTS: Final = 49
_COLOUR: Final = "#5b68d8"  # stands out from white and from the dark theme
_EDGE: Final = 2.0


def sparkline(specification: Mapping[str, Any]) -> bytes:
    """Return alpha of a process over time from 0 to 1, as an SVG image."""
    alpha = np.asarray(build_process(specification).alpha(np.linspace(0, 1, POINTS)))
    x = np.linspace(_EDGE, WIDTH - _EDGE, POINTS)
    y = _EDGE + (1.0 - alpha) * (HEIGHT - 2 * _EDGE)
    points = " ".join(f"{a:.1f},{b:.1f}" for a, b in zip(x, y, strict=True))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}" '
        f'viewBox="0 0 {WIDTH} {HEIGHT}"><polyline points="{points}" fill="none" '
        f'stroke="{_COLOUR}" stroke-width="1.75"/></svg>'
    ).encode()
