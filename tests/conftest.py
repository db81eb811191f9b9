"""Fixtures that several folders of tests share."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import override_settings

from benchmarks import throughput
from benchmarks.cases import BenchmarkConfig
from benchmarks.runner import run
from noising import services
from noising.figures import IMAGE_CACHE
from noising.models import BenchmarkRun, ScheduleConfig
from noising.runs import lease
from noising_site import health
from tests.runs import record_results

pytest_plugins = [
    "tests.coverage_gates",
    "tests.databases",
    "tests.distribution",
    "tests.operations.containers",
    "tests.postgresql",
    "tests.required_in_ci",
]


@pytest.fixture(autouse=True)
def _no_images() -> Iterator[None]:
    """Plots that one test draws are not there for the next."""
    yield
    IMAGE_CACHE.clear()


class CheckInThisThread:
    """The checks of /readyz, run where a test has put its rows."""

    def results(self, seconds: float) -> dict[str, bool]:
        works: dict[str, bool] = {}
        health.run_checks(works)
        return works


@pytest.fixture(scope="session", autouse=True)
def _replace_what_is_slow() -> Iterator[None]:
    """Replace once for all tests what each of them would have to replace.

    Another thread does not see what a test has not committed: there is no heartbeat,
    and probes check the database in the test's thread. A hash that is slow on purpose,
    a list of all static files for each client, and exact timings in each run would
    take most of the tests' time.
    """
    hashers = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    with (
        pytest.MonkeyPatch.context() as patch,
        override_settings(PASSWORD_HASHERS=hashers, WHITENOISE_AUTOREFRESH=True),
    ):
        patch.setattr(throughput, "ROUNDS", 3)
        patch.setattr(lease, "HEARTBEAT_SECONDS", 3600.0)
        patch.setattr(health, "CHECK", CheckInThisThread())
        yield


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


@pytest.fixture(scope="session")
def decided_document() -> dict[str, Any]:
    """A smaller benchmark with a decision, measured once."""
    config = BenchmarkConfig(
        schedules=tuple((name, {"type": name}) for name in ("loglinear", "cosine")),
        baseline="cosine",
        graph={"type": "absorbing"},
        corpus="synthetic",
        vocab_size=16,
        num_timesteps=100,
        timesteps=(50,),
        samples=4,
        seed=1,
        decision=True,
    )
    return run(config, on_progress=lambda done, total, step: None)


@pytest.fixture(scope="session")
def measured_text(measured_document: dict[str, Any]) -> str:
    """The same, from which a copy is made in a fraction of deepcopy's time."""
    return json.dumps(measured_document)


@pytest.fixture
def document(measured_text: str) -> dict[str, Any]:
    """A results document of the test's own."""
    document: dict[str, Any] = json.loads(measured_text)
    return document


@pytest.fixture
def stored_schedules(db: None) -> list[ScheduleConfig]:
    """The schedules of the document and one more, over a small vocabulary."""
    kinds = {
        "uniform": ("uniform", "uniform"),
        "cosine": ("cosine", "uniform"),
        "sedd_entropy": ("sedd_entropy", "uniform"),
        "sedd-absorbing": ("sedd_entropy", "absorbing"),
    }
    return [
        services.schedule_create(
            slug=slug,
            specification={
                "vocab_size": 27,
                "schedule": {"type": schedule},
                "graph": {"type": graph},
            },
        )
        for slug, (schedule, graph) in kinds.items()
    ]


@pytest.fixture
def recorded_run(
    stored_schedules: list[ScheduleConfig], document: dict[str, Any]
) -> BenchmarkRun:
    """A run that succeeded, of schedules that are stored."""
    return record_results(document)
