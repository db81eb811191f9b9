"""What tests of several parts share."""

import copy
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.cache import cache

from benchmarks.cases import BenchmarkConfig
from benchmarks.runner import run

pytest_plugins = ["tests.coverage_gates", "tests.required_in_ci"]


@pytest.fixture(autouse=True)
def _empty_cache() -> Iterator[None]:
    """Plots that one test draws are not there for the next."""
    yield
    cache.clear()


@pytest.fixture(scope="session")
def measured_document() -> dict[str, Any]:
    """A small benchmark, measured once."""
    names = ("uniform", "cosine", "sedd_entropy")
    config = BenchmarkConfig(
        schedules=tuple((name, {"type": name}) for name in names),
        baseline="uniform",
        graph={"type": "uniform"},
        corpus="synthetic",
        vocab_size=64,
        num_timesteps=1000,
        timesteps=(0, 500, 999),
        samples=8,
        seed=1,
    )
    return run(config, on_progress=lambda done, total, step: None)


@pytest.fixture
def document(measured_document: dict[str, Any]) -> dict[str, Any]:
    """A results document of the test's own."""
    return copy.deepcopy(measured_document)
