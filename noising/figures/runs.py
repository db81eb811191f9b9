"""Figures of benchmark runs and of comparisons of runs."""

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
"""Title of each figure by name."""

DECISION_FIGURES: Final[Mapping[str, str]] = {
    "difficulty": "Denoising difficulty",
    "tradeoffs": "Information wasted and variance of the loss weight",
}
"""Title of each further figure of a run with a decision, by name."""

Document = Mapping[str, Any]
PARTS: Final = ("measured", "low", "high")


def list_run_figures(run: BenchmarkRun) -> dict[str, str]:
    """Return the title of each figure that a run has, by name."""
    more = DECISION_FIGURES if run.config.get("decision") else {}
    return {**RUN_FIGURES, **more}


def make_run_image(name: str, run: BenchmarkRun) -> Image:
    """Return a figure of a run that succeeded, which is drawn on demand.

    The results of such a run never change, so its id identifies the content.

    Args:
        name: a key of RUN_FIGURES or, for a run with a decision, of DECISION_FIGURES.
        run: the run, whose results are read only to draw them.
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
    """A metric that one run measured for a schedule.

    Attributes:
        label: label of the run.
        timesteps: (N,) timesteps of the measurements.
        measured, low, high: (N,) values with their 95 % intervals; NaN if missing.
    """

    label: str
    timesteps: NDArray[np.float64]
    measured: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]


def collect_measured_lines(
    documents: Mapping[str, Document], metric: str
) -> dict[str, list[MeasuredLine]]:
    """Return the lines of each schedule that at least two runs measured.

    Args:
        documents: results of the runs by label.
        metric: name of a metric, such as ``preserved``.
    """
    lines_by_schedule: dict[str, list[MeasuredLine]] = {}
    for label, document in documents.items():
        for entry in document["schedules"]:
            line = _make_line(label, entry["results"], metric)
            if line.timesteps.size:
                lines_by_schedule.setdefault(entry["name"], []).append(line)
    return {name: lines for name, lines in lines_by_schedule.items() if len(lines) > 1}


def _make_line(label: str, results: Sequence[Document], metric: str) -> MeasuredLine:
    measured = [result for result in results if metric in result["metrics"]]
    parts = {
        part: np.array(
            [
                np.nan
                if (value := result["metrics"][metric].get(part)) is None
                else value
                for result in measured
            ],
            dtype=np.float64,
        )
        for part in PARTS
    }
    timesteps = np.array([result["timestep"] for result in measured], dtype=np.float64)
    return MeasuredLine(label=label, timesteps=timesteps, **parts)


def chart_comparison(documents: Mapping[str, Document], metric: str) -> Chart:
    """Return the chart of a comparison: a panel for each schedule, with intervals."""
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
    """Draw a comparison: a panel for each schedule, with intervals."""
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
