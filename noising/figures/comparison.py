"""One metric of several runs, a panel for each schedule that they share."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from noising.figures.charts import Chart, numbers, panel
from noising.figures.drawing import encoded
from noising.figures.images import ImageFormat

Document = Mapping[str, Any]

PARTS: Final = ("measured", "low", "high")


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasuredLine:
    """What one run measured of a schedule.

    Attributes:
        label: the run's.
        timesteps: (N,) where it measured.
        measured, low, high: (N,) values with their 95 % intervals; NaN for none.
    """

    label: str
    timesteps: NDArray[np.float64]
    measured: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]


def measured_lines(
    documents: Mapping[str, Document], metric: str
) -> dict[str, list[MeasuredLine]]:
    """Return the lines of each schedule that at least two of the runs measured.

    Args:
        documents: the runs' results by label.
        metric: such as ``preserved``.
    """
    found: dict[str, list[MeasuredLine]] = {}
    for label, document in documents.items():
        for entry in document["schedules"]:
            line = _line(label, entry["results"], metric)
            if line.timesteps.size:
                found.setdefault(entry["name"], []).append(line)
    return {name: lines for name, lines in found.items() if len(lines) > 1}


def _line(label: str, results: Sequence[Document], metric: str) -> MeasuredLine:
    known = [result for result in results if metric in result["metrics"]]
    parts = {
        part: np.array(
            [
                np.nan
                if (value := result["metrics"][metric].get(part)) is None
                else value
                for result in known
            ],
            dtype=np.float64,
        )
        for part in PARTS
    }
    timesteps = np.array([result["timestep"] for result in known], dtype=np.float64)
    return MeasuredLine(label=label, timesteps=timesteps, **parts)


def comparison_chart(documents: Mapping[str, Document], metric: str) -> Chart:
    """Return the lines with their bands, as charts.py has it."""
    panels = []
    for name, lines in measured_lines(documents, metric).items():
        shown = [
            {
                "name": line.label,
                "x": {"timestep": line.timesteps},
                "y": numbers(line.measured),
                "low": numbers(line.low),
                "high": numbers(line.high),
            }
            for line in lines
        ]
        panels.append(panel(name, metric.replace("_", " "), shown))
    return {"panels": panels}


def draw_comparison(
    documents: Mapping[str, Document], metric: str, image_format: ImageFormat
) -> bytes:
    """Draw the lines with their bands, a panel for each schedule."""
    from noising.plots import Curve, Panel, panels_figure

    labels = list(documents)
    empty = np.empty(0)
    panels = []
    for name, lines in measured_lines(documents, metric).items():
        by_label = {line.label: line for line in lines}
        curves = [
            Curve(
                label=label,
                x=line.timesteps,
                y=line.measured,
                low=line.low,
                high=line.high,
            )
            if (line := by_label.get(label))
            else Curve(label=label, x=empty, y=empty)
            for label in labels
        ]
        panels.append(
            Panel(title=name, y_label=metric.replace("_", " "), curves=curves)
        )
    return encoded(panels_figure(panels, x_label="timestep"), image_format)
