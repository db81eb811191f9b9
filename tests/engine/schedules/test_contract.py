"""The contract of every schedule: shapes, consistency, monotonicity, rate."""

import math

import numpy as np
import pytest

from noising.engine import SCHEDULE_TYPES, build_process
from tests.engine.references import near

EXAMPLES = [
    {"type": "linear"},
    {"type": "linear", "beta_min": 0, "beta_max": 0.5},
    {"type": "cosine"},
    {"type": "cosine", "s": 0, "max_beta": 1},
    {"type": "quadratic"},
    {"type": "d3pm_cosine"},
    {"type": "d3pm_cosine", "s": 0, "max_beta": 1},
    {"type": "sedd_entropy"},
    {"type": "sedd_entropy", "epsilon": 0, "prior": [3, 1, 0, 2, 5, 1e-6, 1]},
    {"type": "loglinear"},
    {"type": "loglinear", "epsilon": 0},
    {"type": "geometric"},
    {"type": "geometric", "sigma_min": 0.5, "sigma_max": 0.5},
    {"type": "uniform"},
    {"type": "uniform", "terminal_alpha": 1e-300},
    {"type": "linear_sigma"},
    {"type": "linear_sigma", "sigma_min": 0, "sigma_max": 5000},
    {"type": "mdlm_cosine"},
    {"type": "mdlm_cosine", "epsilon": 0},
    {"type": "cosine_squared"},
    {"type": "cosine_squared", "epsilon": 0},
    {"type": "maskgit_cosine"},
    {"type": "maskgit_cosine", "epsilon": 0},
    {"type": "polynomial"},
    {"type": "polynomial", "exponent": 0.3, "epsilon": 0},
    {"type": "polynomial", "exponent": 12},
    {"type": "power"},
    {"type": "power", "exponent": 0.3},
    {"type": "power", "exponent": 12},
    {"type": "sigmoid"},
    {"type": "sigmoid", "start": 0, "end": 3, "tau": 0.3},
    {"type": "sigmoid", "start": -3, "end": 0, "tau": 0.7},
    {"type": "gidd"},
    {"type": "gidd", "p_uniform": 0},
    {"type": "gidd", "p_uniform": 0.9, "gamma": 2},
    {"type": "gidd", "p_uniform": 0.2, "gamma": 0.1},
    {"type": "custom", "alphas": [(1 - (k + 1) / 40) ** 2 for k in range(40)]},
    {"type": "custom", "sigmas": [0.1 * k * k for k in range(40)]},
    {"type": "loglinear", "epsilon": 0, "time_range": [1e-3, 1]},
    {"type": "cosine", "time_range": [0.25, 0.75]},
    {"type": "sedd_entropy", "time_range": [0, 0.6]},
    {"type": "geometric", "time_range": [0.3, 0.8]},
    {"type": "polynomial", "exponent": 0.3, "epsilon": 0, "time_range": [0, 0.7]},
    {"type": "power", "time_range": [0.1, 1]},
    {"type": "sigmoid", "time_range": [0.3, 1]},
    {"type": "gidd", "time_range": [0, 0.9]},
    {"type": "gidd", "time_range": [0.3, 0.8]},
]
TIMES = np.unique(
    np.concatenate(
        [
            [0.0, 1e-300, 1e-15, 1e-9, 1e-4],
            np.linspace(0.0, 1.0, 401),
            1.0 - np.geomspace(1e-4, 1e-16, 20),
        ]
    )
)
STEPS = 40


def _name(schedule):
    return ",".join(str(value)[:12] for value in schedule.values())


def _intervals(process):
    """The number of intervals in whose middle no schedule bends."""
    return STEPS if process.schedule.is_table else 23


@pytest.fixture(params=EXAMPLES, ids=_name)
def process(request):
    return build_process(
        {"vocab_size": 7, "num_timesteps": STEPS, "schedule": request.param}
    )


def test_every_type_is_tried():
    assert {example["type"] for example in EXAMPLES} == set(SCHEDULE_TYPES)


@pytest.mark.parametrize("name", SCHEDULE_TYPES)
def test_every_type_documents_its_source_and_parameters(name):
    kind = SCHEDULE_TYPES[name]
    assert kind.__doc__
    assert all(parameter.help for parameter in kind.PARAMETERS.values())


@pytest.mark.parametrize(
    "quantity", ["sigma", "dsigma", "alpha", "move_chance", "log_snr"]
)
def test_the_result_has_the_shape_of_the_times(process, quantity):
    function = getattr(process, quantity)
    assert type(function(0.3)) is np.float64
    assert type(function(1)) is np.float64
    assert function([]).shape == (0,)
    table = function(np.array([[0.1, 0.2, 0.3], [0.4, 0.5, 0.6]]))
    assert table.shape == (2, 3)
    assert table.dtype == np.float64
    assert table[1, 1] == function(0.5)


def test_alpha_and_move_chance_add_up_to_one(process):
    alpha, moved = process.alpha(TIMES), process.move_chance(TIMES)
    assert (np.abs(alpha + moved - 1.0) <= 4 * np.finfo(float).eps).all()
    assert ((alpha >= 0.0) & (alpha <= 1.0) & (moved >= 0.0) & (moved <= 1.0)).all()


def test_alpha_and_move_chance_follow_from_sigma(process):
    sigma = process.sigma(TIMES)
    assert process.alpha(TIMES) == near(np.exp(-sigma), rel=1e-12)
    moved = process.move_chance(TIMES)
    assert moved == near(-np.expm1(-sigma), rel=1e-14)


def test_sigma_never_decreases(process):
    sigma = process.sigma(TIMES)
    assert sigma[0] >= 0.0
    assert not (sigma[1:] < sigma[:-1]).any()
    assert not process.schedule.falls()


def test_log_snr_is_minus_log_expm1_of_sigma(process):
    pairs = zip(process.sigma(TIMES), process.log_snr(TIMES), strict=True)
    for sigma, got in pairs:
        if sigma == 0.0:
            assert got == math.inf
        elif sigma < 700.0:
            expected = -math.log(math.expm1(sigma))
            assert got == pytest.approx(expected, rel=1e-13, abs=1e-13)
        else:
            assert got == near(-sigma, rel=1e-12)


def test_the_rate_is_the_derivative_inside_intervals(process):
    steps = _intervals(process)
    middles = (np.arange(steps) + 0.5) / steps
    h = 0.002 / steps
    offsets = h * np.array([-3.0, -2.0, -1.0, 1.0, 2.0, 3.0])
    weights = np.array([-1.0, 9.0, -45.0, 45.0, -9.0, 1.0]) / (60 * h)
    sigma = process.sigma(middles[:, None] + offsets)
    finite = np.isfinite(sigma).all(axis=1)
    assert finite.sum() >= steps - 1
    slope = sigma[finite] @ weights
    got = process.dsigma(middles[finite])
    assert got == pytest.approx(slope, rel=1e-7, abs=1e-9)
    assert (got >= 0.0).all()


def test_added_noise_is_the_difference_of_sigma(process):
    times = np.array([0.0, 1e-300, 1e-9, 0.2, 0.51, 0.512, 0.7, 0.999, 1.0])
    s, t = (times[places] for places in np.triu_indices(times.size, 1))
    start, end = process.sigma(s), process.sigma(t)
    with np.errstate(all="ignore"):
        added = process.schedule.added(s, t)
    assert (added >= 0.0).all()
    assert (added[np.isinf(end)] == math.inf).all()
    finite = np.isfinite(end)
    expected = end[finite] - start[finite]
    rounding = 1e-15 * end[finite]
    assert (np.abs(added[finite] - expected) <= 1e-12 * expected + rounding).all()


@pytest.mark.parametrize(
    "schedule",
    [example for example in EXAMPLES if example["type"] != "sedd_entropy"],
    ids=_name,
)
def test_noise_added_in_no_time_keeps_its_digits(schedule):
    """Between close times it is the rate half-way times their distance.

    All but the entropy schedule have a formula, whose total noise is solved.
    """
    process = build_process({"num_timesteps": STEPS, "schedule": schedule})
    steps = _intervals(process)
    s = (np.arange(steps) + 0.37) / steps
    for distance in (1e-7, 1e-10, 1e-13):
        t = s + distance
        exact = t - s  # without rounding, since they are close
        with np.errstate(all="ignore"):
            added = process.schedule.added(s, t)
        rate = process.dsigma(s + 0.5 * exact)
        finite = np.isfinite(rate)
        assert finite.sum() >= steps - 1
        assert added[finite] == pytest.approx((rate * exact)[finite], rel=1e-9, abs=0.0)


def test_rates_are_never_negative_nor_nan(process):
    assert (process.dsigma(TIMES) >= 0.0).all()


def test_timesteps_are_times(process):
    times = process.time(np.arange(STEPS))
    assert (process.sigmas == process.sigma(times)).all()
    assert process.alphas == near(process.alpha(times), rel=1e-12)
    assert not process.alphas.flags.writeable


def test_the_specification_comes_back(process):
    again = build_process(process.spec)
    assert again.spec == process.spec
    assert again.fingerprint == process.fingerprint
    assert (again.sigmas == process.sigmas).all()
