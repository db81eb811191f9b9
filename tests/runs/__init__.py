"""Runs for tests: queued, being measured, or with results."""

from typing import Any

from benchmarks.cases import BenchmarkConfig
from noising.models import BenchmarkRun
from noising.runs import run_claim, run_create, run_record, run_start

CONFIG: dict[str, Any] = {
    "schedules": (("uniform", {"type": "uniform"}), ("cosine", {"type": "cosine"})),
    "baseline": "uniform",
    "graph": {"type": "uniform"},
    "corpus": "synthetic",
    "vocab_size": 64,
    "num_timesteps": 1000,
    "timesteps": (0, 500),
    "samples": 4,
    "seed": 1,
}


def config(**changes: Any) -> BenchmarkConfig:
    """Return a benchmark that takes a second or two."""
    return BenchmarkConfig(**(CONFIG | changes))


def queued(**options: Any) -> BenchmarkRun:
    """Return a run that waits for a worker."""
    return run_create(config=config(), **options)


def claimed(**options: Any) -> BenchmarkRun:
    """Return a run that is being measured."""
    run = run_claim(run_id=queued(**options).pk)
    assert run is not None
    return run


def record_results(document: dict[str, Any], **columns: Any) -> BenchmarkRun:
    """Return a run that succeeded with these results, as a command stores it."""
    run = run_start(
        suite=document["suite"],
        corpus_name=document["corpus"]["name"],
        config=document["config"],
    )
    run = run_record(run=run, document=document)
    for name, value in columns.items():
        setattr(run, name, value)
    run.save(update_fields=columns)
    return run
