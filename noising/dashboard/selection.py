"""The schedules and runs that a query names, for pages and plots that compare them."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any
from uuid import UUID

from django.http import QueryDict

from benchmarks.comparison import MOST_COMPARED
from noising.models import COMPARED_SCHEDULES, BenchmarkRun, ScheduleConfig

MOST_RESULTS = 20_000
"""Rows of results that one comparison reads: eight of the largest runs of the queue."""


def parse_names(query: QueryDict) -> list[str]:
    """Return the names, each once: `names=a,b` and `names=a&names=b` are the same."""
    words = (
        word.strip() for text in query.getlist("names") for word in text.split(",")
    )
    return list(dict.fromkeys(word for word in words if word))


def select_schedules(query: QueryDict) -> list[ScheduleConfig]:
    """Return the first schedules that the query names, in its order, in one query.

    Archived ones count: an address that was passed on goes on working.
    """
    names = parse_names(query)[:COMPARED_SCHEDULES]
    by_name = {
        config.slug: config
        for config in ScheduleConfig.objects.for_curves().filter(slug__in=names)
    }
    return [by_name[name] for name in names if name in by_name]


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSelection:
    """Runs with results, the baseline first, and what of the query is none.

    Attributes:
        runs: with everything that they measured.
        missing: ids of no run, and of runs without results, as they were given.
        left_out: ids beyond as many runs, or as many results, as are compared at once.
    """

    runs: Sequence[BenchmarkRun]
    missing: Sequence[str]
    left_out: Sequence[str]

    @property
    def ids(self) -> str:
        """The runs as a query names them."""
        return ",".join(str(run.pk) for run in self.runs)

    @property
    def documents(self) -> dict[str, dict[str, Any]]:
        """What the runs measured, by their labels."""
        return {label: run.document() for label, run in self.labels.items()}

    @property
    def labels(self) -> dict[str, BenchmarkRun]:
        """The runs by what charts and heads call them."""
        return {
            f"{number} · {run.created_at:%d %b %Y, %H:%M}": run
            for number, run in enumerate(self.runs, start=1)
        }


def select_runs(query: QueryDict) -> RunSelection:
    """Return the runs that `ids` names; `baseline` is one of them, else the first."""
    words = [word.strip() for text in query.getlist("ids") for word in text.split(",")]
    # An id may be written in several ways, and names one run all the same.
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
    """Return the id that a word writes, or the word that writes none."""
    try:
        return UUID(word)
    except ValueError:
        return word
