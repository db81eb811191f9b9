import itertools
import math

import numpy as np
import pytest

from noising.engine import EngineError, build_process
from noising.engine.training_times import METHODS

EVERY_METHOD = sorted(METHODS)


@pytest.fixture(scope="module")
def process():
    return build_process({"schedule": {"type": "cosine"}})


@pytest.mark.parametrize("method", EVERY_METHOD)
def test_any_split_of_the_range_gives_the_same_elements(process, method):
    whole, weights = process.sample_times(1000, seed=3, method=method)
    assert whole.shape == weights.shape == (1000,)
    assert (whole > 0).all()
    assert (whole <= 1).all()
    for workers in (1, 3, 7):
        edges = np.linspace(0, 1000, workers + 1).astype(int)
        parts = [
            process.sample_times(
                int(stop - start), seed=3, method=method, index0=int(start), total=1000
            )
            for start, stop in itertools.pairwise(edges)
        ]
        assert (np.concatenate([part[0] for part in parts]) == whole).all()
        assert (np.concatenate([part[1] for part in parts]) == weights).all()


@pytest.mark.parametrize("method", EVERY_METHOD)
def test_weighted_means_are_integrals(process, method):
    n = 1 << 16
    times, weights = process.sample_times(n, seed=5, method=method)
    start = 1e-3 if method == "importance" else 0.0
    integral = (1.0 - start**3) / 3.0
    spread = np.std(weights * times**2) / math.sqrt(n)
    assert abs(np.mean(weights * times**2) - integral) < 6.5 * spread
    assert abs(np.mean(weights) - (1.0 - start)) < 6.5 * np.std(weights) / 256 + 1e-12


def test_stratified_puts_one_time_into_every_cell(process):
    times, _ = process.sample_times(500, seed=1)
    assert (np.floor(times * 500) == np.arange(500)).all()


def test_antithetic_pairs_add_to_one(process):
    times, _ = process.sample_times(500, seed=1, method="antithetic")
    assert (times[::2] + times[1::2] == 1.0).all()


def test_sobol_fills_every_dyadic_cell_evenly(process):
    times, _ = process.sample_times(1024, seed=1, method="sobol")
    assert (np.bincount((times * 64).astype(int) % 64, minlength=64) == 16).all()


def test_sobol_is_the_radical_inverse_shifted(process):
    times, _ = process.sample_times(8, seed=1, method="sobol")
    expected = np.array([0, 4, 2, 6, 1, 5, 3, 7]) / 8
    assert (((times - times[0]) % 1.0) == expected).all()


@pytest.mark.parametrize("schedule", ["cosine", "loglinear", "sedd_entropy"])
def test_importance_is_uniform_in_the_log_move_chance(schedule):
    process = build_process({"vocab_size": 50, "schedule": {"type": schedule}})
    times, weights = process.sample_times(4000, seed=1, method="importance")
    logs = np.log(process.move_chance(times))
    low, high = np.log(process.move_chance([1e-3, 1.0]))
    places = np.sort((logs - low) / (high - low))
    # Kolmogorov-Smirnov: P(sqrt(n)·D > 3.6) < 2·exp(-2·3.6^2) = 1.1e-11
    distance = np.abs(places - (np.arange(4000) + 0.5) / 4000).max()
    assert distance * math.sqrt(4000) < 3.6
    assert (weights > 0).all()


def test_different_seeds_give_different_times(process):
    for method in EVERY_METHOD:
        one, _ = process.sample_times(10, seed=1, method=method)
        two, _ = process.sample_times(10, seed=2, method=method)
        assert (one != two).all()


def test_no_times_are_no_times(process):
    for method in EVERY_METHOD:
        times, weights = process.sample_times(0, seed=1, method=method)
        assert times.shape == weights.shape == (0,)


def test_a_time_of_zero_becomes_the_smallest_uniform(process):
    found = [process.sample_times(1, seed=s, method="sobol")[0][0] for s in range(50)]
    assert min(found) >= 2.0**-53


@pytest.mark.parametrize(
    ("arguments", "field", "code"),
    [
        ({"n": -1}, "n", "out_of_range"),
        ({"n": 1.0}, "n", "not_an_integer"),
        ({"n": 1 << 27}, "n", "out_of_range"),
        ({"n": 4, "index0": -1}, "index0", "out_of_range"),
        ({"n": 4, "index0": 2, "total": 5}, "total", "out_of_range"),
        ({"n": 4, "seed": -1}, "seed", "out_of_range"),
        ({"n": 4, "method": "sobel"}, "method", "unknown_method"),
        ({"n": 4, "method": 3}, "method", "unknown_method"),
    ],
)
def test_arguments_out_of_range_are_refused(process, arguments, field, code):
    call = {"seed": 1, **arguments}
    with pytest.raises(EngineError) as caught:
        process.sample_times(call.pop("n"), **call)
    assert (caught.value.field, caught.value.code) == (field, code)


@pytest.mark.parametrize(
    "alphas", [[0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1, 0.0], [0.5, 0.0, 0.0, 0.0]]
)
def test_importance_spreads_a_fall_to_0_over_what_is_left(alphas):
    """After it alpha is 0, so that one of those times is as good as another."""
    steps = len(alphas)
    schedule = {"type": "custom", "alphas": alphas}
    process = build_process({"num_timesteps": steps, "schedule": schedule})
    n = 1 << 16
    times, weights = process.sample_times(n, seed=5, method="importance")
    assert np.isfinite(weights).all()
    last = alphas.index(0.0) / steps  # until then alpha is positive
    moved = 1.0 - np.array([alphas[0], alphas[alphas.index(0.0) - 1]])
    share = math.log(moved[1]) / math.log(moved[0])  # of the log move chance
    late = times > last
    # 6.5 standard deviations: below 1e-10
    spread = math.sqrt(share * (1.0 - share) / n)
    assert abs(late.mean() - share) <= 6.5 * spread
    middle = (last + 1.0) / 2.0
    error = (1.0 - last) / math.sqrt(12.0 * late.sum())
    assert abs(times[late].mean() - middle) < 6.5 * error
    for power in (0, 2):
        values = weights * times**power
        integral = (1.0 - steps ** -(power + 1.0)) / (power + 1.0)
        spread = np.std(values) / math.sqrt(n)
        assert abs(values.mean() - integral) < 6.5 * spread + 1e-12


def test_importance_refuses_noise_that_grows_at_once():
    sigmas = [1e-3, 1.7e308, 1.7e308]  # finite, but no time lies on the way
    spec = {"num_timesteps": 3, "schedule": {"type": "custom", "sigmas": sigmas}}
    with pytest.raises(EngineError) as caught:
        build_process(spec).sample_times(1000, seed=1, method="importance")
    assert (caught.value.field, caught.value.code) == ("method", "no_density")


@pytest.mark.parametrize(
    ("sigmas", "code"),
    [
        ([0.0, 1.0, 2.0], "no_density"),
        ([1.0, 1.0, 1.0], "no_density"),
        ([1.0, 0.5, 2.0], "sigma_decreases"),
    ],
)
def test_importance_needs_a_move_chance_that_grows(sigmas, code):
    spec = {"num_timesteps": 3, "schedule": {"type": "custom", "sigmas": sigmas}}
    with pytest.raises(EngineError) as caught:
        build_process(spec).sample_times(4, seed=1, method="importance")
    assert caught.value.code == code
