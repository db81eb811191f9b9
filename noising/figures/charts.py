"""The data of a plot, for pages that draw it in the browser.

A chart is a document of panels. Each has lines over one or several abscissae (time,
timestep, information lost, position), from which the reader chooses:

    {"panels": [{"title": ..., "y": {"label": ..., "log": ..., "share": ...},
                 "x": [{"name": "time", "label": ...}, ...],
                 "lines": [{"name": ..., "style": ..., "x": {"time": [...]}, "y": [...],
                            "low": [...], "high": [...], "marks": ...}]}]}

Only measured lines have `low`, `high` and `marks`. Numbers that are not finite are
null. Numbers have the precision of float32, which is more than a screen shows.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike

from noising.curves import DEFAULT_POINTS, QUANTITIES, choose_styles, curves
from noising.engine import ForwardProcess, build_process
from noising.engine.graphs import MatrixGraph
from noising.figures.drawing import describe_difference

Chart = Mapping[str, Any]
Line = dict[str, Any]


STYLES_OF_TYPES: Final = {"variable": 0, "critical": 1, "other": 2}
"""Styles of token types, with the colours of the figure."""
STYLE_OF_ALL: Final = 6

X_LABELS: Final = {
    "time": "time t",
    "timestep": "timestep",
    "information": "information lost, share",
    "position": "position",
}


def chart_schedules(
    name: str,
    specifications: Iterable[tuple[str, Mapping[str, Any]]],
    *,
    subtract_first: bool = False,
) -> Chart:
    """Return the chart of a quantity with a line for each schedule.

    Args:
        name: a key of QUANTITIES.
        specifications: label and specification of each schedule.
        subtract_first: whether to show differences from the first schedule at the same
            time.
    """
    quantity = QUANTITIES[name]
    labelled = list(specifications)
    styles = choose_styles([label for label, _ in labelled])
    lines = [
        _trace_process(name, label, build_process(specification)) | {"style": style}
        for (label, specification), style in zip(labelled, styles, strict=True)
    ]
    if subtract_first:
        title = describe_difference(quantity, lines[0]["name"])
        return {"panels": [make_panel(title, quantity.y_label, _subtract_first(lines))]}
    return {
        "panels": [
            make_panel(
                quantity.title,
                quantity.y_label,
                lines,
                y_log=quantity.y_log,
                is_share=quantity.is_share,
            )
        ]
    }


def _trace_process(name: str, label: str, process: ForwardProcess) -> Line:
    # Each point of a matrix graph's information costs a matrix exponential.
    names = [name] if isinstance(process.graph, MatrixGraph) else [name, "information"]
    points = curves(process, names, axis="time", points=DEFAULT_POINTS)
    x = {
        "time": to_float32(points.times),
        "timestep": to_float32(points.times * process.num_timesteps - 1),
    }
    information = points.columns.get("information")
    if information is not None and np.isfinite(information).all():
        x["information"] = to_float32(1.0 - information)
    return {"name": label, "x": x, "y": to_float32(points.columns[name])}


def _subtract_first(lines: Sequence[Line]) -> list[Line]:
    first = lines[0]["y"]
    return [
        {
            "name": line["name"],
            "style": line["style"],
            "x": {"time": line["x"]["time"]},
            "y": line["y"] - first,
        }
        for line in lines
    ]


def chart_run(name: str, document: Mapping[str, Any]) -> Chart:
    """Return the chart of a run's figure.

    Args:
        name: one of RUN_CHARTS.
        document: the results, in the form of ``results.json``.
    """
    return {"panels": list(_PANELS[name](document))}


def _iterate_alpha_panels(document: Mapping[str, Any]) -> Iterator[Chart]:
    lines = [
        _make_curve(entry, _label_entry(entry), "alpha") | {"style": style}
        for entry, style in _style_entries(document)
    ]
    yield make_panel("Signal left by each schedule", "alpha", lines, is_share=True)


def _iterate_information_panels(document: Mapping[str, Any]) -> Iterator[Chart]:
    lines = []
    for entry, style in _style_entries(document):
        label = _label_entry(entry)
        lines += [
            _make_curve(entry, label, "information_nats") | {"style": style},
            _make_marks(entry, f"{label}, measured", "information_nats")
            | {"style": style},
        ]
    yield make_panel("Information left about a token", "nats per token", lines)


def _iterate_preservation_panels(document: Mapping[str, Any]) -> Iterator[Chart]:
    kinds = [kind for kind, n in document["corpus"]["type_counts"].items() if n]
    for entry in document["schedules"]:
        exact = entry["curves"]["preservation"]
        every = _make_line("all, no hyperschedule", exact, exact["preserved"])
        lines = [every | {"style": STYLE_OF_ALL}]
        for kind in kinds:
            metric, style = f"hyperschedule_preserved_{kind}", STYLES_OF_TYPES[kind]
            lines += [
                _make_line(kind, exact, exact[metric]) | {"style": style},
                _make_marks(entry, f"{kind}, measured", metric) | {"style": style},
            ]
        yield make_panel(_label_entry(entry), "share unchanged", lines, is_share=True)


def _style_entries(
    document: Mapping[str, Any],
) -> Iterator[tuple[Mapping[str, Any], int]]:
    entries = document["schedules"]
    yield from zip(
        entries, choose_styles([entry["name"] for entry in entries]), strict=True
    )


_PANELS: Final = {
    "alpha": _iterate_alpha_panels,
    "information": _iterate_information_panels,
    "preservation": _iterate_preservation_panels,
}

RUN_CHARTS: Final = frozenset(_PANELS)
"""The figures of a run that have a chart; the throughput does not."""


def make_panel(
    title: str,
    y_label: str,
    lines: Sequence[Line],
    *,
    y_log: bool = False,
    is_share: bool = False,
) -> Chart:
    """Return a panel with the abscissae that all of its lines have."""
    shared = [x for x in X_LABELS if lines and all(x in line["x"] for line in lines)]
    return {
        "title": title,
        "y": {"label": y_label, "log": y_log, "share": is_share},
        "x": [{"name": name, "label": X_LABELS[name]} for name in shared],
        "lines": lines,
    }


def _make_curve(entry: Mapping[str, Any], label: str, quantity: str) -> Line:
    return _make_line(label, entry["curves"], entry["curves"][quantity])


def _make_line(label: str, curve: Mapping[str, Any], y: Sequence[float | None]) -> Line:
    return {"name": label, "x": {"timestep": curve["timestep"]}, "y": to_float32(y)}


def _make_marks(entry: Mapping[str, Any], label: str, metric: str) -> Line:
    results = entry["results"]
    values = [result["metrics"][metric] for result in results]
    return {
        "name": label,
        "x": {"timestep": [result["timestep"] for result in results]},
        "y": to_float32([value["measured"] for value in values]),
        "low": to_float32([value["low"] for value in values]),
        "high": to_float32([value["high"] for value in values]),
        "marks": True,
    }


def _label_entry(entry: Mapping[str, Any]) -> str:
    return f"{entry['name']} (baseline)" if entry["is_baseline"] else entry["name"]


def to_float32(values: ArrayLike | Sequence[float | None]) -> "np.ndarray[Any, Any]":
    """Return float32 numbers; orjson writes those that are not finite as null."""
    with np.errstate(over="ignore"):
        return np.asarray(values, dtype=np.float64).astype(np.float32)
