"""Figures of sweeps: a panel for each group, and parallel coordinates."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import numpy as np

from benchmarks.sweeps.measures import MEASURES
from noising.figures.images import Image
from noising.figures.responses import hash_content
from noising.models import Job, SweepPoint
from noising.plots import (
    Coordinate,
    FigureData,
    ParetoPanel,
    plot_parallel,
    plot_pareto,
)

SWEEP_FIGURES: Final[Mapping[str, str]] = {
    "tradeoff": "Information wasted against the variance of the loss weight",
    "parallel": "All configurations in parallel coordinates",
}
"""Title of each figure by name."""

MAX_PANELS: Final = 12
MAX_LINES: Final = 2_000
MAX_PARAMETERS: Final = 6
_LOG: Final = frozenset({"weight_variance"})


def make_sweep_image(name: str, job: Job) -> Image:
    """Return a figure of a sweep, which is drawn on demand.

    Args:
        name: a key of SWEEP_FIGURES.
        job: the sweep, whose configurations are read only to draw them.
    """

    def collect() -> FigureData:
        points = list(SweepPoint.objects.of_job(job).measured())
        return build_sweep_figure(name, points)

    state = [str(job.pk), job.done_parts, str(job.finished_at)]
    return Image(
        key=hash_content("sweep", name, *state), data=collect, name=f"{job.pk}-{name}"
    )


def build_sweep_figure(name: str, points: Sequence[SweepPoint]) -> FigureData:
    """Return a figure of some configurations; `name` is a key of SWEEP_FIGURES."""
    builders = {"tradeoff": _show_tradeoff, "parallel": _show_parallel}
    return builders[name](points)


def _show_tradeoff(points: Sequence[SweepPoint]) -> FigureData:
    groups = defaultdict[tuple[str, str, int], list[SweepPoint]](list)
    for point in points:
        if point.information_wasted is not None and point.weight_variance is not None:
            groups[point.group].append(point)
    panels = []
    for (graph, corpus, timesteps), members in list(groups.items())[:MAX_PANELS]:
        series = defaultdict[str, list[SweepPoint]](list)
        for point in members:
            series[point.schedule["type"]].append(point)
        front = [point for point in members if point.is_on_front]
        front.sort(key=lambda point: point.information_wasted or 0.0)
        panels.append(
            ParetoPanel(
                title=f"{graph}, {corpus}, T = {timesteps}",
                series={name: _find_pairs(some) for name, some in series.items()},
                front=_find_pairs(front),
            )
        )
    return plot_pareto(
        panels,
        title=SWEEP_FIGURES["tradeoff"],
        x_label=MEASURES["information_wasted"],
        y_label=MEASURES["weight_variance"],
    )


def _find_pairs(points: Iterable[SweepPoint]) -> "np.ndarray[Any, Any]":
    pairs = [(point.information_wasted, point.weight_variance) for point in points]
    return np.array(pairs, np.float64).reshape(-1, 2)


def _show_parallel(points: Sequence[SweepPoint]) -> FigureData:
    shown = _thin(points)
    return plot_parallel(
        list_coordinates(shown),
        [point.schedule["type"] for point in shown],
        np.array([point.is_on_front for point in shown], np.bool_),
        title=SWEEP_FIGURES["parallel"],
    )


def _thin(points: Sequence[SweepPoint]) -> list[SweepPoint]:
    """Return the front, and of the others as many as a plot can show."""
    others = [point for point in points if not point.is_on_front]
    step = max(1, -(-len(others) // MAX_LINES))
    kept = {point.pk for point in others[::step]}
    return [point for point in points if point.is_on_front or point.pk in kept]


def list_coordinates(points: Sequence[SweepPoint]) -> list[Coordinate]:
    """Return the axes: what varies in the sweep, then what was measured."""
    columns: dict[str, list[Any]] = {
        "schedule": [point.schedule["type"] for point in points],
        "graph": [point.graph["type"] for point in points],
        "corpus": [point.corpus for point in points],
        "timesteps": [point.num_timesteps for point in points],
    }
    parameters = [
        (part, name)
        for part in ("schedule", "graph")
        for name in dict.fromkeys(
            name for point in points for name in getattr(point, part) if name != "type"
        )
    ]
    for part, name in parameters:
        values = [getattr(point, part).get(name) for point in points]
        if all(value is None or _is_number(value) for value in values):
            columns[name if part == "schedule" else f"{name} of graph"] = values
    varying = {
        label: values
        for label, values in columns.items()
        if label == "schedule" or len({*values} - {None}) > 1
    }
    first = list(varying.items())[: 4 + MAX_PARAMETERS]
    axes = [_make_axis(label, values) for label, values in first]
    for name, label in MEASURES.items():
        if name == "effective_share":  # it follows from the variance
            continue
        values = [point.values.get(name) for point in points]
        axes.append(_make_axis(label, values, log=name in _LOG))
    return axes


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _make_axis(label: str, values: Sequence[Any], *, log: bool = False) -> Coordinate:
    names: list[str] = []
    if any(isinstance(value, str) for value in values):
        names = list(dict.fromkeys(values))
        values = [names.index(value) for value in values]
    numbers = [np.nan if value is None else value for value in values]
    return Coordinate(
        label=label, values=np.array(numbers, np.float64), names=names, log=log
    )
