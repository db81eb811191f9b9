import math

import numpy as np
import pytest

from noising.engine import build_process, lint
from noising.engine.lint import wasted_timesteps


def _codes(spec):
    return [finding.code for finding in lint(build_process(spec))]


def _trap(steps=1000):
    """Per-step noise rates taken for total noise: alpha ends at 0.980."""
    return np.exp(np.linspace(math.log(1e-4), math.log(0.02), steps)).tolist()


@pytest.mark.parametrize("kind", ["sedd_entropy", "cosine", "loglinear"])
def test_sound_schedules_have_no_findings_for_the_absorbing_graph(kind):
    assert _codes({"schedule": {"type": kind}, "graph": {"type": "absorbing"}}) == []


def test_the_total_noise_trap_leaks_nearly_everything():
    process = build_process({"schedule": {"type": "custom", "sigmas": _trap()}})
    leak = {finding.code: finding for finding in lint(process)}["terminal_leak"]
    assert leak.value == pytest.approx(0.9712139566026503, rel=1e-12)
    assert leak.severity == "warning"
    assert "97" in leak.message


@pytest.mark.parametrize(
    "spec",
    [
        {"num_timesteps": 100, "schedule": {"type": "linear"}},
        {"schedule": {"type": "geometric", "sigma_max": 1}},
    ],
)
def test_schedules_that_end_too_early_leak(spec):
    assert "terminal_leak" in _codes(spec)


def test_betas_for_a_thousand_steps_end_at_036_with_a_hundred():
    process = build_process({"num_timesteps": 100, "schedule": {"type": "linear"}})
    assert round(float(process.alphas[-1]), 2) == 0.36


def test_a_falling_table_is_an_error_and_comes_first():
    sigmas = [0.5, 0.4, 8.0, 7.0, 9.0]
    spec = {"num_timesteps": 5, "schedule": {"type": "custom", "sigmas": sigmas}}
    findings = lint(build_process(spec))
    assert findings[0].code == "sigma_decreases"
    assert findings[0].severity == "error"
    assert findings[0].value == 2.0
    assert "first at timestep 1" in findings[0].message


def test_wasted_timesteps_are_counted_one_by_one():
    sigmas = [0.0, 0.0, 0.0, 5.0, 20.0]
    spec = {
        "num_timesteps": 5,
        "vocab_size": 10,
        "schedule": {"type": "custom", "sigmas": sigmas},
    }
    process = build_process(spec)
    assert wasted_timesteps(process) == 4
    wasted = {finding.code: finding for finding in lint(process)}["wasted_timesteps"]
    assert wasted.value == 0.8
    assert wasted.way_out


def test_the_entropy_schedule_wastes_no_timestep():
    assert wasted_timesteps(build_process({"schedule": {"type": "sedd_entropy"}})) == 0
