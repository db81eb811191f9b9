"""The numbers behind a plot, for pages that draw it themselves.

A chart is a document of panels. Each has lines over one or several abscissae (time,
timestep, information left), of which the reader chooses one:

    {"panels": [{"title": ..., "y": {"label": ..., "log": ...},
                 "x": [{"name": "time", "label": ...}, ...],
                 "lines": [{"name": ..., "x": {"time": [...]}, "y": [...],
                            "low": [...], "high": [...], "marks": ...}]}]}

`low`, `high` and `marks` are only there where something was measured. What is not
finite is null. Numbers have the precision of a float32, more than a screen shows.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike

from noising.curves import QUANTITIES, curves
from noising.engine import ForwardProcess, build_process
from noising.engine.graphs import MatrixGraph
from noising.figures.drawing import difference_title

Chart = Mapping[str, Any]
Line = dict[str, Any]

POINTS: Final = 257

X_LABELS: Final = {
    "time": "time t",
    "timestep": "timestep",
    "information": "information lost, share",
}


def schedules_chart(
    name: str,
    specifications: Iterable[tuple[str, Mapping[str, Any]]],
    *,
    less_first: bool = False,
) -> Chart:
    """Return one of the QUANTITIES of some schedules, a line each.

    Args:
        name: a key of QUANTITIES.
        specifications: label and specification of each schedule.
        less_first: whether to tell by how much each differs from the first at the
            same time.
    """
    quantity = QUANTITIES[name]
    lines = [
        _process_line(name, label, build_process(specification))
        for label, specification in specifications
    ]
    if less_first:
        title = difference_title(quantity, lines[0]["name"])
        return {"panels": [panel(title, quantity.y_label, _differences(lines))]}
    return {
        "panels": [panel(quantity.title, quantity.y_label, lines, y_log=quantity.y_log)]
    }


def _process_line(name: str, label: str, process: ForwardProcess) -> Line:
    # Each point of a matrix graph's information costs a matrix exponential.
    names = [name] if isinstance(process.graph, MatrixGraph) else [name, "information"]
    found = curves(process, names, axis="time", points=POINTS)
    x = {
        "time": numbers(found.times),
        "timestep": numbers(found.times * process.num_timesteps - 1),
    }
    information = found.columns.get("information")
    if information is not None and np.isfinite(information).all():
        x["information"] = numbers(1.0 - information)
    return {"name": label, "x": x, "y": numbers(found.columns[name])}


def _differences(lines: Sequence[Line]) -> list[Line]:
    first = lines[0]["y"]
    return [
        {"name": line["name"], "x": {"time": line["x"]["time"]}, "y": line["y"] - first}
        for line in lines
    ]


def run_chart(name: str, document: Mapping[str, Any]) -> Chart:
    """Return a figure of a results document; the throughput has no curves.

    Args:
        name: a key of RUN_CHARTS.
        document: the results, as ``results.json`` holds them.
    """
    return {"panels": list(_PANELS[name](document))}


def _alpha_panels(document: Mapping[str, Any]) -> Iterator[Chart]:
    lines = [_curve(entry, _label(entry), "alpha") for entry in document["schedules"]]
    yield panel("Signal left by each schedule", "alpha", lines)


def _information_panels(document: Mapping[str, Any]) -> Iterator[Chart]:
    lines = []
    for entry in document["schedules"]:
        lines.append(_curve(entry, _label(entry), "information_nats"))
        lines.append(_marks(entry, f"{_label(entry)}, measured", "information_nats"))
    yield panel("Information left about a token", "nats per token", lines)


def _preservation_panels(document: Mapping[str, Any]) -> Iterator[Chart]:
    kinds = [kind for kind, n in document["corpus"]["type_counts"].items() if n]
    for entry in document["schedules"]:
        exact = entry["curves"]["preservation"]
        lines = [_line("all, no hyperschedule", exact, exact["preserved"])]
        for kind in kinds:
            metric = f"hyperschedule_preserved_{kind}"
            lines.append(_line(kind, exact, exact[metric]))
            lines.append(_marks(entry, f"{kind}, measured", metric))
        yield panel(_label(entry), "share unchanged", lines)


_PANELS: Final = {
    "alpha": _alpha_panels,
    "information": _information_panels,
    "preservation": _preservation_panels,
}

RUN_CHARTS: Final = frozenset(_PANELS)
"""The figures of a run that have a chart."""


def panel(
    title: str, y_label: str, lines: Sequence[Line], *, y_log: bool = False
) -> Chart:
    """Return a panel over the abscissae that all of its lines have."""
    shared = [x for x in X_LABELS if lines and all(x in line["x"] for line in lines)]
    return {
        "title": title,
        "y": {"label": y_label, "log": y_log},
        "x": [{"name": name, "label": X_LABELS[name]} for name in shared],
        "lines": lines,
    }


def _curve(entry: Mapping[str, Any], label: str, quantity: str) -> Line:
    return _line(label, entry["curves"], entry["curves"][quantity])


def _line(label: str, curve: Mapping[str, Any], y: Sequence[float | None]) -> Line:
    return {"name": label, "x": {"timestep": curve["timestep"]}, "y": numbers(y)}


def _marks(entry: Mapping[str, Any], label: str, metric: str) -> Line:
    results = entry["results"]
    values = [result["metrics"][metric] for result in results]
    return {
        "name": label,
        "x": {"timestep": [result["timestep"] for result in results]},
        "y": numbers([value["measured"] for value in values]),
        "low": numbers([value["low"] for value in values]),
        "high": numbers([value["high"] for value in values]),
        "marks": True,
    }


def _label(entry: Mapping[str, Any]) -> str:
    return f"{entry['name']} (baseline)" if entry["is_baseline"] else entry["name"]


def numbers(values: ArrayLike | Sequence[float | None]) -> "np.ndarray[Any, Any]":
    """Return float32 numbers; what is not finite is null once it is written."""
    with np.errstate(over="ignore"):
        return np.asarray(values, dtype=np.float64).astype(np.float32)
