"""Figures of sweeps: a panel for each group, and parallel coordinates."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from benchmarks.sweeps.measures import MEASURES
from noising.figures.drawing import encode_figure
from noising.figures.images import Image, ImageFormat
from noising.figures.responses import hash_content
from noising.models import Job, SweepPoint

if TYPE_CHECKING:
    from noising.plots import Coordinate

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

    def draw(image_format: ImageFormat) -> bytes:
        points = list(SweepPoint.objects.of_job(job).measured())
        return draw_sweep(name, points, image_format)

    state = [str(job.pk), job.done_parts, str(job.finished_at)]
    return Image(
        key=hash_content("sweep", name, *state), draw=draw, name=f"{job.pk}-{name}"
    )


def draw_sweep(
    name: str, points: Sequence[SweepPoint], image_format: ImageFormat
) -> bytes:
    """Draw a figure of some configurations; `name` is a key of SWEEP_FIGURES."""
    figures = {"tradeoff": _draw_tradeoff, "parallel": _draw_parallel}
    return figures[name](points, image_format)


def _draw_tradeoff(points: Sequence[SweepPoint], image_format: ImageFormat) -> bytes:
    from noising.plots import ParetoPanel, plot_pareto

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
    figure = plot_pareto(
        panels,
        x_label=MEASURES["information_wasted"],
        y_label=MEASURES["weight_variance"],
    )
    return encode_figure(figure, image_format)


def _find_pairs(points: Iterable[SweepPoint]) -> "np.ndarray[Any, Any]":
    pairs = [(point.information_wasted, point.weight_variance) for point in points]
    return np.array(pairs, np.float64).reshape(-1, 2)


def _draw_parallel(points: Sequence[SweepPoint], image_format: ImageFormat) -> bytes:
    from noising.plots import plot_parallel

    shown = _thin(points)
    figure = plot_parallel(
        list_coordinates(shown),
        [point.schedule["type"] for point in shown],
        np.array([point.is_on_front for point in shown], np.bool_),
    )
    return encode_figure(figure, image_format)


def _thin(points: Sequence[SweepPoint]) -> list[SweepPoint]:
    """Return the front, and of the others as many as a plot can show."""
    others = [point for point in points if not point.is_on_front]
    step = max(1, -(-len(others) // MAX_LINES))
    kept = {point.pk for point in others[::step]}
    return [point for point in points if point.is_on_front or point.pk in kept]


def list_coordinates(points: Sequence[SweepPoint]) -> "list[Coordinate]":
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


def _make_axis(label: str, values: Sequence[Any], *, log: bool = False) -> "Coordinate":
    from noising.plots import Coordinate

    names: list[str] = []
    if any(isinstance(value, str) for value in values):
        names = list(dict.fromkeys(values))
        values = [names.index(value) for value in values]
    numbers = [np.nan if value is None else value for value in values]
    return Coordinate(
        label=label, values=np.array(numbers, np.float64), names=names, log=log
    )
