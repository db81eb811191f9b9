"""The data of the page that compares runs: differences, changes, significance."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import Any

from benchmarks.comparison import compare
from noising.dashboard.runs.context import format_number, label_fact, select_evenly
from noising.dashboard.selection import Option, RunSelection
from noising.figures import collect_measured_lines
from noising.models import BenchmarkRun

DEFAULT_METRIC = "preserved"

MIXED = (
    ("corpus", "sha256", "corpus"),
    ("parameters", "graph", "graph"),
    ("parameters", "num_timesteps", "number of timesteps"),
)
"""Part, name and words of what changes the values of every schedule."""

Document = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class RunDifference:
    """A parameter that is not the same in all runs, with its value in each."""

    part: str
    name: str
    values: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparisonCell:
    """One run's value, compared with the baseline's.

    Attributes:
        measured, interval: as text; empty if the run did not measure it.
        delta: the change in percent as text; empty for the baseline itself.
        verdict: `within noise`, `higher`, `lower`, or `differs` if the baseline is 0;
            empty if it is not known.
    """

    measured: str = ""
    interval: str = ""
    delta: str = ""
    verdict: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparisonRow:
    """A row: a schedule and timestep for metrics, a case for throughput."""

    names: Sequence[str]
    cells: Sequence[ComparisonCell]


@dataclass(frozen=True, slots=True, kw_only=True)
class RunComparison:
    """A comparison of runs.

    Attributes:
        metric: the compared metric.
        metrics: the metrics that can be compared.
        has_curves: whether two of the runs measured it for the same schedule.
        differences: differences of parameters, corpus and environment.
        mixed: what the runs do not share, although it changes all values, in words.
        rows: values that the baseline and another run measured; if a schedule has too
            many timesteps, some of them, evenly spaced.
        places: the number of rows without this selection.
        throughput: the rows of the throughput cases.
    """

    place_heads = ("Schedule", "Timestep")
    case_heads = ("Case",)

    metric: str
    metrics: Sequence[str]
    has_curves: bool
    differences: Sequence[RunDifference]
    mixed: Sequence[str]
    rows: Sequence[ComparisonRow]
    places: int
    throughput: Sequence[ComparisonRow]


def build_comparison(chosen: RunSelection, metric: str) -> RunComparison:
    """Compare runs with the first of them in one metric.

    Args:
        chosen: at least two runs.
        metric: the metric; if no run has it, the default one is compared.
    """
    documents = chosen.documents
    metrics = list_metrics(documents.values())
    if metric not in metrics:
        metric = DEFAULT_METRIC if DEFAULT_METRIC in metrics else next(iter(metrics))
    labels = list(documents)
    compared = compare(documents, baseline=labels[0], metrics=[metric])
    of_schedules = groupby(compared["metrics"], key=itemgetter("schedule"))
    selected = [
        each for _, group in of_schedules for each in select_evenly(list(group))
    ]
    return RunComparison(
        metric=metric,
        metrics=list(metrics),
        has_curves=bool(collect_measured_lines(documents, metric)),
        differences=[
            _build_difference(part, each, chosen.labels)
            for part in ("parameters", "corpus", "environment")
            for each in compared[part]
        ],
        mixed=[
            words
            for part, name, words in MIXED
            if any(each["name"] == name for each in compared[part])
        ],
        rows=[
            ComparisonRow(
                names=[each["schedule"], str(each["timestep"])],
                cells=_build_cells(each["values"], labels),
            )
            for each in selected
        ],
        places=len(compared["metrics"]),
        throughput=[
            ComparisonRow(
                names=[each["case"]], cells=_build_cells(each["values"], labels)
            )
            for each in compared["throughput"]
        ],
    )


def list_options(chosen: RunSelection) -> list[Option]:
    """Return the chosen runs, the baseline first, and those to compare with them."""
    first = chosen.runs[0] if chosen.runs else None
    ids = {run.pk for run in chosen.runs}
    others = BenchmarkRun.objects.comparable(first)
    return [
        Option(
            value=str(run.pk),
            label=run.title,
            note=f"{run.created_at:%d %b %Y, %H:%M}, {run.corpus_name}, seed {run.seed}"
            + "".join(f", {tag}" for tag in run.tags),
            is_chosen=run.pk in ids,
        )
        for run in [*chosen.runs, *(run for run in others if run.pk not in ids)]
    ]


def list_metrics(documents: Any) -> dict[str, None]:
    """Return the metrics that any of the runs measured, in their order."""
    return dict.fromkeys(
        name
        for document in documents
        for schedule in document["schedules"]
        for result in schedule["results"]
        for name in result["metrics"]
    )


def _build_difference(
    part: str, row: Mapping[str, Any], runs: Mapping[str, BenchmarkRun]
) -> RunDifference:
    values = [_format_value(row["values"].get(label)) for label in runs]
    if (part, row["name"]) == ("parameters", "corpus"):
        values = _name_corpora(values, runs.values())
    return RunDifference(part=part, name=label_fact(row["name"]), values=values)


def _name_corpora(references: Sequence[str], runs: Iterable[BenchmarkRun]) -> list[str]:
    """Return the names of corpora, with references where different ones share it."""
    named = [
        (run.corpus_name, text) for run, text in zip(runs, references, strict=True)
    ]
    texts = dict(named)
    shared = {name for name, text in named if text != texts[name]}
    return [f"{name} ({text})" if name in shared else name for name, text in named]


def _format_value(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(str(item) for item in value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        if set(value) == {"type"}:
            return str(value["type"])
        return ", ".join(f"{name} {part}" for name, part in value.items())
    return "none" if value is None else str(value)


def _build_cells(
    values: Mapping[str, Any], labels: Sequence[str]
) -> list[ComparisonCell]:
    return [
        _build_cell(values[label], is_baseline=label == labels[0])
        if label in values
        else ComparisonCell()
        for label in labels
    ]


def _build_cell(value: Mapping[str, Any], *, is_baseline: bool) -> ComparisonCell:
    low, high = value["low"], value["high"]
    interval = (
        ""
        if low is None or high is None
        else f"{format_number(low)} to {format_number(high)}"
    )
    measured = format_number(value["measured"])
    if is_baseline:
        return ComparisonCell(measured=measured, interval=interval)
    percent = value["delta_percent"]
    return ComparisonCell(
        measured=measured,
        interval=interval,
        delta="" if percent is None else f"{percent:+.2f} %",
        verdict=_judge(value["within_noise"], percent),
    )


def _judge(within_noise: bool | None, percent: float | None) -> str:
    if within_noise is None:
        return ""
    if within_noise:
        return "within noise"
    if percent is None:
        return "differs"
    return "higher" if percent > 0 else "lower"
