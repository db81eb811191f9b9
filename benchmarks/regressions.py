"""Finds values of a run that are worse than in an earlier run."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self

from rich.box import SIMPLE_HEAD
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from benchmarks.cases import BenchmarkConfig, UsageError
from benchmarks.comparison import LESS_IS_BETTER, compare
from benchmarks.corpora import legible
from benchmarks.report import RESULTS_NAME
from benchmarks.runner import SCHEMA_VERSION, SUITE
from noising.engine import GRAPH_TYPES
from noising.engine.parameters import parse_parameters

Document = Mapping[str, Any]

MAX_BYTES: Final = 2**28


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A value that is worse than in the earlier run.

    Attributes:
        what: the schedule, or the case that was timed.
        timestep: timestep of the measurement, or None.
        metric: name of the metric.
        before: the earlier value.
        now: the new value.
        percent: by how much it is worse, > 0; None if the earlier value is 0.
        is_noise: whether the two 95 % intervals overlap.
    """

    what: str
    timestep: int | None
    metric: str
    before: float
    now: float
    percent: float | None
    is_noise: bool

    def is_beyond(self, bound: float) -> bool:
        """Return whether intervals do not overlap and `percent` exceeds a bound."""
        return not self.is_noise and (self.percent is None or self.percent > bound)


@dataclass(frozen=True, slots=True, kw_only=True)
class Base:
    """The earlier run.

    Attributes:
        name: name for messages.
        document: results of the run.
        bound: the percentage by which a value may be worse; None for no limit.
    """

    name: str
    document: Document
    bound: float | None

    @classmethod
    def read(cls, path: Path, bound: float | None) -> Self:
        """Read a results.json, or the results.json of a folder.

        Raises:
            UsageError: it cannot be read or is not a results document of this version.
        """
        name = str(path)
        document: Any = None
        try:
            file = path / RESULTS_NAME if path.is_dir() else path
            size = file.stat().st_size if file.is_file() else None
            if size is not None and size <= MAX_BYTES:
                document = json.loads(file.read_bytes())
        except OSError as error:
            reason = error.strerror or str(error)
            raise UsageError(f"compare: {name!r} cannot be read: {reason}") from error
        except (ValueError, RecursionError) as error:  # not JSON or UTF-8, or a NUL
            raise UsageError(f"compare: {name!r} is not a JSON document") from error
        if size is None:
            raise UsageError(
                f"compare: {name!r} is neither a file nor a folder with {RESULTS_NAME}"
            )
        if size > MAX_BYTES:
            raise UsageError(f"compare: {name!r} is longer than {MAX_BYTES} bytes")
        return cls.of(name, document, bound)

    @classmethod
    def of(cls, name: str, document: Any, bound: float | None) -> Self:
        """Check the results of a run and use them as the base.

        Raises:
            UsageError: they are not results of this suite and version.
        """
        base = cls(name=name, document=document, bound=bound)
        try:
            suite = document["schema_version"], document["suite"]
            list(base.changes(document))
            base._terms()
            document["corpus"]["sha256"]
        except (KeyError, TypeError, AttributeError, ValueError) as error:
            message = f"compare: {name!r} does not contain results of run_benchmarks"
            raise UsageError(message) from error
        if suite != (SCHEMA_VERSION, SUITE):
            raise UsageError(
                f"compare: {name!r} must hold results of the suite {SUITE!r}, version"
                f" {SCHEMA_VERSION}"
            )
        return base

    def check(self, config: BenchmarkConfig) -> None:
        """Check before the measurement that a run can be compared with this one.

        Raises:
            UsageError: another graph, corpus or number of timesteps, or no common
                schedule or timestep.
        """
        now = {
            "graph": _canonical(config.graph),
            "corpus": legible(Path(config.corpus).name),
            "num_timesteps": config.num_timesteps,
        }
        for part, before in self._terms().items():
            if before != now[part]:
                raise UsageError(
                    f"compare: {self.name!r} was measured with the {part} "
                    f"{before!r}, this run has {now[part]!r}"
                )
        new, old = config.to_document(), self.document["config"]
        for part in ("schedules", "timesteps"):
            if not set(new[part]) & set(old[part]):
                raise UsageError(f"compare: {self.name!r} has none of these {part}")

    def _terms(self) -> dict[str, Any]:
        """Return the parameters that both runs must share."""
        config = self.document["config"]
        return {
            "graph": _canonical(config["graph"]),
            "corpus": self.document["corpus"]["name"],
            "num_timesteps": config["num_timesteps"],
        }

    def regressions(self, document: Document) -> list[Change]:
        """Return the changes beyond the intervals and the bound.

        Raises:
            UsageError: the corpora have the same name but different tokens.
        """
        before, now = self.document["corpus"], document["corpus"]
        if before["sha256"] != now["sha256"]:
            raise UsageError(
                f"compare: the corpus {now['name']!r} has other tokens now than when "
                f"{self.name!r} was measured"
            )
        bound = 0.0 if self.bound is None else self.bound
        return [change for change in self.changes(document) if change.is_beyond(bound)]

    def changes(self, document: Document) -> Iterator[Change]:
        """Yield every value that is worse, by any amount."""
        pair = {"before": self.document, "now": document}
        compared = compare(pair, baseline="before")
        for row in compared["metrics"]:
            place = (row["schedule"], row["timestep"], row["metric"])
            yield from _worse(*place, row["values"])
        for row in compared["throughput"]:
            yield from _worse(f"speed of {row['case']}", None, "speedup", row["values"])
        for name, before, now in _wasted_steps(self.document, document):
            values = {"before": {"measured": before}, "now": {"measured": now}}
            yield from _worse(name, None, "wasted_steps", values)


def table(base: Base, changes: list[Change]) -> RenderableType:
    """Return the regressions as a table for the terminal."""
    by = f" by more than {base.bound:g} %" if base.bound else ""
    title = f"Worse than {base.name} beyond the 95 % intervals{by}"
    if not changes:
        return Text(f"{title}: nothing.")
    result = Table(
        title=Text(f"{title}: {len(changes)}"),
        title_justify="left",
        box=SIMPLE_HEAD,
        pad_edge=False,
    )
    result.add_column("what", overflow="fold", min_width=12)
    for heading in ("timestep", "metric", "before", "now", "worse by"):
        result.add_column(heading, justify="right", no_wrap=True)
    for change in changes:
        result.add_row(
            Text(change.what),
            "" if change.timestep is None else str(change.timestep),
            change.metric,
            f"{change.before:.4g}",
            f"{change.now:.4g}",
            "from 0" if change.percent is None else f"{change.percent:.1f} %",
        )
    return result


def _worse(
    what: str, timestep: int | None, metric: str, values: Mapping[str, Any]
) -> Iterator[Change]:
    """Yield the change if the value became worse."""
    before, now = values["before"]["measured"], values["now"]["measured"]
    lost = now - before if metric in LESS_IS_BETTER else before - now
    if lost > 0:
        yield Change(
            what=what,
            timestep=timestep,
            metric=metric,
            before=before,
            now=now,
            percent=100.0 * lost / abs(before) if before else None,
            is_noise=bool(values["now"].get("within_noise")),
        )


def _wasted_steps(before: Document, now: Document) -> Iterator[tuple[str, int, int]]:
    """Yield the schedules of both runs with their numbers of wasted timesteps."""
    counts = {entry["name"]: entry["wasted_steps"] for entry in before["schedules"]}
    for entry in now["schedules"]:
        if entry["name"] in counts:
            yield entry["name"], counts[entry["name"]], entry["wasted_steps"]


def _canonical(graph: Mapping[str, Any]) -> dict[str, Any]:
    """Return a graph's specification with its defaults."""
    parameters = {name: value for name, value in graph.items() if name != "type"}
    table = GRAPH_TYPES[graph["type"]].PARAMETERS
    return {"type": graph["type"], **parse_parameters(table, parameters, "graph")}
