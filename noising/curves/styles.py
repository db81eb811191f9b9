"""Which colour and stroke each schedule has, the same in every figure and chart.

A style is an index in 0..34. Figures (`noising.plots.style`) and charts (colours.js)
have seven colours and five strokes, and take the index modulo each: 35 pairs.
"""

import hashlib
from collections.abc import Sequence
from typing import Final

STYLES: Final = 35
"""Pairs of a colour and a stroke."""

_KNOWN: Final = (
    "uniform",
    "cosine",
    "sedd_entropy",
    "linear",
    "geometric",
    "quadratic",
    "loglinear",
    "sedd-absorbing",
    "polynomial",
    "power",
    "mdlm_cosine",
    "cosine_squared",
    "maskgit_cosine",
    "d3pm_cosine",
    "sigmoid",
    "linear_sigma",
    "gidd",
    "sedd",
    "sedd-uniform",
    "mdlm",
    "udlm",
    "duo",
    "bd3lm",
    "hdlm",
    "hdlm-epsilon",
    "llada",
    "llada2",
    "dream",
    "diffusiongemma",
    "d3pm-absorbing",
    "d3pm-uniform",
)
"""The built-in schedules, whose styles are their places; a new one goes to the end."""

_DRAFTS: Final = {"this": 0, "instead": 1}
"""A specification without a name, and what is recommended in its place."""


def choose_styles(names: Sequence[str]) -> list[int]:
    """Return the style of each schedule of a figure.

    A name has the same style everywhere, unless an earlier one of the figure has it:
    then it takes the next that is free.
    """
    chosen: list[int] = []
    for name in names:
        style = _find_style(name)
        for _ in range(STYLES):
            if style not in chosen:
                break
            style = (style + 1) % STYLES
        chosen.append(style)
    return chosen


def _find_style(name: str) -> int:
    if name in _DRAFTS:
        return _DRAFTS[name]
    if name in _KNOWN:
        return _KNOWN.index(name)
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big") % STYLES
