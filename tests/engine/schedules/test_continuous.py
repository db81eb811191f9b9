"""Schedules given by sigma: reference values, ends, constant noise."""

import math

import numpy as np
import pytest

from noising.engine import EngineError, build_process
from tests.engine.references import close, near, reference

SEDD = reference("sedd_noise")
TIMES = np.array(SEDD["t"])


def _process(**schedule):
    return build_process({"schedule": schedule})


@pytest.mark.parametrize(
    ("low", "high", "key"),
    [
        (1e-4, 20, "geometric(0.0001,20)"),
        (1e-3, 1, "geometric(0.001,1)"),
        (1e-5, 20, "geometric(1e-05,20)"),
        (1e-4, 10, "geometric(0.0001,10)"),
        (1e-4, 0.02, "geometric(0.0001,0.02)"),
    ],
)
def test_geometric_equals_sedd(low, high, key):
    process = _process(type="geometric", sigma_min=low, sigma_max=high)
    expected = SEDD[key]
    assert close(process.sigma(TIMES), expected["sigma"])
    assert close(process.dsigma(TIMES), expected["rate"])
    assert close(process.alpha(TIMES), expected["alpha"])
    assert close(process.move_chance(TIMES), expected["one_minus_alpha_exact"])


def test_geometric_starts_above_zero_and_ends_at_its_maximum():
    process = _process(type="geometric")
    assert process.sigma([0.0, 1.0]).tolist() == [1e-4, 20.0]
    assert process.alpha(0.0) == math.exp(-1e-4)


def test_geometric_with_equal_ends_is_constant_noise():
    process = _process(type="geometric", sigma_min=0.3, sigma_max=0.3)
    assert (process.sigma(np.linspace(0, 1, 999)) == 0.3).all()
    assert process.dsigma(0.5) == 0.0


def test_geometric_takes_ends_that_are_worlds_apart():
    process = _process(type="geometric", sigma_min=1e-300, sigma_max=1e300)
    assert process.sigma([0.0, 0.5, 1.0]) == pytest.approx([1e-300, 1.0, 1e300])
    assert process.dsigma(0.5) == pytest.approx(math.log(10) * 600)


def test_linear_sigma_is_a_line_between_its_ends():
    process = _process(type="linear_sigma")
    assert process.sigma(TIMES) == near(1e-3 + 6.999 * TIMES, rel=1e-15)
    assert (process.dsigma(TIMES) == 7.0 - 1e-3).all()
    process = _process(type="linear_sigma", sigma_min=2, sigma_max=2)
    assert (process.sigma(TIMES) == 2.0).all()
    assert process.log_snr(1.0) == pytest.approx(-math.log(math.expm1(2.0)))


def test_log_snr_goes_on_where_alpha_is_too_small_for_a_number():
    process = _process(type="linear_sigma", sigma_max=5000)
    assert process.alpha(1.0) == 0.0
    assert process.log_snr(1.0) == -5000.0


def test_uniform_is_a_constant_rate_down_to_its_terminal_alpha():
    process = _process(type="uniform", terminal_alpha=1e-5)
    assert process.alpha(TIMES) == near(1e-5**TIMES, rel=1e-14)
    assert (process.dsigma(TIMES) == -math.log(1e-5)).all()
    assert _process(type="uniform").alpha(1.0) == near(1e-3, rel=1e-15)
    assert process.move_chance(1e-18) == near(1e-18 * math.log(1e5), rel=1e-15)


@pytest.mark.parametrize(
    ("schedule", "field", "code"),
    [
        ({"type": "geometric", "sigma_min": 0}, "sigma_min", "out_of_range"),
        ({"type": "geometric", "sigma_min": 21}, "sigma_min", "out_of_order"),
        ({"type": "geometric", "sigma_max": -1}, "sigma_max", "out_of_range"),
        ({"type": "geometric", "sigma_max": math.inf}, "sigma_max", "not_finite"),
        ({"type": "linear_sigma", "sigma_min": 8}, "sigma_min", "out_of_order"),
        ({"type": "linear_sigma", "sigma_min": -1}, "sigma_min", "out_of_range"),
        ({"type": "uniform", "terminal_alpha": 0}, "terminal_alpha", "out_of_range"),
        ({"type": "uniform", "terminal_alpha": 1}, "terminal_alpha", "out_of_range"),
        ({"type": "uniform", "rate": 7}, "rate", "unknown_key"),
    ],
)
def test_bad_parameters_are_refused_by_name(schedule, field, code):
    with pytest.raises(EngineError) as caught:
        _process(**schedule)
    assert (caught.value.field, caught.value.code) == (f"schedule.{field}", code)
