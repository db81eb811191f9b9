"""A summary of a run: a row for each schedule, with marked values, and a verdict."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from benchmarks.comparison import overlap
from benchmarks.names import make_default_name

Document = Mapping[str, Any]
Mark = Literal["most", "fewest", "best"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column of the summary.

    Attributes:
        label: its heading.
        metric: the metric at the middle timestep, or `wasted_steps`.
        meaning: what it shows, for the caption.
        digits: digits after the decimal point.
        mark: the word for its largest or smallest value. Only fewer wasted timesteps
            are better: a schedule that keeps more at one timestep need not be.
        is_gain: whether it shows the difference from the baseline.
    """

    label: str
    metric: str
    meaning: str
    digits: int
    mark: Mark
    is_gain: bool = False


COLUMNS: Final = (
    Column(
        label="kept",
        metric="preserved",
        meaning="share of tokens unchanged",
        digits=3,
        mark="most",
    ),
    Column(
        label="nats",
        metric="information_nats",
        meaning="information left about a token",
        digits=3,
        mark="most",
    ),
    Column(
        label="gain",
        metric="information_nats",
        meaning="nats over the baseline",
        digits=3,
        mark="most",
        is_gain=True,
    ),
    Column(
        label="edits",
        metric="edit_distance",
        meaning="tokens changed in a sequence",
        digits=1,
        mark="fewest",
    ),
    Column(
        label="wasted",
        metric="wasted_steps",
        meaning="timesteps that lose less than a tenth of an even share",
        digits=0,
        mark="best",
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """A value of one schedule, as text.

    Attributes:
        measured: the value.
        interval: its 95 % interval; empty for a value that is exact.
        exact: the exact value, if `measured` is an estimate.
        mark: the word of its column if no other schedule has a larger value, or a
            smaller one; empty otherwise, and where all are equal.
        is_within_noise: whether it is not marked, but its interval overlaps the
            interval of the marked value.
    """

    measured: str
    interval: str = ""
    exact: str = ""
    mark: Mark | Literal[""] = ""
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
    pick = max if column.mark == "most" else min
    extreme = pick(values, key=lambda value: float(value["measured"]))
    base = next(
        value["measured"] if column.is_gain else 0.0
        for value, entry in zip(values, entries, strict=True)
        if entry["is_baseline"]
    )
    differ = any(value["measured"] != extreme["measured"] for value in values)
    return [
        _fill_cell(column, value, base, extreme if differ else None) for value in values
    ]


def _read_value(metric: str, entry: Document, place: int) -> Document:
    if metric == "wasted_steps":
        return {"measured": entry[metric], "low": None, "high": None}
    value: Document = entry["results"][place]["metrics"][metric]
    return value


def _fill_cell(
    column: Column, value: Document, base: float, extreme: Document | None
) -> Cell:
    def write(number: float) -> str:
        return f"{number - base:{'+' if column.is_gain else ''}.{column.digits}f}"

    is_extreme = extreme is not None and value["measured"] == extreme["measured"]
    return Cell(
        measured=write(value["measured"]),
        interval=""
        if value["low"] is None or column.is_gain
        else f"{write(value['low'])} to {write(value['high'])}",
        exact="" if "exact" not in value or column.is_gain else write(value["exact"]),
        mark=column.mark if is_extreme else "",
        is_within_noise=(
            extreme is not None and not is_extreme and bool(overlap(value, extreme))
        ),
    )


def _count_findings(findings: Sequence[Document]) -> str:
    severities = [finding["severity"] for finding in findings]
    counts = {severity: severities.count(severity) for severity in severities}
    return ", ".join(f"{n} {severity}" for severity, n in counts.items()) or "clean"


def _write_verdict(rows: Sequence[Row], timestep: int, num_timesteps: int) -> str:
    """Return what counts first: which schedule wastes the fewest timesteps."""
    left = _describe_information(rows, timestep)
    wasted = [column.metric for column in COLUMNS].index("wasted_steps")
    fewest = [row for row in rows if row.cells[wasted].mark]
    if not fewest:
        return left
    names = ", ".join(row.name for row in fewest)
    verb = "wastes" if len(fewest) == 1 else "waste"
    count = fewest[0].cells[wasted].measured
    return f"{names} {verb} the fewest timesteps: {count} of {num_timesteps:,}. {left}"


def _describe_information(rows: Sequence[Row], timestep: int) -> str:
    labels = [column.label for column in COLUMNS]
    nats, gain = labels.index("nats"), labels.index("gain")
    most = next((row for row in rows if row.cells[nats].mark), None)
    if most is None:
        if len(rows) == 1:
            left = rows[0].cells[nats].measured
            return f"At timestep {timestep}, {rows[0].name} leaves {left} nats a token."
        return f"At timestep {timestep} all schedules leave the same information."
    close = [row.name for row in rows if row.cells[nats].is_within_noise]
    if len(close) == len(rows) - 1:
        return (
            f"At timestep {timestep} all schedules leave the same information, "
            "within noise."
        )
    more = (
        "the baseline"
        if most.is_baseline
        else f"{most.cells[gain].measured} over the baseline"
    )
    noise = f"; within noise of it: {', '.join(close)}" if close else ""
    return (
        f"At timestep {timestep}, {most.name} leaves the most information: "
        f"{most.cells[nats].measured} nats a token ({more}){noise}."
    )
