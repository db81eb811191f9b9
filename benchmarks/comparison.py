"""Comparison of the results of several runs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

Document = Mapping[str, Any]

LESS_IS_BETTER: Final = frozenset({"edit_distance", "wasted_steps"})
"""Metrics that should be small; of all others, larger values are better."""

MOST_COMPARED: Final = 8
"""Largest number of runs in a comparison."""


def compare(
    documents: Mapping[str, Document],
    *,
    baseline: str,
    metrics: Iterable[str] | None = None,
) -> dict[str, Any]:
    """Compare results documents with one of them.

    Args:
        documents: at least two results documents by name.
        baseline: name of the document that the others are compared with.
        metrics: the metrics to compare; all by default.

    Returns:
        `parameters`, `corpus` and `environment`: the entries that differ, with the
        value of each document. `metrics` and `throughput`: a row for each value that
        the baseline and another document have, with the change in percent (None if the
        baseline's value is 0) and `within_noise`, whether the 95 % intervals overlap.
    """
    chosen = None if metrics is None else set(metrics)
    return {
        "baseline": baseline,
        "parameters": _differences(documents, "config"),
        "corpus": _differences(documents, "corpus"),
        "environment": _differences(documents, "environment"),
        "metrics": list(_metric_rows(documents, baseline, chosen)),
        "throughput": list(_throughput_rows(documents, baseline)),
    }


def count_values(documents: Iterable[Document], metric: str | None = None) -> int:
    """Return an upper bound of the number of values of a comparison."""
    return sum(
        1 if metric is not None else len(result["metrics"])
        for document in documents
        for schedule in document["schedules"]
        for result in schedule["results"]
    )


def _differences(documents: Mapping[str, Document], part: str) -> list[dict[str, Any]]:
    parts = {name: document[part] for name, document in documents.items()}
    keys = dict.fromkeys(key for values in parts.values() for key in values)
    rows = []
    for key in keys:
        values = {name: part.get(key) for name, part in parts.items()}
        first, *others = values.values()
        if any(other != first for other in others):
            rows.append({"name": key, "values": values})
    return rows


def _metric_rows(
    documents: Mapping[str, Document], baseline: str, chosen: set[str] | None
) -> Iterator[dict[str, Any]]:
    measured = {name: _by_place(document) for name, document in documents.items()}
    for place, reference in measured[baseline].items():
        for metric, value in reference.items():
            cells = {
                name: places[place][metric]
                for name, places in measured.items()
                if metric in places.get(place, {})
            }
            if len(cells) > 1 and (chosen is None or metric in chosen):
                schedule, timestep = place
                yield {
                    "schedule": schedule,
                    "timestep": timestep,
                    "metric": metric,
                    "values": {
                        name: {
                            **cell,
                            "delta_percent": _percent(
                                cell["measured"], value["measured"]
                            ),
                            "within_noise": overlap(cell, value),
                        }
                        for name, cell in cells.items()
                    },
                }


def _by_place(document: Document) -> dict[tuple[str, int], Mapping[str, Any]]:
    return {
        (schedule["name"], result["timestep"]): result["metrics"]
        for schedule in document["schedules"]
        for result in schedule["results"]
    }


def _throughput_rows(
    documents: Mapping[str, Document], baseline: str
) -> Iterator[dict[str, Any]]:
    cases = {
        name: {case["case"]: _speedup(case) for case in document["throughput"]}
        for name, document in documents.items()
    }
    for case, reference in cases[baseline].items():
        cells = {name: timed[case] for name, timed in cases.items() if case in timed}
        if len(cells) > 1:
            yield {
                "case": case,
                "values": {
                    name: {
                        **cell,
                        "delta_percent": _percent(
                            cell["measured"], reference["measured"]
                        ),
                        "within_noise": overlap(cell, reference),
                    }
                    for name, cell in cells.items()
                },
            }


def _speedup(case: Mapping[str, Any]) -> dict[str, Any]:
    """Return the speedup over naive NumPy, which is comparable between machines."""
    return {
        "measured": case["speedup"],
        "low": case.get("speedup_low"),
        "high": case.get("speedup_high"),
        "engine_ns_per_token": case["engine_ns_per_token"],
    }


def _percent(value: float, reference: float) -> float | None:
    return None if reference == 0 else 100.0 * (value - reference) / abs(reference)


def overlap(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool | None:
    """Return whether two intervals overlap; None if one is unknown."""
    ends = (one["low"], one["high"], other["low"], other["high"])
    if any(end is None for end in ends):
        return None
    return bool(one["low"] <= other["high"] and other["low"] <= one["high"])
