"""The program that draws a figure: plain Matplotlib, with the data in it.

It consists of the calls with which the service itself draws the figure, written down by
a canvas instead of executed.
"""

from __future__ import annotations

import pprint
import re
import textwrap
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from noising.plots.data import FigureData
from noising.plots.drawing.figure import Canvas, draw
from noising.plots.drawing.style import list_settings
from noising.plots.layout import Layout

_INLINE: Final = 4
"""Arrays of at most this many numbers are written where they are used."""

_WIDTH: Final = 88
_HEAD: Final = '''\
"""Draws a figure with Matplotlib 3.11 or later; the data are in this file.

Change what you like and run it: it writes figure.pdf.
"""

import matplotlib.pyplot as plt
from matplotlib.collections import LineCollection
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from numpy import array, inf, nan
'''


def write_script(data: FigureData, layout: Layout) -> str:
    """Return a Python program that draws a figure as this package does."""
    recorder = _Recorder()
    canvas = Canvas(
        figure=_Recorded(recorder, "plt.figure"),
        line=_Recorded(recorder, "Line2D"),
        patch=_Recorded(recorder, "Patch"),
        lines=_Recorded(recorder, "LineCollection"),
    )
    figure = draw(data, layout, canvas)
    figure.savefig("figure.pdf")
    settings = _write_indented({"pdf.fonttype": 42, **list_settings(layout)})
    parts = [
        _HEAD,
        f"plt.rcParams.update(\n{settings}\n)\n",
        *([recorder.write_data()] if recorder.data else []),
        recorder.write_calls(),
    ]
    return "\n".join(parts)


class _Recorded:
    """An expression of the program; a call of it becomes a statement."""

    def __init__(self, recorder: _Recorder, expression: str, call: int = -1) -> None:
        self._recorder = recorder
        self._expression = expression
        self._call = call

    def __getattr__(self, name: str) -> _Recorded:
        return _Recorded(self._recorder, f"{self.write()}.{name}")

    def __getitem__(self, place: Any) -> _Recorded:
        return _Recorded(self._recorder, f"{self.write()}[{_write_place(place)}]")

    def __call__(self, *arguments: Any, **options: Any) -> _Recorded:
        texts = [self._recorder.write(each) for each in arguments]
        texts += [
            f"{name}={self._recorder.write(each)}" for name, each in options.items()
        ]
        return self._recorder.add_call(self._expression, texts)

    def write(self) -> str:
        """Return the expression, whose value other statements then use."""
        if self._call >= 0:
            self._recorder.used.add(self._call)
        return self._expression


class _Recorder:
    """The statements and data of a program.

    Attributes:
        data: name of each array by its content.
        used: the places of the calls whose results have a name.
    """

    def __init__(self) -> None:
        self.data: dict[tuple[tuple[int, ...], bytes], str] = {}
        self.used: set[int] = set()
        self._arrays: list[NDArray[np.float64]] = []
        self._calls: list[tuple[str, str, list[str]]] = []
        self._names: dict[str, int] = {}

    def add_call(self, function: str, arguments: list[str]) -> _Recorded:
        """Add a statement; return its result."""
        # The last word of the function says what the result is: axes, legend, bars.
        word = function.rsplit(".", 1)[-1].lower()
        word = _RESULTS.get(word, re.sub(r"\W", "", word))
        self._names[word] = self._names.get(word, 0) + 1
        name = word if word == "figure" else f"{word}{self._names[word]}"
        self._calls.append((name, function, arguments))
        return _Recorded(self, name, len(self._calls) - 1)

    def write(self, value: Any) -> str:
        """Return a value as an expression."""
        if isinstance(value, _Recorded):
            return value.write()
        if isinstance(value, np.ndarray):
            return self._write_array(value)
        if isinstance(value, list):
            return f"[{', '.join(self.write(each) for each in value)}]"
        return repr(value)

    def write_data(self) -> str:
        """Return the statements that define the arrays."""
        lines = []
        for name, values in zip(self.data.values(), self._arrays, strict=True):
            lines.append(f"{name} = array(\n{_write_indented(values.tolist())}\n)\n")
        return "".join(lines)

    def write_calls(self) -> str:
        """Return the statements that draw."""
        lines = []
        for place, (name, function, arguments) in enumerate(self._calls):
            target = f"{name} = " if place in self.used else ""
            line = f"{target}{function}({', '.join(arguments)})"
            if len(line) > _WIDTH:
                inner = "".join(f"    {each},\n" for each in arguments)
                line = f"{target}{function}(\n{inner})"
            lines.append(f"{line}\n")
        return "".join(lines)

    def _write_array(self, values: NDArray[Any]) -> str:
        numbers = np.asarray(values, dtype=np.float64)
        if numbers.size <= _INLINE:
            return repr(numbers.tolist())
        key = (numbers.shape, numbers.tobytes())
        if key not in self.data:
            self.data[key] = f"data{len(self.data) + 1}"
            self._arrays.append(numbers)
        return self.data[key]


_RESULTS: Final = {
    "add_gridspec": "grid",
    "add_subplot": "axes",
    "line2d": "line",
    "linecollection": "lines",
    "bar": "bars",
    "imshow": "image",
    "get_texts": "texts",
}
"""Names for the results of functions whose own names do not say what they return."""


def _write_indented(value: object) -> str:
    text = pprint.pformat(value, width=_WIDTH - 4, compact=True, sort_dicts=False)
    return textwrap.indent(text, "    ")


def _write_place(place: Any) -> str:
    if place == slice(None):
        return ":"
    return ", ".join(map(str, place)) if isinstance(place, tuple) else repr(place)
