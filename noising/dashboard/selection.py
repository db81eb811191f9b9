"""The schedules and runs that a query names, for pages and plots that compare them."""

import re
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any
from uuid import UUID

from django.http import QueryDict

from benchmarks.comparison import MOST_COMPARED
from noising.budget import TooCostlyError
from noising.engine import EngineError, build_process
from noising.engine.effort import storing_seconds
from noising.engine.registry import NUM_TIMESTEPS
from noising.models import COMPARED_SCHEDULES, BenchmarkRun, ScheduleConfig

MOST_SECONDS = 0.2
"""Estimated seconds that a page may spend on the key figures of one schedule."""

MOST_RESULTS = 20_000
"""Rows of results that a comparison may read: eight of the largest queued runs."""


def parse_names(query: QueryDict) -> list[str]:
    """Return the names, each once: `names=a,b` and `names=a&names=b` are the same."""
    words = (
        word.strip() for text in query.getlist("names") for word in text.split(",")
    )
    return list(dict.fromkeys(word for word in words if word))


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """Something that a page offers for a comparison.

    Attributes:
        value: its name or id.
        label: its name for people.
        note: what tells it apart from others.
        is_chosen: whether it is compared already.
    """

    value: str
    label: str
    note: str = ""
    is_chosen: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleSelection:
    """The schedules that a query selects, and what it cannot use.

    Attributes:
        configs: the schedules in the query's order; with another number of timesteps
            they are copies that are not stored.
        timesteps: the number of timesteps that all have, None for their own.
        error: what is wrong with the number in the query; "" if nothing.
        misfits: why a schedule cannot have so many timesteps, by name.
        missing: names that no schedule has.
        left_out: names beyond the limit.
    """

    configs: Sequence[ScheduleConfig]
    timesteps: int | None
    error: str
    misfits: Mapping[str, str]
    missing: Sequence[str]
    left_out: Sequence[str]

    @property
    def names(self) -> str:
        """Return the names as in a query."""
        return ",".join(config.slug for config in self.configs)


def select_schedules(query: QueryDict) -> ScheduleSelection:
    """Return the first schedules that the query names, in one database query.

    `timesteps` gives all of them the same number of timesteps. Archived schedules are
    included, so that shared URLs keep working.
    """
    names = parse_names(query)
    taken = names[:COMPARED_SCHEDULES]
    by_name = {
        config.slug: config
        for config in ScheduleConfig.objects.for_curves().filter(slug__in=taken)
    }
    configs = [by_name[name] for name in taken if name in by_name]
    timesteps, error = _parse_timesteps(query.get("timesteps", ""))
    misfits = {}
    if timesteps is not None:
        restated = []
        for config in configs:
            try:
                restated.append(_restate(config, timesteps))
            except (EngineError, TooCostlyError) as problem:
                misfits[config.slug] = str(problem)
        configs = restated
    return ScheduleSelection(
        configs=configs,
        timesteps=timesteps,
        error=error,
        misfits=misfits,
        missing=[name for name in taken if name not in by_name],
        left_out=names[COMPARED_SCHEDULES:],
    )


def _parse_timesteps(text: str) -> tuple[int | None, str]:
    """Return a number of timesteps, None for an empty text, and what is wrong."""
    text = text.strip()
    if not text:
        return None, ""
    try:
        value = int(text) if re.fullmatch("[0-9]{1,9}", text) else text
        return NUM_TIMESTEPS.parse(value, "timesteps"), ""
    except EngineError as error:
        return None, error.sentence


def _restate(config: ScheduleConfig, num_timesteps: int) -> ScheduleConfig:
    """Return a schedule with another number of timesteps, which is not stored."""
    specification = {**config.specification, "num_timesteps": num_timesteps}
    if storing_seconds(specification) > MOST_SECONDS:
        raise TooCostlyError(
            f"With {num_timesteps:,} timesteps it would take too long to compute.",
            "too_costly",
        )
    process = build_process(specification)
    return ScheduleConfig(
        slug=config.slug,
        specification=process.spec,
        fingerprint=process.fingerprint,
        num_timesteps=num_timesteps,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSelection:
    """The runs that a query selects, the baseline first, and ids that it cannot use.

    Attributes:
        runs: the runs with all their results.
        missing: ids of runs that do not exist or have no results.
        left_out: ids beyond the limits on runs and results in one comparison.
    """

    runs: Sequence[BenchmarkRun]
    missing: Sequence[str]
    left_out: Sequence[str]

    @property
    def ids(self) -> str:
        """Return the ids of the runs as in a query."""
        return ",".join(str(run.pk) for run in self.runs)

    @property
    def documents(self) -> dict[str, dict[str, Any]]:
        """Return the results of the runs by their labels."""
        return {label: run.document() for label, run in self.labels.items()}

    @property
    def labels(self) -> dict[str, BenchmarkRun]:
        """Return the runs by their titles, with numbers if two have the same."""
        titles = {run.title: run for run in self.runs}
        if len(titles) == len(self.runs):
            return titles
        return {
            f"{number} · {run.title}": run
            for number, run in enumerate(self.runs, start=1)
        }


def select_runs(query: QueryDict) -> RunSelection:
    """Return the runs that `ids` names; `baseline` is one of them, else the first."""
    words = [word.strip() for text in query.getlist("ids") for word in text.split(",")]
    # Parse before removing duplicates, since an id can be written in several ways.
    ids = list(dict.fromkeys(_parse_id(word) for word in words if word))
    baseline = _parse_id(query.get("baseline", ""))
    ids.sort(key=lambda run_id: run_id != baseline)
    first = ids[:MOST_COMPARED]
    uuids = [run_id for run_id in first if isinstance(run_id, UUID)]
    sizes = BenchmarkRun.objects.result_counts(uuids)
    known = [run_id for run_id in uuids if run_id in sizes]
    totals = list(accumulate(sizes[run_id] for run_id in known))
    taken = known[: bisect_right(totals, MOST_RESULTS)]
    by_id = BenchmarkRun.objects.for_page().in_bulk(taken)
    left_out = [*known[len(taken) :], *ids[MOST_COMPARED:]]
    return RunSelection(
        runs=[by_id[run_id] for run_id in taken if run_id in by_id],
        missing=[str(run_id) for run_id in first if run_id not in sizes],
        left_out=[str(run_id) for run_id in left_out],
    )


def _parse_id(word: str) -> UUID | str:
    """Return the id, or the word itself if it is not an id."""
    try:
        return UUID(word)
    except ValueError:
        return word
