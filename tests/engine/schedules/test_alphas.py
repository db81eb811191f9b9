"""Schedules given by alpha: reference values and both hard ends."""

import math

import numpy as np
import pytest

from noising.engine import EngineError, build_process
from tests.engine.references import close, near, reference

SEDD = reference("sedd_noise")
BD3 = reference("bd3lms_noise")
DLLM = reference("dllm_sched")
D3PM = reference("d3pm_reimplemented")
TIMES = np.array(SEDD["t"])
FAMILY = ["loglinear", "mdlm_cosine", "cosine_squared", "maskgit_cosine", "polynomial"]


def _process(steps=1000, **schedule):
    return build_process(
        {
            "vocab_size": 5,
            "num_timesteps": steps,
            "schedule": schedule,
            "graph": {"type": "absorbing"},
        }
    )


@pytest.mark.parametrize("epsilon", [1e-3, 5e-3, 1e-4])
def test_loglinear_equals_sedd(epsilon):
    process = _process(type="loglinear", epsilon=epsilon)
    expected = SEDD[f"loglinear(eps={epsilon:g})"]
    assert close(process.sigma(TIMES), expected["sigma"])
    assert close(process.dsigma(TIMES), expected["rate"])
    assert close(process.alpha(TIMES), expected["alpha"])
    assert close(process.move_chance(TIMES), expected["one_minus_alpha_exact"])


def test_loglinear_without_a_rest_is_d3pms_absorbing_schedule():
    process = _process(10, type="loglinear", epsilon=0)
    assert close(process.alphas, D3PM["jsd T=10"]["alpha_bar"])


@pytest.mark.parametrize(
    ("name", "schedule"),
    [
        ("loglinear", {"type": "loglinear"}),
        ("square", {"type": "polynomial", "exponent": 2}),
        ("square_root", {"type": "polynomial", "exponent": 0.5}),
    ],
)
def test_powers_of_time_equal_bd3(name, schedule):
    process = _process(**schedule, epsilon=0)
    times = np.array(BD3["t"])
    moved = np.array(BD3[name]["move_chance"])
    free = moved > 1e-3  # below, that code clips
    assert close(process.move_chance(times[free]), moved[free])
    weight = process.nelbo_weight(5, 0, times[free])
    assert close(-weight, np.array(BD3[name]["loss_scaling"])[free])


@pytest.mark.parametrize(
    ("name", "schedule"), [("linear", "loglinear"), ("cosine", "maskgit_cosine")]
)
def test_alphas_of_masked_models_equal_dllm(name, schedule):
    process = _process(type=schedule, epsilon=0)
    times, expected = np.array(DLLM["t"]), DLLM[name]
    assert process.alpha(times) == pytest.approx(expected["alpha"], abs=1e-7)
    slope = -process.schedule.move_rate(times)
    assert slope == pytest.approx(expected["dalpha"], abs=1e-6)
    inside = times > 0
    weight = process.nelbo_weight(5, 0, times[inside])
    # That code divides by 1 - alpha + 1e-6.
    moved = process.move_chance(times[inside])
    ours = weight * moved / (moved + 1e-6)
    theirs = np.array(expected["weight"])[inside]
    assert ours == pytest.approx(theirs, rel=1e-5, abs=1e-7)


@pytest.mark.parametrize("epsilon", [0.0, 1e-14, 1e-3, 0.3])
def test_each_formula_is_what_the_literature_writes(epsilon):
    t = np.linspace(0.0, 1.0, 101)
    e, q = epsilon, np.pi * t / 2
    for schedule, alpha in [
        ({"type": "loglinear"}, 1 - (1 - e) * t),
        ({"type": "mdlm_cosine"}, e + (1 - e) * np.cos(q)),
        ({"type": "cosine_squared"}, e + (1 - e) * np.cos(q) ** 2),
        ({"type": "maskgit_cosine"}, 1 - (1 - e) * np.sin(q)),
        ({"type": "polynomial"}, 1 - (1 - e) * t**2),
        ({"type": "polynomial", "exponent": 3.5}, 1 - (1 - e) * t**3.5),
    ]:
        process = _process(**schedule, epsilon=e)
        assert process.alpha(t) == pytest.approx(alpha, rel=1e-12, abs=1e-15)


@pytest.mark.parametrize("name", FAMILY)
def test_alpha_begins_at_one_and_ends_at_epsilon(name):
    for epsilon in (0.0, 1e-300, 1e-12, 0.7):
        process = _process(type=name, epsilon=epsilon)
        assert process.alpha(0.0) == 1.0
        assert process.sigma(0.0) == 0.0
        assert process.alpha(1.0) == pytest.approx(epsilon, rel=1e-15, abs=0.0)
        expected = -math.log(epsilon) if epsilon else math.inf
        assert process.sigma(1.0) == near(expected, rel=1e-15)
        assert math.isinf(process.dsigma(1.0)) == (epsilon == 0.0)


LATE = 1.0 - 1e-9
SMALL = 1.0 - LATE  # exact, as the difference of neighbours is
QUARTER, HALF = math.pi / 4, math.pi / 2


@pytest.mark.parametrize(
    ("name", "moved_early", "alpha_late"),
    [
        ("loglinear", SMALL, SMALL),
        ("mdlm_cosine", 2 * (QUARTER * SMALL) ** 2, HALF * SMALL),
        ("cosine_squared", (HALF * SMALL) ** 2, (HALF * SMALL) ** 2),
        ("maskgit_cosine", HALF * SMALL, 2 * (QUARTER * SMALL) ** 2),
        ("polynomial", SMALL**2, SMALL * (2 - SMALL)),
    ],
)
def test_neither_end_loses_digits(name, moved_early, alpha_late):
    process = _process(type=name, epsilon=0)
    assert process.move_chance(SMALL) == near(moved_early, rel=1e-14)
    assert process.sigma(SMALL) == near(-math.log1p(-moved_early), rel=1e-14)
    assert process.alpha(LATE) == near(alpha_late, rel=1e-14)
    assert process.sigma(LATE) == near(-math.log(alpha_late), rel=1e-14)


def test_rates_at_the_very_start():
    assert _process(type="polynomial", exponent=0.5).dsigma(0.0) == math.inf
    assert _process(type="polynomial", exponent=1, epsilon=0).dsigma(0.0) == 1.0
    assert _process(type="polynomial", exponent=2).dsigma(0.0) == 0.0
    assert _process(type="mdlm_cosine").dsigma(0.0) == 0.0
    assert _process(type="maskgit_cosine", epsilon=0).dsigma(0.0) == HALF


def test_a_polynomial_of_power_one_is_loglinear():
    line = _process(type="polynomial", exponent=1, epsilon=0.01)
    loglinear = _process(type="loglinear", epsilon=0.01)
    assert close(line.sigma(TIMES), loglinear.sigma(TIMES), rel=1e-15)


@pytest.mark.parametrize("name", FAMILY)
def test_the_masked_weight_starts_without_bound(name):
    schedule = _process(type=name).schedule
    weight = schedule.cross_entropy_weight(np.array([0.0, 0.5, 1.0]))
    assert weight[0] == math.inf
    assert np.isfinite(weight[1:]).all()


@pytest.mark.parametrize("name", FAMILY)
@pytest.mark.parametrize("epsilon", [1.0, -1e-3, None, math.nan])
def test_an_epsilon_outside_its_range_is_refused(name, epsilon):
    with pytest.raises(EngineError) as caught:
        _process(type=name, epsilon=epsilon)
    assert caught.value.field == "schedule.epsilon"


@pytest.mark.parametrize("name", ["polynomial", "power"])
@pytest.mark.parametrize("exponent", [0, -1, math.inf, True])
def test_an_exponent_outside_its_range_is_refused(name, exponent):
    with pytest.raises(EngineError) as caught:
        _process(type=name, exponent=exponent)
    assert caught.value.field == "schedule.exponent"


# t, exponent; alpha, 1 - alpha, sigma, dsigma, log-SNR, weight: mpmath to 60 digits.
POWERS = [
    (
        *(0.5, 2.0),
        *(0.25, 0.75, 1.3862943611198906188, 4.0),
        *(-1.0986122886681096914, 1.3333333333333333333),
    ),
    (
        *(1e-12, 0.3),
        *(0.9999999999997, 3.0000000000010498286e-13, 3.0000000000014998286e-13),
        *(0.3000000000002999889, 28.834993920253834258, 1000000000000.3500201),
    ),
    (
        *(1 - 2.0**-50, 3.5),
        *(2.0880974297595278485e-53, 1.0, 121.30075659799042915),
        *(3940649673949184.0, -121.30075659799042915, 8.2284604557560125558e-38),
    ),
    (
        *(0.4, 1e4),  # alpha underflows, the log-SNR does not
        *(0.0, 1.0, 5108.2562376599072021),
        *(16666.666666666667283, -5108.2562376599072021, 0.0),
    ),
]


@pytest.mark.parametrize("values", POWERS, ids=str)
def test_a_power_of_the_time_left_keeps_its_digits(values):
    t, exponent, *expected = values
    process = _process(type="power", exponent=exponent)
    got = [
        function(t)
        for function in (
            process.alpha,
            process.move_chance,
            process.sigma,
            process.dsigma,
            process.log_snr,
        )
    ]
    got += process.schedule.cross_entropy_weight(np.array([t])).tolist()
    assert got == near(expected, rel=1e-14)


@pytest.mark.parametrize(
    ("exponent", "s", "t", "expected"),
    [
        (2.0, 0.25, 0.5, 0.81093021621632876396),
        (0.3, 1e-13, 1e-12, 2.7000000000014848306e-13),
        (3.5, 1 - 2.0**-49, 1 - 2.0**-50, 2.426015131959808583),
        (1e4, 0.4 - 2.0**-40, 0.4, 1.5158245029537315907e-8),
        (2.0, 0.1, 0.9, 4.3944491546724391973),
    ],
)
def test_noise_added_by_a_power_keeps_its_digits(exponent, s, t, expected):
    """Expected: exponent·log((1-s)/(1-t)), by mpmath to 60 digits."""
    process = _process(type="power", exponent=exponent)
    assert process.step(s, t).added == near(expected, rel=1e-14)


def test_a_power_is_the_mirror_image_of_the_polynomial():
    for exponent in (0.5, 1.0, 2.0, 3.5):
        power = _process(type="power", exponent=exponent)
        mirrored = _process(type="polynomial", exponent=exponent, epsilon=0)
        assert power.alpha(1.0 - TIMES) == near(
            mirrored.move_chance(1.0 - (1.0 - TIMES)), rel=1e-13
        )


@pytest.mark.parametrize(("exponent", "last"), [(0.5, math.inf), (1, 1), (2, 0)])
def test_both_ends_of_a_power(exponent, last):
    process = _process(type="power", exponent=exponent)
    assert process.alpha([0.0, 1.0]).tolist() == [1.0, 0.0]
    assert process.sigma([0.0, 1.0]).tolist() == [0.0, math.inf]
    assert process.dsigma([0.0, 1.0]).tolist() == [exponent, math.inf]
    with np.errstate(all="ignore"):
        weight = process.schedule.cross_entropy_weight(np.array([0.0, 1.0]))
    assert weight.tolist() == [math.inf, last]
