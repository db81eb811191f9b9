"""A summary of a run: a row for each schedule, with the best values, and a verdict."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from benchmarks.comparison import LESS_IS_BETTER, overlap
from benchmarks.names import make_default_name

Document = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column of the summary.

    Attributes:
        label: its heading.
        metric: the metric at the middle timestep, or `wasted_steps`.
        meaning: what it shows, for the caption.
        digits: digits after the decimal point.
        is_gain: whether it shows the difference from the baseline.
    """

    label: str
    metric: str
    meaning: str
    digits: int
    is_gain: bool = False


COLUMNS: Final = (
    Column(
        label="kept",
        metric="preserved",
        meaning="share of tokens unchanged",
        digits=3,
    ),
    Column(
        label="nats",
        metric="information_nats",
        meaning="information left about a token",
        digits=3,
    ),
    Column(
        label="gain",
        metric="information_nats",
        meaning="nats over the baseline",
        digits=3,
        is_gain=True,
    ),
    Column(
        label="edits",
        metric="edit_distance",
        meaning="tokens changed in a sequence",
        digits=1,
    ),
    Column(
        label="wasted",
        metric="wasted_steps",
        meaning="timesteps that lose less than a tenth of an even share",
        digits=0,
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """A value of one schedule, as text.

    Attributes:
        measured: the value.
        interval: its 95 % interval; empty for a value that is exact.
        exact: the exact value, if `measured` is an estimate.
        is_best: whether no other schedule has a better value.
        is_within_noise: whether it is not the best, but its interval overlaps the
            interval of the best.
    """

    measured: str
    interval: str = ""
    exact: str = ""
    is_best: bool = False
    is_within_noise: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One schedule: a cell for each of COLUMNS, and the linter's findings."""

    name: str
    is_baseline: bool
    cells: Sequence[Cell]
    findings: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """The results of a run at its middle timestep.

    Attributes:
        name: the name of the run.
        timestep: the measured timestep that is nearest to the middle.
        rows: the schedules.
        verdict: what they show, in a sentence or two.
    """

    name: str
    timestep: int
    rows: Sequence[Row]
    verdict: str


def find_middle(config: Mapping[str, Any]) -> int:
    """Return the measured timestep that is nearest to the middle."""
    half = config["num_timesteps"] / 2
    timesteps: Sequence[int] = config["timesteps"]
    return min(timesteps, key=lambda timestep: abs(timestep - half))


def summarize(document: Document) -> Summary:
    """Return the summary of a run.

    Args:
        document: the results, in the form of ``results.json``.
    """
    config = document["config"]
    middle = find_middle(config)
    place = config["timesteps"].index(middle)
    entries = document["schedules"]
    columns = [_fill_column(column, entries, place) for column in COLUMNS]
    rows = [
        Row(
            name=entry["name"],
            is_baseline=entry["is_baseline"],
            cells=[cells[index] for cells in columns],
            findings=_count_findings(entry["lint"]),
        )
        for index, entry in enumerate(entries)
    ]
    default = make_default_name(config["schedules"], config["baseline"])
    return Summary(
        name=document.get("name") or default,
        timestep=middle,
        rows=rows,
        verdict=_write_verdict(rows, middle, config["num_timesteps"]),
    )


def _fill_column(column: Column, entries: Sequence[Document], place: int) -> list[Cell]:
    values = [_read_value(column.metric, entry, place) for entry in entries]
    pick = min if column.metric in LESS_IS_BETTER else max
    best = pick(values, key=lambda value: float(value["measured"]))
    base = next(
        value["measured"] if column.is_gain else 0.0
        for value, entry in zip(values, entries, strict=True)
        if entry["is_baseline"]
    )
    differ = any(value["measured"] != best["measured"] for value in values)
    return [
        _fill_cell(column, value, base, best if differ else None) for value in values
    ]


def _read_value(metric: str, entry: Document, place: int) -> Document:
    if metric == "wasted_steps":
        return {"measured": entry[metric], "low": None, "high": None}
    value: Document = entry["results"][place]["metrics"][metric]
    return value


def _fill_cell(
    column: Column, value: Document, base: float, best: Document | None
) -> Cell:
    def write(number: float) -> str:
        return f"{number - base:{'+' if column.is_gain else ''}.{column.digits}f}"

    is_best = best is not None and value["measured"] == best["measured"]
    return Cell(
        measured=write(value["measured"]),
        interval=""
        if value["low"] is None or column.is_gain
        else f"{write(value['low'])} to {write(value['high'])}",
        exact="" if "exact" not in value or column.is_gain else write(value["exact"]),
        is_best=is_best,
        is_within_noise=(
            best is not None and not is_best and bool(overlap(value, best))
        ),
    )


def _count_findings(findings: Sequence[Document]) -> str:
    severities = [finding["severity"] for finding in findings]
    counts = {severity: severities.count(severity) for severity in severities}
    return ", ".join(f"{n} {severity}" for severity, n in counts.items()) or "clean"


def _write_verdict(rows: Sequence[Row], timestep: int, num_timesteps: int) -> str:
    labels = [column.label for column in COLUMNS]
    nats, gain, wasted = (labels.index(name) for name in ("nats", "gain", "wasted"))
    best = next((row for row in rows if row.cells[nats].is_best), None)
    if best is None:
        if len(rows) == 1:
            left = rows[0].cells[nats].measured
            return f"At timestep {timestep}, {rows[0].name} leaves {left} nats a token."
        return f"At timestep {timestep} all schedules leave the same information."
    close = [row.name for row in rows if row.cells[nats].is_within_noise]
    if len(close) == len(rows) - 1:
        first = (
            f"At timestep {timestep} all schedules leave the same information, "
            "within noise."
        )
    else:
        more = (
            "the baseline"
            if best.is_baseline
            else f"{best.cells[gain].measured} over the baseline"
        )
        noise = f"; within noise of it: {', '.join(close)}" if close else ""
        first = (
            f"At timestep {timestep}, {best.name} leaves the most information: "
            f"{best.cells[nats].measured} nats a token ({more}){noise}."
        )
    fewest = [row for row in rows if row.cells[wasted].is_best]
    if not fewest:
        return first
    if [row.name for row in fewest] == [best.name]:
        subject = "It also wastes"
    else:
        verb = "wastes" if len(fewest) == 1 else "waste"
        subject = f"{', '.join(row.name for row in fewest)} {verb}"
    count = fewest[0].cells[wasted].measured
    return f"{first} {subject} the fewest timesteps: {count} of {num_timesteps:,}."
