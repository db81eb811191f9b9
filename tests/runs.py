"""Runs in the queue, for tests."""

from typing import Any

from benchmarks.cases import BenchmarkConfig
from noising import services
from noising.execution import claim_run
from noising.models import BenchmarkRun

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
    return services.run_create(config=config(), **options)


def claimed(**options: Any) -> BenchmarkRun:
    """Return a run that is being measured."""
    run = claim_run(queued(**options).pk)
    assert run is not None
    return run
