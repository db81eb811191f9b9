"""The sigmoid schedule: its formula, its ends, and arguments far out."""

import math

import numpy as np
import pytest

from noising.engine import EngineError, build_process
from tests.engine.references import near


def _process(**schedule):
    return build_process({"schedule": {"type": "sigmoid", **schedule}})


@pytest.mark.parametrize(
    ("start", "end", "tau"),
    [(-3, 3, 1), (0, 3, 0.3), (-3, 0, 0.9), (1, 2, 1), (-2, -1, 0.5), (-9, 9, 0.5)],
)
def test_alpha_is_the_formula(start, end, tau):
    process = _process(start=start, end=end, tau=tau)
    t = np.linspace(0.0, 1.0, 201)
    v = 1 / (1 + np.exp(-(start + (end - start) * t) / tau))
    alpha = (v[-1] - v) / (v[-1] - v[0])
    assert process.alpha(t) == pytest.approx(alpha, rel=1e-9, abs=1e-14)
    assert process.move_chance(t) == pytest.approx(1 - alpha, rel=1e-9, abs=1e-14)


def test_it_runs_from_all_to_nothing():
    process = _process()
    assert process.alpha([0.0, 1.0]).tolist() == [1.0, 0.0]
    assert process.sigma([0.0, 1.0]).tolist() == [0.0, math.inf]
    assert process.alpha(0.5) == near(0.5, rel=1e-15)
    assert process.dsigma(1.0) == math.inf


def test_neither_end_loses_digits():
    # Near an end v falls by v'(x)·dx; v' is even, so both ends mirror each other.
    process = _process()
    slope = 6 * math.exp(-3) / (1 + math.exp(-3)) ** 2
    rise = 1 / (1 + math.exp(-3)) - 1 / (1 + math.exp(3))
    small = 2.0**-40
    expected = slope * small / rise
    assert process.move_chance(small) == near(expected, rel=1e-11)
    assert process.alpha(1 - small) == near(expected, rel=1e-11)


def test_arguments_far_out_do_not_overflow():
    for start, end in ((-1000, 1000), (600, 1000), (-1000, -600), (999, 1000)):
        process = _process(start=start, end=end, tau=0.001)
        t = np.linspace(0.0, 1.0, 101)
        alpha, moved = process.alpha(t), process.move_chance(t)
        assert np.isfinite([alpha, moved]).all()
        assert np.abs(alpha + moved - 1.0).max() < 1e-9
        assert (process.dsigma(t) >= 0.0).all()


@pytest.mark.parametrize(
    ("t", "sigma", "dsigma", "log_snr", "weight"),
    [
        (0.1, 0.0, 0.0, 2400.0, 6000.0),
        (0.5, math.log(2), 3000.0, 0.0, 3000.0),
        (0.9, 2400.0, 6000.0, -2400.0, 0.0),
        # By mpmath from differences of hyperbolic sines.
        (0.999, 2994.00248182936889, 6014.90946994106731, -2994.00248182936889, 0.0),
    ],
)
def test_what_alpha_cannot_represent_sigma_can(t, sigma, dsigma, log_snr, weight):
    """Where one exponential rules, v' / (1 - v) = 1 and sigma rises by 6/tau·dt."""
    process = _process(tau=1e-3)
    near_0 = pytest.approx(0.0, abs=1e-300)
    assert process.sigma(t) == (near(sigma, rel=1e-13) if sigma else near_0)
    assert process.dsigma(t) == (near(dsigma, rel=1e-13) if dsigma else near_0)
    assert process.log_snr(t) == pytest.approx(log_snr, rel=1e-13, abs=1e-12)
    got = process.schedule.cross_entropy_weight(np.array([t]))[0]
    assert got == (near(weight, rel=1e-13) if weight else near_0)


def test_sigma_rises_where_it_no_longer_comes_from_alpha():
    process = _process(tau=1e-3)
    times = np.linspace(0.5, 1.0, 100_001)
    assert (np.diff(process.sigma(times)) > 0.0).all()


def test_a_short_piece_of_the_curve_is_a_straight_line():
    process = _process(start=0, end=1e-6, tau=1)
    t = np.linspace(0.0, 1.0, 11)
    assert process.alpha(t) == pytest.approx(1 - t, rel=1e-8, abs=1e-15)


@pytest.mark.parametrize(
    ("schedule", "field", "code"),
    [
        ({"start": 3, "end": 3}, "end", "out_of_order"),
        ({"start": 3, "end": -3}, "end", "out_of_order"),
        ({"start": 0, "end": 1e-7}, "end", "out_of_order"),
        ({"start": -1e4}, "start", "out_of_range"),
        ({"end": 1e4}, "end", "out_of_range"),
        ({"tau": 0}, "tau", "out_of_range"),
        ({"tau": -1}, "tau", "out_of_range"),
        ({"tau": "1"}, "tau", "not_a_number"),
        ({"epsilon": 0.1}, "epsilon", "unknown_key"),
    ],
)
def test_bad_parameters_are_refused_by_name(schedule, field, code):
    with pytest.raises(EngineError) as caught:
        _process(**schedule)
    assert (caught.value.field, caught.value.code) == (f"schedule.{field}", code)
