"""Schedules on a grid: exact at the timesteps, linear between, left slopes."""

import math

import numpy as np
import pytest

from noising.engine import build_process
from tests.engine.references import near


def _table(sigmas, **more):
    schedule = {"type": "custom", "sigmas": sigmas, **more}
    return build_process({"num_timesteps": len(sigmas), "schedule": schedule})


def test_every_timestep_has_exactly_its_table_value():
    for steps in (1, 3, 7, 49, 1000, 99_991):
        sigmas = np.linspace(0.0, 9.0, steps + 1)[1:]
        process = _table(sigmas.tolist())
        times = process.time(np.arange(steps))
        assert (process.sigma(times) == sigmas).all()
        assert (process.sigmas == sigmas).all()


def test_between_timesteps_sigma_is_linear():
    process = _table([1.0, 5.0])
    assert process.sigma(0.25) == 0.5
    assert process.sigma([0.625, 0.75]).tolist() == [2.0, 3.0]
    assert process.sigma(0.0) == 0.0


def test_a_time_close_to_the_start_is_not_taken_for_the_start():
    process = _table([1.0] * 1000)
    assert process.sigma(1e-15) == near(1e-12, rel=1e-12)
    assert process.sigma(1e-300) == near(1e-297, rel=1e-12)


def test_dsigma_is_the_left_slope_and_at_the_start_the_first():
    process = _table([1.0, 5.0, 5.0, 8.0])
    assert process.dsigma([0.0, 0.1, 0.25]).tolist() == [4.0, 4.0, 4.0]
    assert process.dsigma([0.26, 0.5]).tolist() == [16.0, 16.0]
    assert process.dsigma([0.75, 1.0]).tolist() == [0.0, 12.0]


def test_noise_without_end_begins_in_the_step_that_reaches_it():
    process = _table([1.0, 2.0, 3.0])
    assert process.sigma(1.0) == 3.0
    process = build_process(
        {
            "num_timesteps": 4,
            "schedule": {"type": "custom", "alphas": [0.5, 0.25, 0.0, 0.0]},
        }
    )
    assert process.sigma([0.5, 0.51, 0.75, 0.8, 1.0]).tolist() == [
        pytest.approx(math.log(4)),
        math.inf,
        math.inf,
        math.inf,
        math.inf,
    ]
    assert process.dsigma([0.5, 0.6, 0.75, 0.9, 1.0])[1:].tolist() == [math.inf] * 4


def test_a_table_that_returns_from_endless_noise_has_its_own_last_value():
    process = build_process(
        {"num_timesteps": 2, "schedule": {"type": "custom", "alphas": [0.0, 0.5]}}
    )
    assert process.alphas.tolist() == pytest.approx([0.0, 0.5])
    assert process.sigma(0.75) == math.inf
    assert process.dsigma(1.0) == -math.inf


def test_sigma_never_falls_however_close_the_times():
    rng = np.random.default_rng(5)
    steps = 97
    process = _table(np.cumsum(rng.exponential(size=steps)).tolist())
    near = np.arange(1, steps) / steps
    times = np.concatenate(
        [near, np.nextafter(near, 0), np.nextafter(near, 1), rng.random(20_000)]
    )
    assert (np.diff(process.sigma(np.sort(times))) >= 0.0).all()
