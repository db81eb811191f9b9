"""Lists of runs as files: a row for each run, with its key results."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from django.db.models import QuerySet

from benchmarks.summary import COLUMNS as SUMMARY
from benchmarks.summary import find_middle
from noising.models import BenchmarkResult, BenchmarkRun
from noising.models.streams import stream_rows

WASTED: Final = "wasted_steps"

KEY_METRICS: Final = tuple(
    dict.fromkeys(each.metric for each in SUMMARY if each.metric != WASTED)
)
"""The metrics of the summary, measured at the middle timestep."""

COLUMNS: Final = (
    *("id", "name", "status", "created_at", "finished_at", "corpus", "schedules"),
    *("baseline", "graph", "num_timesteps", "samples", "seed", "suite", "tags"),
    *("notes", "owner", "archived_at", "error", "timestep", *KEY_METRICS, WASTED),
)
"""Columns of a list as a table."""

AT_ONCE: Final = 50
"""How many runs an export holds in memory."""

Row = dict[str, Any]


def export_runs(runs: QuerySet[BenchmarkRun]) -> Iterator[Row]:
    """Yield each run with its key results, to a reader that may be slow.

    `runs` are as `for_list` loads them.

    The key results are those of the summary: at the measured timestep that is nearest
    to the middle, by schedule. A run without results has none.
    """
    return stream_rows(runs, AT_ONCE, _load)


def tabulate_runs(rows: Iterable[Row]) -> Iterator[Sequence[Any]]:
    """Yield runs as the rows of a table, its header first."""
    yield COLUMNS
    for row in rows:
        results: Mapping[str, Mapping[str, Any]] = row["results"]
        by_metric = {
            metric: "; ".join(
                f"{name}={values[metric]:.6g}" for name, values in results.items()
            )
            for metric in (*KEY_METRICS, WASTED)
        }
        yield [_write_cell((row | by_metric)[name]) for name in COLUMNS]


def _load(batch: QuerySet[BenchmarkRun]) -> list[Row]:
    runs = list(batch)
    timesteps = {run.pk: find_middle(run.config) for run in runs}
    measured = BenchmarkResult.objects.of_runs(timesteps)
    return [_describe(run, timesteps[run.pk], measured.get(run.pk, ())) for run in runs]


def _describe(
    run: BenchmarkRun, timestep: int, results: Iterable[BenchmarkResult]
) -> Row:
    config = run.config
    return {
        "id": str(run.pk),
        "name": run.title,
        "status": run.status,
        "created_at": run.created_at.isoformat(),
        "finished_at": run.finished_at and run.finished_at.isoformat(),
        "corpus": run.corpus_name,
        "schedules": config["schedules"],
        "baseline": run.baseline,
        "graph": config["graph"]["type"],
        "num_timesteps": config["num_timesteps"],
        "samples": config["samples"],
        "seed": int(run.seed),
        "suite": run.suite,
        "tags": run.tags,
        "notes": run.notes,
        "owner": run.owner and run.owner.get_username(),
        "archived_at": run.archived_at and run.archived_at.isoformat(),
        "error": run.error,
        "timestep": timestep,
        "results": {
            result.schedule.name: {
                **{name: result.metrics[name]["measured"] for name in KEY_METRICS},
                WASTED: result.schedule.wasted_steps,
            }
            for result in results
        },
    }


def _write_cell(value: Any) -> Any:
    if isinstance(value, list):
        return "; ".join(map(str, value))
    return "" if value is None else value
