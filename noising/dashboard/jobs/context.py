"""The data of a job's page: what it does, and what it has done."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks.sweeps.measures import MEASURES
from noising.dashboard import plots
from noising.figures import SWEEP_FIGURES
from noising.models import Job, SweepPoint

MOST_ROWS = 200
"""Rows of the Pareto list on the page; the CSV has all configurations."""

MOST_ERRORS = 20

LONGEST_VALUE = 200
"""Characters of a value on the page."""


def list_facts(job: Job) -> list[tuple[str, str]]:
    """Return what the job does, nested values as flat pairs of label and text."""
    return list(_flatten(job.config, ""))


@dataclass(frozen=True, slots=True, kw_only=True)
class FrontRow:
    """A configuration that no other one of its group beats, as text."""

    group: str
    label: str
    cells: Sequence[str]
    specification: str


def make_sweep_plots(job: Job) -> list[plots.Plot]:
    """Return the plots of a sweep, once something was measured."""
    if not job.counts.get("measured"):
        return []
    return [plots.make_sweep_plot(name, job) for name in SWEEP_FIGURES]


def list_front(job: Job) -> list[FrontRow]:
    """Return the Pareto list, group by group."""
    rows = []
    for point in SweepPoint.objects.of_job(job).on_front()[:MOST_ROWS]:
        graph, corpus, timesteps = point.group
        values = [point.values.get(name) for name in MEASURES]
        rows.append(
            FrontRow(
                group=f"{graph}, {corpus}, T = {timesteps}",
                label=point.label,
                cells=["" if value is None else f"{value:.4g}" for value in values],
                specification=json.dumps(point.schedule),
            )
        )
    return rows


def list_rows(job: Job) -> Iterator[Sequence[Any]]:
    """Yield all configurations of a sweep as rows of a table, after a header."""
    yield (
        *("position", "corpus", "num_timesteps", "graph", "schedule"),
        *MEASURES,
        *("is_on_front", "error"),
    )
    for point in SweepPoint.objects.of_job(job).iterator(chunk_size=1000):
        yield (
            *(point.position, point.corpus, point.num_timesteps),
            *(json.dumps(point.graph), json.dumps(point.schedule)),
            *(point.values.get(name) for name in MEASURES),
            *(point.is_on_front, point.error),
        )


def serialize_state(job: Job) -> dict[str, Any]:
    """Return what the scripts of the page show while the job runs."""
    return {
        "status": job.shown_status,
        "progress": job.progress,
        "state": job.state_text,
    }


def name_manifest(job: Job, *, is_full: bool) -> str:
    """Return the path of the manifest of a job that noises a corpus, or "".

    Args:
        job: the job.
        is_full: whether to name the folders of the host.
    """
    if job.kind != Job.Kind.NOISE or job.status != Job.Status.SUCCEEDED:
        return ""
    return f"{job.name if is_full else job.short_name}/manifest.json"


def _flatten(parts: Mapping[str, Any], prefix: str) -> Iterator[tuple[str, str]]:
    for name, value in parts.items():
        label = f"{prefix}{name.replace('_', ' ')}"
        if isinstance(value, Mapping):
            yield from _flatten(value, f"{label}: ")
        elif value is not None:
            text = str(value)
            is_long = len(text) > LONGEST_VALUE
            yield label, f"{text[:LONGEST_VALUE]}..." if is_long else text
