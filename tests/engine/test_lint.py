import math
import re
from pathlib import Path

import numpy as np
import pytest

from noising.engine import SCHEDULE_TYPES, EngineError, build_process, lint
from noising.engine.lint import CHECKS, is_wasted, wasted_ranges, wasted_timesteps


def _codes(spec, tokens=None):
    return [finding.code for finding in lint(build_process(spec), tokens)]


def _found(code, spec, tokens=None):
    (finding,) = (f for f in lint(build_process(spec), tokens) if f.code == code)
    return finding


def _trap(steps=1000):
    """Per-step noise rates taken for total noise: alpha ends at 0.980."""
    return np.exp(np.linspace(math.log(1e-4), math.log(0.02), steps)).tolist()


@pytest.mark.parametrize("kind", ["sedd_entropy", "cosine", "loglinear"])
def test_sound_schedules_have_nothing_worse_than_hints(kind):
    spec = {"schedule": {"type": kind}, "graph": {"type": "absorbing"}}
    assert {finding.severity for finding in lint(build_process(spec))} <= {"info"}


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
    assert [f.code for f in findings[:2]] == ["sigma_decreases", "invalid_kernel"]
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


def test_wasted_timesteps_are_those_of_the_prior_that_is_given():
    prior = np.array([8.0, 1.0, 1.0, 0.0, 2.0])
    schedule = {"type": "geometric"}
    spec = {"vocab_size": 5, "num_timesteps": 200, "schedule": schedule}
    process = build_process(spec)
    times = process.time(np.arange(200))
    left = np.append(
        -(prior / 12) @ np.log(np.where(prior > 0, prior / 12, 1.0)),
        process.mutual_information(times, prior),
    )
    expected = np.count_nonzero(-np.diff(left) < 0.1 * left[0] / 200)
    assert wasted_timesteps(process, prior) == expected
    assert wasted_timesteps(process, np.ones(5)) == wasted_timesteps(process)
    assert wasted_timesteps(process) != expected
    with pytest.raises(EngineError) as caught:
        wasted_timesteps(process, [1.0])
    assert caught.value.field == "prior"


def test_the_entropy_schedule_wastes_no_timestep():
    assert wasted_timesteps(build_process({"schedule": {"type": "sedd_entropy"}})) == 0


def test_a_step_back_has_no_kernel():
    sigmas = [0.5, 0.4, 8.0, 9.0, 10.0]
    spec = {"num_timesteps": 5, "schedule": {"type": "custom", "sigmas": sigmas}}
    finding = _found("invalid_kernel", spec)
    assert finding.severity == "error"
    assert finding.value == pytest.approx(-math.expm1(0.1))


def test_a_mask_id_that_the_data_uses_is_an_error():
    spec = {"vocab_size": 10, "graph": {"type": "absorbing", "mask_id": 3}}
    finding = _found("mask_in_tokens", spec, [[1, 3], [3, 2]])
    assert (finding.severity, finding.value) == ("error", 0.5)
    assert "mask_in_tokens" not in _codes(spec, [1, 2])
    assert "mask_in_tokens" not in _codes(spec, [])
    assert "mask_in_tokens" not in _codes(spec)
    outside = {"vocab_size": 10, "graph": {"type": "absorbing"}}
    assert "mask_in_tokens" not in _codes(outside, [1, 3])
    with pytest.raises(EngineError):
        lint(build_process(spec), ["a"])


def test_ids_that_are_none_are_an_error():
    spec = {"vocab_size": 10, "schedule": {"type": "loglinear"}}
    finding = _found("ids_out_of_range", spec, [[1, 12], [-1, 2]])
    assert (finding.severity, finding.value) == ("error", 0.5)
    assert "such as 12, lie outside the vocabulary 0..9" in finding.message
    assert "ids_out_of_range" in _codes(spec, np.array([10], np.uint8))
    for fine in ([0, 9], [], None):
        assert "ids_out_of_range" not in _codes(spec, fine)


def test_masks_in_the_data_are_no_ids_either_but_have_their_own_finding():
    spec = {"vocab_size": 10, "graph": {"type": "absorbing"}}
    finding = _found("mask_in_tokens", spec, [1, 10])
    assert "Remove the masks" in finding.way_out
    assert "ids_out_of_range" not in _codes(spec, [1, 10])
    assert _found("ids_out_of_range", spec, [1, 10, 11, -1]).value == 0.5


def _pair(rates):
    times = (np.arange(100) + 1) / 100
    schedule = {
        "type": "custom",
        "sigmas": (7.0 * times**2).tolist(),
        "rates": rates(times).tolist(),
    }
    return {"num_timesteps": 100, "schedule": schedule}


def test_a_rate_that_is_not_the_derivative_is_reported():
    finding = _found("rate_mismatch", _pair(lambda t: 7.0 * t))
    assert finding.severity == "warning"
    assert finding.value == pytest.approx(0.5, abs=0.51)
    assert "rate_mismatch" not in _codes(_pair(lambda t: 14.0 * t))


SMOOTH = [
    {"type": "loglinear"},
    {"type": "geometric"},
    {"type": "linear_sigma"},
    {"type": "mdlm_cosine"},
    {"type": "cosine_squared"},
    {"type": "maskgit_cosine"},
    {"type": "polynomial", "exponent": 3},
    {"type": "uniform"},
    {"type": "sedd_entropy"},
]


def _tabled(schedule, steps, factor=1.0):
    """The specification of a formula as a table with its own exact rates."""
    formula = build_process(
        {"vocab_size": 50, "num_timesteps": steps, "schedule": schedule}
    )
    times = formula.time(np.arange(steps))
    table = {
        "type": "custom",
        "sigmas": formula.sigma(times).tolist(),
        "rates": (factor * formula.dsigma(times)).tolist(),
    }
    return {"vocab_size": 50, "num_timesteps": steps, "schedule": table}


@pytest.mark.parametrize("steps", [10, 100, 1000])
@pytest.mark.parametrize("schedule", SMOOTH, ids=lambda schedule: schedule["type"])
def test_exact_rates_of_a_formula_are_right_however_coarse_the_table(schedule, steps):
    """MDLM's cosine rises from 610 to 1569 in its last interval, by 944 on average."""
    assert "rate_mismatch" not in _codes(_tabled(schedule, steps))
    for factor in (0.6, 1.5) if steps == 10 else (0.9, 1.1):
        assert "rate_mismatch" in _codes(_tabled(schedule, steps, factor))


def test_the_rate_of_a_single_step_is_looked_at_too():
    single = {"type": "custom", "sigmas": [9.0], "rates": [1.0]}
    assert "rate_mismatch" in _codes({"num_timesteps": 1, "schedule": single})


@pytest.mark.parametrize("kind", [k for k in SCHEDULE_TYPES if k != "custom"])
def test_no_built_in_rate_is_reported(kind):
    assert "rate_mismatch" not in _codes({"schedule": {"type": kind}, "vocab_size": 50})


def test_a_start_that_float32_cannot_see_is_reported():
    spec = {"schedule": {"type": "geometric", "sigma_min": 1e-9}}
    finding = _found("float32_blind", spec)
    assert finding.severity == "warning"
    assert finding.value > 100
    assert "float32_blind" not in _codes({"schedule": {"type": "loglinear"}})


def test_a_start_that_bfloat16_cannot_see_is_a_hint():
    # 1 - alpha needs alpha to differ from 1 by 2^-9 in eight bits.
    finding = _found("bfloat16_blind", {"schedule": {"type": "loglinear"}})
    assert finding.severity == "info"
    first = 0.999 / 1000
    assert f"{first:.3g}" in finding.message


def test_a_noisy_start_and_a_diverging_weight_are_hints():
    geometric = {"schedule": {"type": "geometric"}}
    assert _found("noisy_start", geometric).value == pytest.approx(1e-4, rel=1e-4)
    assert "weight_diverges" not in _codes(geometric)
    loglinear = {"schedule": {"type": "loglinear"}}
    assert "noisy_start" not in _codes(loglinear)
    assert _found("weight_diverges", loglinear).value == pytest.approx(1.0, abs=1e-3)


@pytest.mark.parametrize(
    ("sigma_min", "severity"), [(1e-4, "info"), (4.5, "info"), (4.7, "error")]
)
def test_a_start_that_is_nearly_all_noise_is_an_error(sigma_min, severity):
    """1 - exp(-4.6) is 0.99."""
    schedule = {"type": "geometric", "sigma_min": sigma_min}
    finding = _found("noisy_start", {"schedule": schedule})
    assert finding.severity == severity
    assert finding.value == pytest.approx(-math.expm1(-sigma_min))


def test_matrix_graphs_are_linted_from_a_thinned_curve():
    graph = {"type": "banded", "beta": 3.0}
    spec = {"vocab_size": 12, "graph": graph, "schedule": {"type": "geometric"}}
    assert "wasted_timesteps" in _codes(spec)
    large = {"vocab_size": 600, "num_timesteps": 10, "graph": graph}
    codes = _codes(large)
    assert "terminal_leak" not in codes
    left_out = _found("checks_left_out", large)
    assert (left_out.severity, left_out.value) == ("info", 600.0)
    for code in ("terminal_leak", "wasted_timesteps"):
        assert f"`{code}`" in left_out.message
    assert "checks_left_out" not in _codes({**large, "vocab_size": 512})
    assert wasted_timesteps(build_process(large)) == 0


def test_every_finding_is_documented_with_its_severity():
    text = (Path(__file__).parents[2] / "docs" / "lint.md").read_text()
    documented = re.findall(r"^## `(\w+)`", text, re.MULTILINE)
    assert documented == list(CHECKS)


def test_wasted_timesteps_are_told_one_by_one():
    process = build_process(
        {
            "vocab_size": 4,
            "num_timesteps": 4,
            "schedule": {"type": "custom", "alphas": [0.999, 0.5, 0.5, 0.1]},
            "graph": {"type": "absorbing"},
        }
    )
    assert is_wasted(process).tolist() == [True, False, True, False]


def test_wasted_stretches_have_their_first_and_last_timestep():
    process = build_process({"schedule": {"type": "cosine"}})
    ranges = wasted_ranges(process)
    assert sum(last - first + 1 for first, last in ranges) == wasted_timesteps(process)
    assert ranges[0][0] == 0
    assert ranges[-1][1] == 999
    assert wasted_ranges(build_process({"schedule": {"type": "sedd_entropy"}})) == []
