"""Estimates of runs, which follow the time that earlier runs took."""

from datetime import timedelta

import pytest

from benchmarks.cases import BenchmarkConfig
from benchmarks.effort import estimate_seconds
from noising.models import BenchmarkRun
from noising.runs import RunForecast, read_config, run_create, run_forecast

pytestmark = pytest.mark.django_db


def config(**changes: object) -> BenchmarkConfig:
    given = {
        "schedules": (("cosine", {"type": "cosine"}), ("uniform", {"type": "uniform"})),
        "baseline": "uniform",
        "graph": {"type": "uniform"},
        "corpus": "setmm",
        "vocab_size": 50_257,
        "num_timesteps": 1000,
        "timesteps": (0, 500, 999),
        "samples": 512,
        "seed": 0,
    }
    return BenchmarkConfig(**given | changes)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "changes",
    [
        {"schedules": (*config().schedules, ("linear", {"type": "linear"}))},
        {"timesteps": tuple(range(100))},
        {"samples": 5000},
        {"corpus": "of somebody"},
        {"decision": True},
        {"num_timesteps": 100_000},
    ],
)
def test_more_work_takes_longer(changes: dict[str, object]) -> None:
    assert estimate_seconds(config(**changes)) > estimate_seconds(config())


def measured(factor: float) -> None:
    """Store a run that took so many times longer than its estimate."""
    run = run_create(config=config())
    started = run.created_at
    seconds = factor * estimate_seconds(read_config(run))
    BenchmarkRun.objects.filter(pk=run.pk).update(
        status=BenchmarkRun.Status.SUCCEEDED,
        attempt=1,
        started_at=started,
        finished_at=started + timedelta(seconds=seconds),
        measured_at=started,
        schema_version=1,
        corpus={},
        environment={},
    )


def test_recent_runs_tell_the_speed_of_the_machine() -> None:
    assert run_forecast(config()).seconds == pytest.approx(estimate_seconds(config()))
    for factor in (2.0, 3.0, 900.0):  # the last was stopped for an hour
        measured(factor)
    expected = 3.0 * estimate_seconds(config())
    assert run_forecast(config()).seconds == pytest.approx(expected, rel=1e-3)
    BenchmarkRun.objects.all().update(specifications={})  # as the command records them
    assert run_forecast(config()).seconds < expected


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.1, "about 5 seconds"), (41.0, "about 40 seconds"), (200.0, "about 3 minutes")],
)
def test_a_forecast_is_rounded(seconds: float, text: str) -> None:
    assert RunForecast(seconds=seconds, ahead=0).text == text
