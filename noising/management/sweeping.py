"""Measures a sweep as a job: `manage.py run_benchmarks --sweep FILE`."""

import argparse
import hashlib
from pathlib import Path
from typing import Any

from benchmarks.run_benchmarks import find_vocab_size, progress_bar
from benchmarks.sweeps import Corpora, Sweep, load_corpora, read_sweep, run_sweep
from noising.command.corpus_options import add_executor, choose_executor
from noising.command.output import format_table
from noising.engine import ENGINE_VERSION
from noising.jobs.folder import format_document
from noising.models import Job, SweepPoint
from noising.models.sweeps import describe_part
from noising.runs import (
    JobLease,
    JobState,
    ScheduleNames,
    job_start,
    sweep_mark_front,
    sweep_store,
)
from noising.runs.sweeps import name_corpus


def add_sweep_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of sweeps."""
    group = parser.add_argument_group(
        "sweeps", "They also use --vocab-size, --seed and --quiet."
    )
    group.add_argument(
        "--sweep",
        type=Path,
        metavar="FILE",
        help="measure every configuration of a grid in JSON or YAML, and store them",
    )
    group.add_argument(
        "--resume", action="store_true", help="go on with the same sweep"
    )
    add_executor(parser)


def measure_sweep(options: dict[str, Any]) -> Job:
    """Measure all configurations that are not stored yet, and return the job.

    Args:
        options: the arguments of the command.

    Raises:
        UsageError: the file is invalid.
        CorpusError: a corpus cannot be read.
        JobRunningError: another command measures this sweep.
        JobError: workers were killed.
        StoppedError: another command has taken the job.
    """
    executor = choose_executor(argparse.Namespace(**options))
    sweep = read_sweep(options["sweep"], resolve=ScheduleNames().resolve)
    corpora = load_corpora(
        sweep.corpora,
        vocab_size=find_vocab_size(options["vocab_size"]),
        seed=options["seed"],
    )
    points = {point.position: point for point in sweep.points}
    state = JobState(parts=len(points))
    job = job_start(
        kind=Job.Kind.SWEEP,
        name=sweep.name,
        digest=_hash_plan(sweep, corpora),
        config=_describe(sweep, corpora),
        state=state,
        resume=options["resume"],
    )
    with JobLease(job, state) as lease:
        stored = SweepPoint.objects.of_job(job)
        done = set(stored.values_list("position", flat=True))
        failed = stored.exclude(error="").count()
        kept = len(done)

        def report() -> None:
            counts = {"measured": len(done) - failed, "not_measurable": failed}
            lease.report(
                JobState(parts=len(points), done=len(done), kept=kept, counts=counts)
            )

        report()
        left = [point for point in sweep.points if point.position not in done]
        with progress_bar(quiet=options["quiet"]) as show:
            for results in run_sweep(left, corpora, executor):
                sweep_store(job=job, points=points, results=results)
                done.update(result.position for result in results)
                failed += sum(bool(result.error) for result in results)
                show(len(done), len(points), "configurations")
                report()
        sweep_mark_front(job=job)
    return Job.objects.get(pk=job.pk)


def format_front(job: Job) -> str:
    """Return the configurations that no other one beats, as a table."""
    rows = [
        (
            *(point.corpus, describe_part(point.graph), point.num_timesteps),
            *(point.label, point.information_wasted, point.weight_variance),
        )
        for point in SweepPoint.objects.of_job(job).on_front()
    ]
    header = ("corpus", "graph", "T", "schedule", "wasted", "variance")
    failed = job.counts["not_measurable"]
    note = f", {failed:,} of them not measurable" if failed else ""
    end = f"Stored as job {job.pk}: {job.parts:,} configurations{note}."
    return f"{format_table(header, rows)}\n{end}" if rows else end


def _describe(sweep: Sweep, corpora: Corpora) -> dict[str, Any]:
    return {
        "configurations": len(sweep.points),
        "corpora": ", ".join(name_corpus(name) for name in sweep.corpora),
        "vocab_size": corpora.vocab_size,
        "seed": str(corpora.seed),
        "engine": ENGINE_VERSION,
    }


def _hash_plan(sweep: Sweep, corpora: Corpora) -> str:
    plan = {
        "points": [list(point) for point in sweep.points],
        "corpora": dict(corpora.digests),
        "vocab_size": corpora.vocab_size,
        "seed": corpora.seed,
        "engine": ENGINE_VERSION,
    }
    return hashlib.sha256(format_document(plan)).hexdigest()
