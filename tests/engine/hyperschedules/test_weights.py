"""Weights: the budget is kept exactly, and only moved between positions."""

import math

import numpy as np
import pytest

from noising.engine import EngineError, build_process
from noising.engine.hyperschedules import check_weights, group_sigma_by_weights
from tests.engine.references import near

RATIOS = [1.0, 1.5, 10.0, 1e3, 1e6]
SIGMAS = [
    *(-math.log1p(-lost) for lost in (1e-12, 1e-8, 1e-3, 0.1, 0.5, 0.9, 0.999)),
    -math.log(1e-12),
    -math.log(1e-100),
    -math.log(1e-300),
]


def _shapes(ratio):
    """Return rows of weights whose largest ratio is `ratio`."""
    rng = np.random.default_rng(11)
    return [
        np.array([1.0, ratio]),
        np.array([1.0] + [ratio] * 99),
        np.array([1.0] * 99 + [ratio]),
        np.geomspace(1.0, ratio, 100),
        np.linspace(1.0, ratio, 100),
        np.exp(rng.uniform(0.0, math.log(ratio), 512)),
    ]


def _calibrated(sigma, weights, real=None):
    rows = np.atleast_2d(weights)
    noise = np.atleast_1d(np.asarray(sigma, np.float64))
    return group_sigma_by_weights(noise, rows, real, calibrate=True).spread()


def _process(schedule=None, **hyperschedule):
    return build_process(
        {
            "schedule": schedule or {"type": "loglinear"},
            "hyperschedule": {"type": "weights", **hyperschedule},
        }
    )


@pytest.mark.parametrize("ratio", RATIOS)
@pytest.mark.parametrize("sigma", SIGMAS)
def test_the_mean_of_alpha_over_positions_is_alpha(ratio, sigma):
    for weights in _shapes(ratio):
        noise = _calibrated(sigma, weights)[0]
        kept = math.fsum(np.exp(-noise)) / weights.size
        assert kept == near(math.exp(-sigma), rel=1e-12)
        moved = math.fsum(-np.expm1(-noise)) / weights.size
        assert moved == near(-math.expm1(-sigma), rel=1e-12)
        # Noise is inversely proportional to the weight.
        assert noise * weights == near(noise[0] * weights[0], rel=1e-14)


def test_the_largest_finite_noise_is_still_calibrated():
    noise = _calibrated(1e300, [1.0, 1e6, 3.0])[0]
    assert np.isfinite(noise).all()
    assert noise.min() == near(1e300, rel=1e-12)


def test_every_row_is_solved_on_its_own():
    sigmas = np.array(SIGMAS)
    weights = np.stack(_shapes(1e3)[3:5])
    together = _calibrated(sigmas, weights[:1])
    for row, sigma in zip(together, sigmas, strict=True):
        assert (row == _calibrated(sigma, weights[:1])[0]).all()
    pair = _calibrated(sigmas[4:6], weights)
    assert (pair[0] == _calibrated(sigmas[4], weights[0])[0]).all()
    assert (pair[1] == _calibrated(sigmas[5], weights[1])[0]).all()
    one_time = _calibrated(sigmas[4], weights)
    assert (one_time[1] == _calibrated(sigmas[4], weights[1])[0]).all()


def test_equal_weights_equal_no_weights_bit_for_bit():
    for sigma in [*SIGMAS, 0.0, math.inf, 1e-310, 0.1 + 0.2]:
        for weight in (1.0, 0.1, 3e5, 1e-300):
            noise = _calibrated(sigma, np.full(77, weight))
            assert (noise == sigma).all()


def test_a_common_factor_changes_nothing():
    weights = _shapes(1e4)[5]
    noise = _calibrated(0.7, weights)
    assert (_calibrated(0.7, weights * 2.0**-40) == noise).all()
    assert _calibrated(0.7, weights * 3.7) == near(noise, rel=1e-14)


def test_the_order_of_positions_changes_nothing():
    weights = _shapes(1e4)[5]
    order = np.random.default_rng(2).permutation(weights.size)
    noise = _calibrated(0.7, weights)[0]
    assert (_calibrated(0.7, weights[order])[0] == noise[order]).all()


def test_no_noise_and_endless_noise_stay_what_they_are():
    weights = [0.5, 1.0, 7.0]
    assert _calibrated(0.0, weights).tolist() == [[0.0] * 3]
    assert _calibrated(math.inf, weights).tolist() == [[math.inf] * 3]


def test_a_single_position_has_the_schedules_sigma():
    for sigma in SIGMAS:
        assert _calibrated(sigma, [0.3])[0, 0] == sigma


@pytest.mark.parametrize("length", [1, 2, 7, 8, 9, 31, 200])
def test_padding_changes_no_bit(length):
    rng = np.random.default_rng(length)
    weights = rng.choice([0.5, 1.0, 2.0, 3.3, *rng.random(40)], size=(3, 200))
    real = np.arange(200) < np.array([[length], [200], [0]])
    sigma = np.array([0.3, 5.0, 1.0])
    padded = _calibrated(sigma, weights, real)
    alone = _calibrated(sigma[0], weights[0, :length])
    assert (padded[0, :length] == alone[0]).all()
    assert (padded[0, length:] == 0.0).all()
    assert (padded[1] == _calibrated(sigma[1], weights[1])[0]).all()
    assert (padded[2] == 0.0).all()
    endless = _calibrated(math.inf, weights[:1], real)
    assert (endless == np.where(real, math.inf, 0.0)).all()


def test_padding_and_other_rows_change_no_bit_of_many_rows():
    rng = np.random.default_rng(1)
    lengths = rng.integers(1, 40, 200)
    weights = np.exp(rng.uniform(0.0, 6.0, (200, 40)))
    real = np.arange(40) < lengths[:, None]
    sigma = rng.exponential(2.0, 200)
    together = _calibrated(sigma, weights, real)
    for row, length in enumerate(lengths):
        alone = _calibrated(sigma[row], weights[row, :length])[0]
        assert (together[row, :length] == alone).all()


def test_uncalibrated_weights_divide_sigma():
    process = _process(weights=[0.5, 1.0, 4.0], calibrate=False)
    sigma = process.sigma(0.3)
    assert process.position_sigma(0.3, 3).tolist() == [2 * sigma, sigma, sigma / 4]
    assert process.position_sigma([0.0, 0.3], 3).shape == (2, 3)


def test_sigma_of_a_process_is_calibrated_at_every_time():
    process = _process(weights=[2.0, 0.8, 1.0, 1.0])
    times = np.linspace(0.0, 1.0, 50)
    noise = process.position_sigma(times, 4)
    assert np.exp(-noise).mean(axis=1) == near(process.alpha(times), rel=1e-12)
    assert (np.diff(noise, axis=0) >= 0.0).all()


def test_weights_of_a_call_may_be_one_row_or_many():
    process = build_process({"schedule": {"type": "loglinear"}})
    rows = np.array([[1.0, 2.0], [4.0, 1.0]])
    both = process.position_sigma([0.2, 0.7], 2, weights=rows)
    assert (both[0] == process.position_sigma(0.2, 2, weights=rows[0])).all()
    assert (both[1] == process.position_sigma(0.7, 2, weights=rows[1])).all()
    assert process.position_sigma(0.2, 2, weights=rows).shape == (2, 2)
    for weights, tokens in ((rows, [[0, 1]] * 3), (rows[..., None], None)):
        with pytest.raises(EngineError) as caught:
            process.position_sigma(0.2, 2, weights=weights, tokens=tokens)
        assert (caught.value.field, caught.value.code) == ("weights", "wrong_length")


def test_times_and_rows_must_fit_each_other():
    process = _process(weights=[1.0, 2.0])
    with pytest.raises(EngineError) as caught:
        group_sigma_by_weights(np.ones(3), np.ones((2, 5)), None, calibrate=True)
    assert (caught.value.field, caught.value.code) == ("t", "wrong_shape")
    with pytest.raises(EngineError) as caught:
        process.position_sigma(0.5, 3)
    assert caught.value.field == "hyperschedule.weights"
    assert caught.value.code == "wrong_length"


@pytest.mark.parametrize(
    ("weights", "field", "code"),
    [
        ([1.0, 0.0], "hyperschedule.weights[1]", "out_of_range"),
        ([-1.0, 1.0], "hyperschedule.weights[0]", "out_of_range"),
        ([1.0, math.nan], "hyperschedule.weights[1]", "not_finite"),
        ([1.0, math.inf], "hyperschedule.weights[1]", "not_finite"),
        ([1.0, True], "hyperschedule.weights[1]", "not_a_number"),
        ([1.0, 1.1e6], "hyperschedule.weights", "too_far_apart"),
        ([1e-300, 1e300], "hyperschedule.weights", "too_far_apart"),
        ([], "hyperschedule.weights", "wrong_length"),
        (None, "hyperschedule.weights", "not_a_list"),
    ],
)
def test_bad_weights_are_refused_by_name(weights, field, code):
    with pytest.raises(EngineError) as caught:
        _process(weights=weights)
    assert (caught.value.field, caught.value.code) == (field, code)


@pytest.mark.parametrize(
    ("weights", "code"),
    [
        ([0.0, 1.0], "out_of_range"),
        ([1.0, math.inf], "out_of_range"),
        ([math.nan], "nan"),
        ([], "out_of_range"),
        ([1.0, 1e7], "too_far_apart"),
        (["1"], "not_a_number"),
        ([True, True], "not_a_number"),
    ],
)
def test_bad_weights_of_a_call_are_refused(weights, code):
    with pytest.raises(EngineError) as caught:
        check_weights(weights)
    assert (caught.value.field, caught.value.code) == ("weights", code)


def test_weights_within_the_largest_ratio_are_taken():
    assert check_weights([1.0, 1e6]).tolist() == [1.0, 1e6]
    assert _process(weights=[1, 1e6]).spec["hyperschedule"] == {
        "type": "weights",
        "weights": [1.0, 1e6],
        "calibrate": True,
    }
    with pytest.raises(EngineError) as caught:
        _process(weights=[1.0], calibrate=1)
    assert caught.value.field == "hyperschedule.calibrate"
