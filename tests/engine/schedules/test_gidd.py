"""GIDD's schedule and its inverse."""

import math

import numpy as np
import pytest

from noising.engine import EngineError, build_process
from noising.engine.arrays import quiet
from tests.engine.references import near

PAIRS = [
    (p, gamma)
    for p in (0.0, 1e-6, 0.1, 0.5, 0.999)
    for gamma in (0.05, 0.5, 1.0, 1.7, 2.0)
]
TIMES = np.concatenate(
    [
        [1e-12, 1e-9, 1e-4],
        np.linspace(0.001, 0.999, 333),
        1.0 - np.geomspace(1e-3, 1e-15, 13),
    ]
)


def _process(**schedule):
    return build_process({"schedule": {"type": "gidd", **schedule}})


@quiet
def _parts(schedule, sigma):
    return schedule.parts_at(np.asarray(sigma, np.float64))


@pytest.mark.parametrize(("p", "gamma"), PAIRS)
def test_alpha_is_the_formula_and_p_the_share_of_uniform_noise(p, gamma):
    process = _process(p_uniform=p, gamma=gamma)
    t = np.linspace(0.0, 1.0, 101)
    c = 2**gamma * p / (1 - p) * (t * (1 - t)) ** (gamma / 2)
    assert process.alpha(t) == near((1 - t) / (1 + c), rel=1e-12)
    middle = process.schedule.mixing(np.array([0.5]))[0]
    assert middle / (1 + middle) == near(p, rel=1e-14)


def test_it_begins_clean_and_ends_masked():
    process = _process()
    assert process.sigma([0.0, 1.0]).tolist() == [0.0, math.inf]
    assert process.alpha([0.0, 1.0]).tolist() == [1.0, 0.0]
    assert process.dsigma([0.0, 1.0]).tolist() == [math.inf, math.inf]
    assert _process(gamma=2, p_uniform=0.5).dsigma(0.0) == pytest.approx(5.0)
    assert _process(p_uniform=0).dsigma(0.0) == 1.0


def test_without_uniform_noise_it_is_loglinear():
    process = _process(p_uniform=0)
    loglinear = build_process({"schedule": {"type": "loglinear", "epsilon": 0}})
    assert (process.sigma(TIMES) == loglinear.sigma(TIMES)).all()
    assert process.dsigma(TIMES) == near(loglinear.dsigma(TIMES), rel=1e-14)


def test_early_noise_keeps_its_digits():
    # With c = B·sqrt(t), sigma = c - c²/2 + t + ... and 1 - alpha = c - c² + t + ...
    process = _process()
    bump = 2 * 0.1 / 0.9
    sigma = bump * 1e-8 - bump**2 * 1e-16 / 2 + 1e-16
    assert process.sigma(1e-16) == near(sigma, rel=1e-14)
    moved = bump * 1e-8 - bump**2 * 1e-16 + 1e-16
    assert process.move_chance(1e-16) == near(moved, rel=1e-14)


@pytest.mark.parametrize(("p", "gamma"), PAIRS)
def test_the_inverse_returns_time_what_is_left_and_mixing(p, gamma):
    process = _process(p_uniform=p, gamma=gamma)
    schedule = process.schedule
    t, left, c = _parts(schedule, process.sigma(TIMES))
    assert t == near(TIMES, rel=1e-13)
    assert left == near(1.0 - TIMES, rel=1e-13)
    assert c == near(schedule.mixing(TIMES), rel=1e-13)
    assert left / (1 + c) == near(process.alpha(TIMES), rel=1e-12)


def test_the_inverse_at_the_ends_and_in_any_shape():
    schedule = _process().schedule
    t, left, c = _parts(schedule, [[0.0, math.inf, 1.0]])
    assert t.shape == left.shape == c.shape == (1, 3)
    assert t[0, :2].tolist() == [0.0, 1.0]
    assert left[0, :2].tolist() == [1.0, 0.0]
    assert c[0, :2].tolist() == [0.0, 0.0]
    assert all(part.shape == (0,) for part in _parts(schedule, []))
    assert _parts(schedule, 0.0)[0].shape == ()


def test_what_is_left_is_exact_at_noise_beyond_float_times():
    # For large sigma c vanishes and 1 - t = exp(-sigma), far below an ulp of t.
    t, left, _ = _parts(_process(gamma=2).schedule, [100.0, 700.0])
    assert t.tolist() == [1.0, 1.0]
    assert left == near(np.exp([-100.0, -700.0]), rel=1e-12)


def test_times_below_the_smallest_number_are_that():
    schedule = _process(gamma=0.01).schedule
    t, left, c = _parts(schedule, [1e-8])
    assert 0.0 <= t[0] <= 1e-300
    assert left == 1.0
    assert c == near([np.expm1(1e-8)], rel=1e-14)


SMALL_GAMMAS = [0.1, 0.01, 1e-3, 1e-5, 1e-9, 1e-300, 5e-324]


@pytest.mark.parametrize("gamma", SMALL_GAMMAS)
@pytest.mark.parametrize("p", [0.0, 1e-9, 0.1, 0.5, 0.999, 1.0 - 2.0**-53])
def test_marginals_are_the_definition_however_flat_the_bump(gamma, p):
    process = build_process(
        {
            "vocab_size": 3,
            "schedule": {"type": "gidd", "p_uniform": p, "gamma": gamma},
            "graph": {"type": "gidd"},
        }
    )
    t = np.concatenate([[1e-9, 1e-6], np.linspace(0.001, 0.999, 97)])
    c = 2**gamma * p / (1 - p) * (t * (1 - t)) ** (gamma / 2)
    expected = np.stack([1 - t + c / 3, c / 3, c / 3, t], axis=-1) / (1 + c[:, None])
    # Total noise says the time to 1e-16 of itself: sigma is up to 40 here.
    assert process.marginal(0, t) == pytest.approx(expected, rel=1e-12, abs=1e-14)
    for quantity in (process.sigma, process.dsigma, process.mutual_information):
        assert not np.isnan(quantity([0.0, 5e-324, 1e-300, 0.5, 1.0])).any()
    assert process.marginal(0, 0.0).tolist() == [1.0, 0.0, 0.0, 0.0]
    assert process.marginal(0, 1.0).tolist() == [0.0, 0.0, 0.0, 1.0]


def test_marginals_of_a_flat_bump_equal_values_by_other_means():
    # By mpmath 1.4 with 50 digits.
    for p, gamma, t, expected in [
        (0.999, 0.01, 0.3, [0.33370031946718, 0.33299970957529, 0.00030026138223841]),
        (0.5, 0.001, 0.001, [0.66662618118521, 0.16643656425377, 0.00050069030723868]),
    ]:
        process = build_process(
            {
                "vocab_size": 3,
                "schedule": {"type": "gidd", "p_uniform": p, "gamma": gamma},
                "graph": {"type": "gidd"},
            }
        )
        assert process.marginal(0, t)[[0, 1, 3]] == near(expected, rel=1e-12)


@pytest.mark.parametrize("gamma", [*SMALL_GAMMAS, 1.0, 2.0])
@pytest.mark.parametrize("p", [0.0, 1e-9, 0.5, 1.0 - 2.0**-53])
def test_the_inverse_solves_its_equation_at_any_noise(gamma, p):
    schedule = _process(p_uniform=p, gamma=gamma).schedule
    sigma = np.concatenate([[5e-324, 1e-310], np.geomspace(1e-300, 1e300, 201)])
    t, left, c = _parts(schedule, sigma)
    assert ((t >= 0.0) & (t <= 1.0) & (left >= 0.0) & (left <= 1.0) & (c >= 0.0)).all()
    with np.errstate(all="ignore"):
        solved = np.log1p(c) - np.log(left)
        solved = np.where(t + c < 1e-3, np.log1p((t + c) / left), solved)
    inside = (sigma >= 1e-300) & (sigma <= 700.0)
    assert solved[inside] == near(sigma[inside], rel=2e-12)
    assert (np.diff(t) >= 0.0).all()


@pytest.mark.parametrize(
    ("schedule", "field", "code"),
    [
        ({"p_uniform": 1.0}, "p_uniform", "out_of_range"),
        ({"p_uniform": -0.1}, "p_uniform", "out_of_range"),
        ({"gamma": 0}, "gamma", "out_of_range"),
        ({"gamma": 2.1}, "gamma", "out_of_range"),
        ({"p": 0.1}, "p", "unknown_key"),
    ],
)
def test_bad_parameters_are_refused_by_name(schedule, field, code):
    with pytest.raises(EngineError) as caught:
        _process(**schedule)
    assert (caught.value.field, caught.value.code) == (f"schedule.{field}", code)
