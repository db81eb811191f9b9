"""The grid of a sweep: every combination of the values that a file lists."""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NamedTuple

from benchmarks.cases import (
    DEFAULT_CORPUS,
    DEFAULT_GRAPH,
    DEFAULT_NUM_TIMESTEPS,
    UsageError,
)
from noising.engine import EngineError
from noising.engine.importers.document import document
from noising.engine.parameters import check_integer, check_keys, listed, mapping
from noising.engine.registry import NUM_TIMESTEPS

KEYS: Final = ("name", "schedules", "graphs", "corpora", "num_timesteps")
MAX_POINTS: Final = 100_000
LONGEST_NAME: Final = 100

_FLOAT: Final = re.compile(r"[-+]?[0-9]+(\.[0-9]*)?[eE][-+]?[0-9]+", re.ASCII)
"""YAML 1.1 reads 1e-3, without a point, as text."""

Resolver = Callable[[str], Mapping[str, Any]]
"""Returns the specification of a schedule by name; raises UsageError if unknown."""


class Point(NamedTuple):
    """One configuration.

    Attributes:
        position: its place in the grid, from 0.
        schedule: specification of the schedule.
        graph: specification of the graph.
        corpus: name or path of the corpus.
        num_timesteps: T.
    """

    position: int
    schedule: Mapping[str, Any]
    graph: Mapping[str, Any]
    corpus: str
    num_timesteps: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Sweep:
    """All configurations of a file.

    Attributes:
        name: name of the sweep; by default that of its file.
        points: the configurations, in the order of the file; the last list varies
            fastest.
    """

    name: str
    points: tuple[Point, ...]

    @property
    def corpora(self) -> list[str]:
        """The corpora, each once."""
        return list(dict.fromkeys(point.corpus for point in self.points))


def read_sweep(path: Path, *, resolve: Resolver) -> Sweep:
    """Read a file in JSON or YAML with lists of values; see docs/benchmarks.md.

    Args:
        path: the file.
        resolve: returns the specification of a schedule by name.

    Raises:
        UsageError: the file cannot be read, or an entry is invalid; names it.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "is not UTF-8 text"
        raise UsageError(f"sweep: {path}: {reason}") from error
    try:
        return parse_sweep(text, name=path.stem, resolve=resolve)
    except EngineError as error:
        raise UsageError(f"sweep: {path.name}: {error}") from error


def parse_sweep(text: str, *, name: str, resolve: Resolver) -> Sweep:
    """Return the sweep that a text in JSON or YAML describes.

    Args:
        text: the text.
        name: name of the sweep, if the text has none.
        resolve: returns the specification of a schedule by name.

    Raises:
        EngineError: an entry is invalid; names it.
        UsageError: a schedule is unknown.
    """
    given = document(text)
    check_keys(given, KEYS, "")
    if "schedules" not in given:
        rule = "must be a list of schedules"
        raise EngineError("schedules", "missing", rule, None)
    lists = (
        list(_expand_all(given["schedules"], "schedules", resolve)),
        list(_expand_all(given.get("graphs", [DEFAULT_GRAPH]), "graphs", _make_type)),
        _read_names(given.get("corpora", [DEFAULT_CORPUS])),
        _read_timesteps(given.get("num_timesteps", [DEFAULT_NUM_TIMESTEPS])),
    )
    size = math.prod(len(values) for values in lists)
    if size > MAX_POINTS:
        rule = f"must describe at most {MAX_POINTS:,} configurations"
        raise EngineError("schedules", "too_many", rule, size)
    title = given.get("name", name)
    if not isinstance(title, str) or not 0 < len(title) <= LONGEST_NAME:
        rule = f"must be text of 1 to {LONGEST_NAME} characters"
        raise EngineError("name", "not_text", rule, title)
    points = tuple(
        Point(position, *values)
        for position, values in enumerate(itertools.product(*lists))
    )
    return Sweep(name=title, points=points)


def _make_type(name: str) -> Mapping[str, Any]:
    return {"type": name}


def _expand_all(
    value: Any, field: str, resolve: Resolver
) -> Iterator[Mapping[str, Any]]:
    entries = listed(value, field)
    if not entries:
        raise EngineError(field, "empty", "must have at least one entry", value)
    for place, entry in enumerate(entries):
        if isinstance(entry, str):
            yield resolve(entry)
        else:
            yield from _expand(entry, f"{field}[{place}]")


def _expand(entry: Any, field: str) -> Iterator[Mapping[str, Any]]:
    """Yield every combination of an entry, where a list holds several values."""
    given = mapping(entry, field)
    if "type" not in given:
        raise EngineError(f"{field}.type", "missing", "must be given", None)
    choices = []
    for key, value in given.items():
        values = value if isinstance(value, list) else [value]
        if not values:
            rule = "must have at least one value"
            raise EngineError(f"{field}.{key}", "empty", rule, value)
        choices.append([(key, _read_number(each)) for each in values])
    if math.prod(len(values) for values in choices) > MAX_POINTS:
        rule = f"must describe at most {MAX_POINTS:,} configurations"
        raise EngineError(field, "too_many", rule, None)
    for combination in itertools.product(*choices):
        yield dict(combination)


def _read_number(value: Any) -> Any:
    is_float = isinstance(value, str) and _FLOAT.fullmatch(value)
    return float(value) if is_float else value


def _read_names(value: Any) -> list[str]:
    names = listed(value, "corpora")
    if not names or not all(isinstance(each, str) and each for each in names):
        rule = "must be a list of names or paths"
        raise EngineError("corpora", "not_text", rule, value)
    return list(dict.fromkeys(names))


def _read_timesteps(value: Any) -> list[int]:
    numbers = value if isinstance(value, list) else [value]
    if not numbers:
        rule = "must have at least one value"
        raise EngineError("num_timesteps", "empty", rule, value)
    for place, number in enumerate(numbers):
        field = f"num_timesteps[{place}]"
        check_integer(number, field, NUM_TIMESTEPS.low, NUM_TIMESTEPS.high)
    return list(dict.fromkeys(numbers))
