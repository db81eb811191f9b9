"""Schedules given by alpha: reference values and both hard ends."""

import math

import numpy as np
import pytest

from noising.engine import EngineError, build_process
from tests.engine.references import close, reference

SEDD = reference("sedd_noise")
TIMES = np.array(SEDD["t"])


def _process(**schedule):
    return build_process({"schedule": schedule})


@pytest.mark.parametrize("epsilon", [1e-3, 5e-3, 1e-4])
def test_loglinear_equals_sedd(epsilon):
    process = _process(type="loglinear", epsilon=epsilon)
    expected = SEDD[f"loglinear(eps={epsilon:g})"]
    assert close(process.sigma(TIMES), expected["sigma"])
    assert close(process.dsigma(TIMES), expected["rate"])
    assert close(process.alpha(TIMES), expected["alpha"])
    assert close(process.move_chance(TIMES), expected["one_minus_alpha_exact"])


def test_loglinear_is_exact_where_either_chance_is_small():
    process = _process(type="loglinear", epsilon=1e-12)
    assert process.alpha(1.0) == 1e-12
    assert process.sigma(1.0) == pytest.approx(-math.log(1e-12), rel=1e-15)
    assert process.move_chance(1e-300) == pytest.approx(1e-300, rel=1e-11)
    assert process.sigma(1e-300) == process.move_chance(1e-300)


def test_loglinear_without_a_rest_ends_in_pure_noise():
    process = _process(type="loglinear", epsilon=0)
    assert process.alpha([0.0, 1.0]).tolist() == [1.0, 0.0]
    assert process.sigma([0.0, 1.0]).tolist() == [0.0, math.inf]
    assert process.dsigma([0.0, 1.0]).tolist() == [1.0, math.inf]
    assert process.log_snr([0.0, 0.5, 1.0]).tolist() == [math.inf, 0.0, -math.inf]


@pytest.mark.parametrize("epsilon", [1.0, -1e-3, None, math.nan])
def test_an_epsilon_outside_its_range_is_refused(epsilon):
    with pytest.raises(EngineError) as caught:
        _process(type="loglinear", epsilon=epsilon)
    assert caught.value.field == "schedule.epsilon"
