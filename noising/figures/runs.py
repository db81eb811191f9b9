"""Figures of benchmark runs: of one, and of several compared."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from noising.figures.charts import RUN_CHARTS, Chart, chart_run, make_panel, to_float32
from noising.figures.drawing import draw_run, encode_figure
from noising.figures.images import Image, ImageFormat
from noising.figures.responses import hash_content
from noising.models import BenchmarkRun

RUN_FIGURES: Final[Mapping[str, str]] = {
    "alpha": "Signal left by each schedule",
    "information": "Information left",
    "preservation": "Tokens unchanged, by type",
    "throughput": "Throughput",
}
"""Name of each figure -> what it shows."""

Document = Mapping[str, Any]
PARTS: Final = ("measured", "low", "high")


def make_run_image(name: str, run: BenchmarkRun) -> Image:
    """Return a figure of a run that succeeded, drawn only where it is needed.

    What such a run measured never changes again, so its id identifies the content.

    Args:
        name: One of RUN_FIGURES.
        run: The run; its results are read only to draw.
    """

    def document() -> dict[str, Any]:
        return BenchmarkRun.objects.for_page().get(pk=run.pk).document()

    return Image(
        key=hash_content(name, str(run.pk), str(run.finished_at)),
        draw=lambda image_format: draw_run(name, document(), image_format),
        modified=run.finished_at,
        name=f"{run.pk}-{name}",
        chart=(lambda: chart_run(name, document())) if name in RUN_CHARTS else None,
    )


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


def collect_measured_lines(
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
            line = _make_line(label, entry["results"], metric)
            if line.timesteps.size:
                found.setdefault(entry["name"], []).append(line)
    return {name: lines for name, lines in found.items() if len(lines) > 1}


def _make_line(label: str, results: Sequence[Document], metric: str) -> MeasuredLine:
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


def chart_comparison(documents: Mapping[str, Document], metric: str) -> Chart:
    """Return the lines with their bands, as charts.py has it."""
    panels = []
    for name, lines in collect_measured_lines(documents, metric).items():
        chart_lines = [
            {
                "name": line.label,
                "x": {"timestep": line.timesteps},
                "y": to_float32(line.measured),
                "low": to_float32(line.low),
                "high": to_float32(line.high),
            }
            for line in lines
        ]
        panels.append(make_panel(name, metric.replace("_", " "), chart_lines))
    return {"panels": panels}


def draw_comparison(
    documents: Mapping[str, Document], metric: str, image_format: ImageFormat
) -> bytes:
    """Draw the lines with their bands, a panel for each schedule."""
    from noising.plots import Curve, Panel, plot_panels

    labels = list(documents)
    empty = np.empty(0)
    panels = []
    for name, lines in collect_measured_lines(documents, metric).items():
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
    return encode_figure(plot_panels(panels, x_label="timestep"), image_format)
