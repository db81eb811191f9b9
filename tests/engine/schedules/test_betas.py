"""Schedules of betas: closed products, reference ends, and the hard ends of cosines."""

import math
from fractions import Fraction

import numpy as np
import pytest

from noising.engine import EngineError, build_process
from tests.engine.references import close, near, reference

D3PM = reference("d3pm_reimplemented")


def _process(steps=1000, **schedule):
    return build_process({"num_timesteps": steps, "schedule": schedule})


def _betas(process):
    """Return the betas behind sigma, each through its own sigma step."""
    return -np.expm1(-np.diff(np.concatenate([[0.0], process.sigmas])))


@pytest.mark.parametrize(
    ("name", "key"), [("linear", "linear T=10"), ("d3pm_cosine", "cosine T=10")]
)
def test_betas_and_alphas_equal_the_reference(name, key):
    process = _process(10, type=name)
    assert close(_betas(process), D3PM[key]["beta"])
    assert close(process.alphas, D3PM[key]["alpha_bar"])


def test_linear_over_1000_steps_ends_where_the_reference_does():
    end = D3PM["linear T=1000 (1e-4..0.02)"]["alpha_bar_end"]
    assert _process(type="linear").alphas[-1] == near(end, rel=1e-12)
    assert _process(100, type="linear").alphas[-1] == pytest.approx(0.36, abs=0.005)


def test_d3pm_cosine_over_1000_steps_ends_where_the_reference_does():
    end = D3PM["cosine T=1000"]["alpha_bar_end"]
    process = _process(type="d3pm_cosine")
    assert process.alphas[-1] == near(end, rel=1e-12)
    last = D3PM["cosine T=1000"]["beta_last"]
    assert _betas(process)[-1] == near(last, rel=1e-12)


def test_linear_alphas_are_the_exact_product_of_what_is_kept():
    steps, low, high = 7, Fraction(1, 8), Fraction(3, 4)
    process = _process(steps, type="linear", beta_min=0.125, beta_max=0.75)
    kept, expected = Fraction(1), []
    for k in range(steps):
        kept *= 1 - (low + (high - low) * k / (steps - 1))
        expected.append(float(kept))
    assert close(process.alphas, expected, rel=1e-15)


def test_quadratic_spaces_the_square_roots_of_the_betas():
    process = _process(9, type="quadratic", beta_min=0.01, beta_max=0.25)
    roots = [0.1 + 0.4 * k / 8 for k in range(9)]
    assert close(_betas(process), [root**2 for root in roots], rel=1e-13)
    kept = math.prod(1 - root**2 for root in roots)
    assert process.alpha(1.0) == near(kept, rel=1e-14)


def test_one_timestep_takes_the_first_beta():
    for name in ("linear", "quadratic"):
        process = _process(1, type=name, beta_min=0.3, beta_max=0.9)
        assert process.move_chance(1.0) == near(0.3, rel=1e-15)


def test_equal_betas_are_a_constant_rate():
    process = _process(50, type="linear", beta_min=0.1, beta_max=0.1)
    assert process.dsigma(np.linspace(0.0, 1.0, 7)) == near(
        -50 * math.log(0.9), rel=1e-13
    )


def test_betas_of_zero_are_no_noise_at_all():
    process = _process(5, type="quadratic", beta_min=0, beta_max=0)
    assert process.alphas.tolist() == [1.0] * 5
    assert process.log_snr(1.0) == math.inf


@pytest.mark.parametrize(
    ("schedule", "field", "code"),
    [
        ({"type": "linear", "beta_min": 0.03}, "beta_min", "out_of_order"),
        ({"type": "quadratic", "beta_max": 1e-5}, "beta_min", "out_of_order"),
        ({"type": "linear", "beta_min": -1e-9}, "beta_min", "out_of_range"),
        ({"type": "linear", "beta_max": 1.0}, "beta_max", "out_of_range"),
        ({"type": "quadratic", "beta_max": "0.02"}, "beta_max", "not_a_number"),
        ({"type": "cosine", "s": -0.1}, "s", "out_of_range"),
        ({"type": "cosine", "s": 1e101}, "s", "out_of_range"),
        ({"type": "cosine", "max_beta": 0.0}, "max_beta", "out_of_range"),
        ({"type": "cosine", "max_beta": 1.5}, "max_beta", "out_of_range"),
        ({"type": "cosine", "beta_max": 0.02}, "beta_max", "unknown_key"),
        ({"type": "linear", "max_beta": 0.02}, "max_beta", "unknown_key"),
    ],
)
def test_bad_parameters_are_refused_by_name(schedule, field, code):
    with pytest.raises(EngineError) as caught:
        _process(**schedule)
    assert (caught.value.field, caught.value.code) == (f"schedule.{field}", code)


@pytest.mark.parametrize("steps", [1, 2, 10, 1000])
@pytest.mark.parametrize(("name", "power"), [("cosine", 2), ("d3pm_cosine", 1)])
def test_cosines_follow_their_formula_up_to_the_capped_step(name, power, steps):
    process = _process(steps, type=name)
    times = np.arange(steps + 1) / steps
    f = np.cos((times + 0.008) / 1.008 * (np.pi / 2)) ** power
    assert process.alphas[:-1] == pytest.approx(f[1:-1] / f[0], rel=1e-9, abs=1e-15)
    assert _betas(process)[-1] == near(0.999, rel=1e-12)


@pytest.mark.parametrize("name", ["cosine", "d3pm_cosine"])
def test_without_a_cap_the_cosine_ends_at_exactly_nothing(name):
    for steps in (1, 3, 1000, 99_999):
        process = _process(steps, type=name, max_beta=1.0)
        assert process.alphas[-1] == 0.0
        assert process.sigma(1.0) == math.inf
        assert process.alphas[:-1].all()


def test_first_cosine_betas_keep_their_digits():
    # With s = 0 the first betas are sin^2(pi/(2T)), 2.5e-10, and half of it.
    first = _process(100_000, type="cosine", s=0.0).move_chance(1e-5)
    assert first == near(math.sin(math.pi / 2e5) ** 2, rel=1e-14)
    first = _process(100_000, type="d3pm_cosine", s=0.0).move_chance(1e-5)
    assert first == near(2 * math.sin(math.pi / 4e5) ** 2, rel=1e-14)


@pytest.mark.parametrize(("name", "power"), [("cosine", 2), ("d3pm_cosine", 1)])
def test_a_huge_offset_leaves_the_limit_of_the_cosine(name, power):
    # As s grows, f(k/T) becomes proportional to a power of 1 - k/T.
    process = _process(10, type=name, s=1e100, max_beta=1.0)
    expected = [(1 - (k + 1) / 10) ** power for k in range(10)]
    assert close(process.alphas, expected, rel=1e-13)


def test_betas_above_the_cap_are_capped():
    process = _process(10, type="cosine", max_beta=0.2)
    free = _betas(_process(10, type="cosine", max_beta=1.0))
    assert close(_betas(process), np.minimum(free, 0.2), rel=1e-12)
