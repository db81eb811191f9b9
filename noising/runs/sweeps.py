"""Stores what sweeps measure, and finds the configurations that no other one beats."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from django.db import transaction

from benchmarks.corpora import legible
from benchmarks.sweeps import Point, PointResult
from noising.decision import find_pareto
from noising.models import Job, SweepPoint
from noising.runs.lease import StoppedError

MAX_IDS = 500
"""Rows of one UPDATE; SQLite has a limit on parameters."""


def sweep_store(
    *, job: Job, points: Mapping[int, Point], results: Sequence[PointResult]
) -> None:
    """Store some results, each once.

    Args:
        job: the job with its claim.
        points: the configurations of the sweep by position.
        results: what was measured.

    Raises:
        StoppedError: another command has taken the job; nothing is stored.
    """
    with transaction.atomic():
        if not Job.objects.held(job).select_for_update().exists():
            raise StoppedError("taken by another command")
        SweepPoint.objects.bulk_create(
            [_make_row(job, points[result.position], result) for result in results],
            ignore_conflicts=True,
        )


def sweep_mark_front(*, job: Job) -> int:
    """Mark the configurations that no other one of their group beats.

    Returns:
        Their number.
    """
    groups = defaultdict[tuple[str, str, int], list[SweepPoint]](list)
    for point in SweepPoint.objects.of_job(job).measured().defer("values"):
        groups[point.group].append(point)
    best = []
    for members in groups.values():
        pairs = [(each.information_wasted, each.weight_variance) for each in members]
        best += [
            each.pk
            for each, is_efficient in zip(members, find_pareto(pairs), strict=True)
            if is_efficient
        ]
    with transaction.atomic():
        SweepPoint.objects.of_job(job).update(is_on_front=False)
        for start in range(0, len(best), MAX_IDS):
            some = SweepPoint.objects.filter(pk__in=best[start : start + MAX_IDS])
            some.update(is_on_front=True)
    return len(best)


def _make_row(job: Job, point: Point, result: PointResult) -> SweepPoint:
    return SweepPoint(
        job=job,
        position=point.position,
        schedule=dict(point.schedule),
        graph=dict(point.graph),
        corpus=name_corpus(point.corpus),
        num_timesteps=point.num_timesteps,
        values=dict(result.values),
        information_wasted=result.values.get("information_wasted"),
        weight_variance=result.values.get("weight_variance"),
        error=result.error,
    )


def name_corpus(corpus: str) -> str:
    """Return the name of a corpus: that of its file, without the host's folders."""
    return legible(corpus.rstrip("/").rpartition("/")[2])[:255]
