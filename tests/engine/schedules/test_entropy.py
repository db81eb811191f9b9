"""The entropy schedule: uncertainty rises evenly, for every graph and prior."""

import math

import numpy as np
import pytest

from noising.engine import EngineError, build_process
from tests.engine.references import close, near, reference

MUTUAL = reference("mutual_information")
TRAP = reference("trap_sedd_entropy")
TIMES = np.array(MUTUAL["t"])


def _process(vocab_size=27, graph="uniform", steps=10, **schedule):
    return build_process(
        {
            "vocab_size": vocab_size,
            "num_timesteps": steps,
            "graph": {"type": graph},
            "schedule": {"type": "sedd_entropy", **schedule},
        }
    )


@pytest.mark.parametrize("vocab_size", [2, 8, 27, 256, 50257])
def test_alpha_equals_the_reference_without_a_rest(vocab_size):
    process = _process(vocab_size, epsilon=0)
    expected = MUTUAL[f"uniform V={vocab_size}"]
    assert close(process.alpha(TIMES), expected["alpha"], absolute=1e-12)
    assert process.sigma(1.0) == math.inf
    assert process.dsigma([0.0, 1.0]).tolist() == [0.0, math.inf]


def test_alpha_equals_the_reference_for_a_zipf_prior():
    prior = 1.0 / np.arange(1, 9)
    expected = MUTUAL["uniform graph V=8, p0=Zipf(8)"]["alpha"]
    process = _process(8, epsilon=0, prior=prior.tolist())
    assert close(process.alpha(TIMES), expected, absolute=1e-12)
    scaled = _process(8, epsilon=0, prior=(1e6 * prior).tolist())
    assert close(scaled.alpha(TIMES), expected, absolute=1e-12)


def test_sigma_is_solved_and_not_interpolated_as_in_d3pm():
    pipeline = MUTUAL["d3pm_pipeline V=27 steps=9"]
    sigma = _process(27, epsilon=0).sigma(pipeline["info_removed"])
    assert close(sigma, pipeline["sigma_exact"])
    worst = np.abs(sigma / pipeline["sigma_pchip"] - 1.0).max()
    assert worst == near(pipeline["max_rel_err"], rel=1e-3)


@pytest.mark.parametrize("graph", ["uniform", "absorbing"])
@pytest.mark.parametrize("epsilon", [0.0, 1e-3, 0.3])
@pytest.mark.parametrize("zipf", [False, True])
def test_the_information_falls_along_a_straight_line(graph, epsilon, zipf):
    prior = (1.0 / np.arange(1, 28)).tolist() if zipf else None
    process = _process(graph=graph, epsilon=epsilon, prior=prior)
    times = np.concatenate([[0.0, 1e-9, 1e-4], np.linspace(0.01, 1.0, 41)])
    start = process.mutual_information(0.0, prior)
    told = process.mutual_information(times, prior)
    assert told == near((1 - (1 - epsilon) * times) * start, rel=1e-12)
    doubt = process.conditional_entropy(times, prior)
    assert doubt == near((1 - epsilon) * times * start, rel=1e-12)


@pytest.mark.parametrize("epsilon", [0.0, 1e-15, 1e-6, 1e-3, 0.5])
@pytest.mark.parametrize("prior", [None, [5.0, 1.0, 0.0, 3.0, 1e-9]])
def test_for_the_absorbing_graph_it_is_loglinear(epsilon, prior):
    process = _process(5, "absorbing", epsilon=epsilon, prior=prior)
    loglinear = build_process({"schedule": {"type": "loglinear", "epsilon": epsilon}})
    times = np.concatenate([[0.0, 1e-300, 1e-12], np.linspace(1e-3, 1.0, 100)])
    for quantity in ("sigma", "dsigma", "alpha", "move_chance"):
        ours, theirs = getattr(process, quantity), getattr(loglinear, quantity)
        assert close(ours(times), theirs(times)), quantity


def test_a_small_rest_at_the_end_is_exact():
    process = _process(epsilon=1e-14)
    start = process.mutual_information(0.0)
    assert process.mutual_information(1.0) == near(1e-14 * start, rel=1e-12)


def test_the_rate_is_the_derivative():
    process = _process(vocab_size=50257)
    for t in (1e-6, 0.01, 0.3, 0.5, 0.7, 0.999):
        h = 1e-4 * min(t, 1 - t)
        points = process.sigma(t + h * np.array([-2, -1, 1, 2]))
        slope = (points @ np.array([1, -8, 8, -1])) / (12 * h)
        assert process.dsigma(t) == near(slope, rel=1e-8)


# By mpmath 1.4 with 260 digits, the root by bisection; epsilon = 1e-3.
@pytest.mark.parametrize(
    ("rare", "sigmas"),
    [
        (
            1e-8,
            [
                5.6471560608548155e-11,
                1.1998387582701841e-4,
                1.2233213589548055e-4,
                2.3189019280287107,
            ],
        ),
        (
            1e-20,
            [
                1.6143309533921478e-22,
                1.1848560930581457e-10,
                1.2418795234942703e-10,
                1.8787579084578992,
            ],
        ),
    ],
)
def test_a_token_that_is_rare_beside_another_is_told_apart(rare, sigmas):
    process = _process(2, prior=[rare, 1.0], steps=1000)
    assert process.sigma([0.001, 0.5, 0.501, 1.0]) == near(sigmas, rel=1e-13)
    assert (np.diff(process.sigmas) > 0.0).all()


def test_entropy_that_float64_cannot_divide_is_refused():
    with pytest.raises(EngineError) as caught:
        _process(2, prior=[1e-290, 1.0])
    assert (caught.value.field, caught.value.code) == ("schedule", "not_solved")
    absorbing = _process(2, "absorbing", prior=[1e-290, 1.0])
    assert absorbing.sigma(0.5) == near(-np.log(0.5005), rel=1e-12)


def test_it_is_no_geometric_table_of_betas_read_as_total_noise():
    process = _process(vocab_size=50257, steps=1000)
    assert process.alphas[-1] < 1e-2 * TRAP["as_total_noise"]["alpha_end"]


@pytest.mark.parametrize(
    ("schedule", "field", "code"),
    [
        ({"epsilon": 1.0}, "epsilon", "out_of_range"),
        ({"epsilon": -0.1}, "epsilon", "out_of_range"),
        ({"prior": [1.0]}, "prior", "wrong_length"),
        ({"prior": [1.0, 2.0]}, "prior", "wrong_length"),
        ({"prior": [1.0, -2.0, 1.0]}, "prior[1]", "out_of_range"),
        ({"prior": [1.0, math.nan, 1.0]}, "prior[1]", "not_finite"),
        ({"prior": [0.0, 0.0, 0.0]}, "prior", "out_of_range"),
        ({"prior": [0.0, 7.0, 0.0]}, "prior", "no_entropy"),
        ({"prior": "zipf"}, "prior", "not_a_list"),
        ({"beta_min": 1e-4}, "beta_min", "unknown_key"),
    ],
)
def test_bad_parameters_are_refused_by_name(schedule, field, code):
    with pytest.raises(EngineError) as caught:
        _process(vocab_size=3, **schedule)
    assert caught.value.code == code
    assert caught.value.field in (f"schedule.{field}", field)
