"""Figures of benchmark runs and of comparisons of runs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from benchmarks.decision import read_decision
from noising.curves.labels import TIMESTEP
from noising.figures.images import Image
from noising.figures.responses import hash_content
from noising.models import BenchmarkRun
from noising.plots import (
    INTERVAL,
    Curve,
    FigureData,
    Panel,
    plot_alpha,
    plot_difficulty,
    plot_information,
    plot_panels,
    plot_preservation,
    plot_throughput,
    plot_tradeoffs,
)

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

RUN_CHARTS: Final = frozenset({"alpha", "information", "preservation", "difficulty"})
"""The figures of a run that have a chart."""

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
        data=lambda: build_run_figure(name, document()),
        modified=run.finished_at,
        name=f"{run.pk}-{name}",
        has_chart=name in RUN_CHARTS,
    )


def build_run_figure(name: str, document: Document) -> FigureData:
    """Return a figure of a results document.

    Args:
        name: a key of RUN_FIGURES or, for results with a decision, DECISION_FIGURES.
        document: the results, in the form of ``results.json``.
    """
    if name in _OF_DECISION:
        return _OF_DECISION[name](read_decision(document) or {})
    return _OF_RESULTS[name](document)


_OF_RESULTS: Final = {
    "alpha": plot_alpha,
    "information": plot_information,
    "preservation": plot_preservation,
    "throughput": plot_throughput,
}
_OF_DECISION: Final = {"difficulty": plot_difficulty, "tradeoffs": plot_tradeoffs}


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


def build_comparison_figure(
    documents: Mapping[str, Document], metric: str
) -> FigureData:
    """Return a figure of a comparison: a panel for each schedule, with intervals."""
    styles = {label: style for style, label in enumerate(documents)}
    panels = [
        Panel(
            title=name,
            y_label=metric.replace("_", " "),
            curves=[
                Curve(
                    label=line.label,
                    x=line.timesteps,
                    y=line.measured,
                    low=line.low,
                    high=line.high,
                    style=styles[line.label],
                )
                for line in lines
            ],
        )
        for name, lines in collect_measured_lines(documents, metric).items()
    ]
    figure = plot_panels(
        panels,
        title=metric.replace("_", " ").capitalize(),
        x_name="timestep",
        x_label=TIMESTEP,
        shares_axes=True,
    )
    return replace(
        figure,
        least_width=1.5,
        aspect=0.7,
        keys=[INTERVAL],
        note="Bands and error bars are 95 % intervals.",
    )
