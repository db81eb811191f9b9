"""The data of a run's page: its tables, and how to repeat the run."""

import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from django.urls import reverse

from benchmarks.corpora import BUILTIN_CORPORA
from benchmarks.decision import read_decision
from noising.dashboard.commands import write_manage_command
from noising.models import BenchmarkResult, BenchmarkRun, BenchmarkSchedule

MOST_TIMESTEPS = 32
"""Rows for each schedule on a page; a run of the command may have thousands."""

FACT_LABELS = {
    "num_timesteps": "timesteps",
    "timesteps": "measured timesteps",
    "vocab_size": "vocabulary",
    "graph: type": "graph",
}
"""Labels of facts that are not simply their names."""

Item = TypeVar("Item")


def select_evenly(items: Sequence[Item], most: int = MOST_TIMESTEPS) -> Sequence[Item]:
    """Return some of the items, evenly from the first to the last.

    Args:
        items: in their order.
        most: at least two.
    """
    if len(items) <= most:
        return items
    last = len(items) - 1
    return [items[round(place * last / (most - 1))] for place in range(most)]


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricCell:
    """One metric at one timestep, as text."""

    measured: str
    interval: str
    exact: str
    is_outside: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TimestepRow:
    """One timestep."""

    timestep: int
    alpha: str
    cells: Sequence[MetricCell]


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleTable:
    """The results of one schedule in a run.

    Attributes:
        schedule: the schedule.
        columns: the metrics.
        rows: timesteps; if there are too many, some of them, evenly spaced.
        timesteps: the number of measured timesteps.
        outside, count: the number of intervals that miss the exact value, and of all.
    """

    schedule: BenchmarkSchedule
    columns: Sequence[str]
    rows: Sequence[TimestepRow]
    timesteps: int
    outside: int
    count: int


def build_schedule_table(schedule: BenchmarkSchedule) -> ScheduleTable:
    """Arrange a schedule's results by timestep, a column for each metric.

    Args:
        schedule: With its results prefetched.
    """
    results = list(schedule.results.all())
    names = list(dict.fromkeys(name for result in results for name in result.metrics))
    rows = [_build_row(result, names) for result in results]
    cells = [cell for row in rows for cell in row.cells]
    return ScheduleTable(
        schedule=schedule,
        columns=[_label_metric(name) for name in names],
        rows=select_evenly(rows),
        timesteps=len(rows),
        outside=sum(cell.is_outside for cell in cells),
        count=len(cells),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionRow:
    """What one schedule wastes by one reader, as text."""

    schedule: str
    reader: str
    wasted: str
    uncertainty: str
    timesteps: str
    effective: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionTable:
    """The decision of a run: a sentence, and a row for each schedule and reader."""

    verdict: str
    rows: Sequence[DecisionRow]


def build_decision(document: Mapping[str, Any]) -> DecisionTable | None:
    """Return the decision of a run, or None if it has none.

    Args:
        document: the results, in the form of ``results.json``.
    """
    decision = read_decision(document)
    if decision is None:
        return None
    rows = [
        _build_decision_row(entry, reader, of)
        for entry in decision["schedules"]
        for reader, of in entry["readers"].items()
    ]
    return DecisionTable(verdict=decision["verdict"]["text"], rows=rows)


def _build_decision_row(
    entry: Mapping[str, Any], reader: str, of: Mapping[str, Any]
) -> DecisionRow:
    weights = entry["weights"]
    share = None if weights is None else weights["effective_share"]["uniform"]
    is_exact = of.get("replicates") is None
    return DecisionRow(
        schedule=entry["name"],
        reader=reader,
        wasted=_format_percent(of.get("information_wasted")),
        uncertainty="exact" if is_exact else f"± {200 * of['standard_error']:.1f}",
        timesteps=str(of.get("wasted_timesteps", of.get("missing"))),
        effective=_format_percent(share),
    )


def _format_percent(share: float | None) -> str:
    return "none" if share is None else f"{100 * share:.1f} %"


def select_other_parameters(run: BenchmarkRun) -> dict[str, Any]:
    """Return the parameters of a run that its page does not show elsewhere."""
    others = ("baseline", "seed", "schedules", "corpus")
    return {name: value for name, value in run.config.items() if name not in others}


def flatten_facts(parts: Mapping[str, Any] | None) -> list[tuple[str, str]]:
    """Return nested mappings as flat pairs of label and text.

    Args:
        parts: For example a run's environment; None if nothing was recorded.
    """
    return list(_flatten(parts or {}, ""))


def label_fact(name: str) -> str:
    """Return the label of a fact, such as "vocabulary" for "vocab_size"."""
    return FACT_LABELS.get(name, name.replace("_", " "))


def _flatten(parts: Mapping[str, Any], prefix: str) -> Iterator[tuple[str, str]]:
    for name, value in parts.items():
        label = label_fact(f"{prefix}{name}")
        if isinstance(value, Mapping):
            yield from _flatten(value, f"{label}: ")
        elif isinstance(value, list):
            yield label, ", ".join(str(item) for item in value)
        elif isinstance(value, bool):
            yield label, "yes" if value else "no"
        elif value is not None:
            yield label, str(value)


def _build_row(result: BenchmarkResult, names: Sequence[str]) -> TimestepRow:
    return TimestepRow(
        timestep=result.timestep,
        alpha=format_number(result.alpha),
        cells=[_build_cell(result.metrics.get(name, {})) for name in names],
    )


def _build_cell(metric: Mapping[str, float | None]) -> MetricCell:
    low, high, exact = metric.get("low"), metric.get("high"), metric.get("exact")
    known = low is not None and high is not None
    return MetricCell(
        measured=format_number(metric.get("measured")),
        interval=f"{format_number(low)} to {format_number(high)}" if known else "",
        exact=format_number(exact),
        is_outside=(
            low is not None
            and high is not None
            and exact is not None
            and not low <= exact <= high
        ),
    )


def _label_metric(metric: str) -> str:
    """Return "information_nats" as "information (nats)"."""
    name = metric.removesuffix("_nats")
    return name.replace("_", " ") + (" (nats)" if name != metric else "")


def format_number(value: float | None) -> str:
    """Return four significant digits, or "none" if there is no number."""
    if value is None:
        return "none"
    return f"{value:.4f}" if 1e-3 <= abs(value) < 1e4 or value == 0 else f"{value:.3e}"


def write_command(run: BenchmarkRun) -> str:
    """Return the command that repeats the run, or "" if no flags can express it.

    `--graph` cannot express a graph with parameters.
    """
    config = run.config
    graph = {
        name: value for name, value in config["graph"].items() if value is not None
    }
    if set(graph) != {"type"}:
        return ""
    flags = {
        **({"name": run.name} if run.name else {}),
        "schedules": ",".join(config["schedules"]),
        "baseline": config["baseline"],
        "graph": graph["type"],
        "corpus": config["corpus"],
        "vocab-size": config["vocab_size"],
        "num-timesteps": config["num_timesteps"],
        "timesteps": ",".join(str(step) for step in config["timesteps"]),
        "samples": config["samples"],
        "seed": config["seed"],
    }
    # With `=`, a name may begin with a dash.
    words = [f"--{name}={value}" for name, value in flags.items()]
    if config.get("decision"):
        words.append("--decision")
    return f"{write_manage_command()} {shlex.join(['run_benchmarks', *words])}"


def write_request(run: BenchmarkRun, origin: str) -> str:
    """Return the request that repeats the run, or "" if workers cannot measure it.

    Args:
        run: the run.
        origin: scheme and host of the service, such as ``http://localhost:8000``.
    """
    if run.config["corpus"] not in BUILTIN_CORPORA:
        return ""
    path = reverse("v1:run-rerun", kwargs={"run_id": run.pk})
    address = shlex.quote(f"{origin}{path}")
    return f'curl -X POST {address} \\\n  -H "Authorization: Bearer $TOKEN"'
