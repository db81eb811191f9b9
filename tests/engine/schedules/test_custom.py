"""Tables given by the user: valid, refused, and with given rates."""

import math

import numpy as np
import pytest

from noising.engine import EngineError, build_process
from tests.engine.references import near


def _process(steps=3, **schedule):
    return build_process(
        {"num_timesteps": steps, "schedule": {"type": "custom", **schedule}}
    )


def test_a_table_of_alphas_is_kept():
    alphas = [1.0, 1 - 1e-12, 0.5, 1e-300, 0.0]
    process = _process(5, alphas=alphas)
    assert process.alphas == near(alphas, rel=1e-12)
    assert process.move_chance(0.4) == near(1 - (1 - 1e-12), rel=1e-15)
    assert process.sigmas[0] == 0.0
    assert math.copysign(1.0, process.sigmas[0]) == 1.0


def test_a_table_of_sigmas_is_kept_bit_for_bit():
    sigmas = [0.1, 0.30000000000000004, 700.0]
    assert _process(sigmas=sigmas).sigmas.tolist() == sigmas


def test_rates_stand_in_for_the_slope_and_are_linear_between_timesteps():
    process = _process(2, sigmas=[1.0, 2.0], rates=[3.0, 5.0])
    assert process.dsigma([0.0, 0.5, 0.75, 1.0]).tolist() == [3.0, 3.0, 4.0, 5.0]
    assert _process(2, sigmas=[1.0, 2.0]).dsigma(1.0) == 2.0


def test_a_falling_table_builds():
    assert _process(alphas=[0.5, 0.9, 0.1]).alphas == pytest.approx([0.5, 0.9, 0.1])


def test_the_canonical_form_names_all_three_tables():
    spec = _process(sigmas=[1, 2, 3]).spec["schedule"]
    assert spec == {
        "type": "custom",
        "alphas": None,
        "rates": None,
        "sigmas": [1.0, 2.0, 3.0],
    }
    assert (
        _process(**{k: v for k, v in spec.items() if k != "type"}).spec["schedule"]
        == spec
    )


@pytest.mark.parametrize(
    ("tables", "field", "code"),
    [
        ({}, "alphas", "one_of"),
        ({"alphas": [1] * 3, "sigmas": [0] * 3}, "alphas", "one_of"),
        ({"rates": [1] * 3}, "alphas", "one_of"),
        ({"alphas": [1.0, 0.5]}, "alphas", "wrong_length"),
        ({"sigmas": [0, 1, 2, 3]}, "sigmas", "wrong_length"),
        ({"sigmas": [0, 1, 2], "rates": [1, 1]}, "rates", "wrong_length"),
        ({"sigmas": []}, "sigmas", "wrong_length"),
        ({"alphas": [1.0, 1.1, 0.5]}, "alphas[1]", "out_of_range"),
        ({"alphas": [1.0, 0.9, -0.5]}, "alphas[2]", "out_of_range"),
        ({"sigmas": [0.0, math.inf, 1.0]}, "sigmas[1]", "not_finite"),
        ({"sigmas": [0.0, math.nan, 1.0]}, "sigmas[1]", "not_finite"),
        ({"sigmas": [-1.0, 0.0, 1.0]}, "sigmas[0]", "out_of_range"),
        ({"sigmas": [0.0, True, 1.0]}, "sigmas[1]", "not_a_number"),
        ({"sigmas": "0 1 2"}, "sigmas", "not_a_list"),
        ({"sigmas": [0, 1, 2], "rates": [0, -1, 0]}, "rates[1]", "out_of_range"),
        ({"betas": [0.1] * 3}, "betas", "unknown_key"),
    ],
)
def test_bad_tables_are_refused_by_name(tables, field, code):
    with pytest.raises(EngineError) as caught:
        _process(**tables)
    assert (caught.value.field, caught.value.code) == (f"schedule.{field}", code)


def test_arrays_and_tuples_are_tables_too():
    process = _process(sigmas=np.array([1.0, 2.0, 3.0]))
    assert process.fingerprint == _process(sigmas=(1, 2, 3)).fingerprint
