import itertools
import math
import re
from pathlib import Path

import numpy as np
import pytest

from noising.engine import EngineError, block_times, build_process
from noising.engine.sampler.recipe import reference_cell
from noising.engine.training_times import METHODS, TIMES_VERSION

EVERY_METHOD = sorted(METHODS)
EVEN_METHODS = ["antithetic", "sobol", "stratified", "uniform"]
"""The methods whose times are uniform on (low, high]."""
DOCUMENT = Path(__file__).parents[2] / "docs" / "randomness.md"


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
def test_ids_pick_elements_in_any_order_and_shape(process, method):
    whole, weights = process.sample_times(100, seed=3, draw=2, method=method)
    ids = np.array([[99, 0, 7], [7, 42, 1]], np.int32)
    times, of_ids = process.sample_times(
        ids=ids, seed=3, draw=2, method=method, total=100
    )
    assert (times == whole[ids]).all()
    assert (of_ids == weights[ids]).all()


@pytest.mark.parametrize("method", ["importance", "sobol", "uniform"])
def test_ids_need_no_total_where_a_time_does_not_depend_on_it(process, method):
    highest = (1 << 63) - 1
    times, _ = process.sample_times(ids=[5, highest], seed=3, method=method)
    assert times[0] == process.sample_times(6, seed=3, method=method)[0][5]
    assert 0.0 < times[1] <= 1.0


@pytest.mark.parametrize(
    ("arguments", "field", "code", "way_out"),
    [
        ({}, "n", "one_of", ""),
        ({"n": 2, "ids": [1]}, "n", "one_of", ""),
        ({"ids": [1]}, "total", "missing", "use the method `uniform`"),
        ({"ids": [1], "method": "antithetic"}, "total", "missing", "`uniform`"),
        ({"ids": [0, 8], "total": 8}, "ids[1]", "out_of_range", ""),
        ({"ids": [-1], "method": "uniform"}, "ids[0]", "out_of_range", ""),
        ({"ids": [0.5], "total": 8}, "ids", "not_an_integer", ""),
        ({"ids": [1], "total": 8, "index0": 3}, "index0", "not_together", "add it"),
    ],
)
def test_wrong_ids_of_times(process, arguments, field, code, way_out):
    with pytest.raises(EngineError) as caught:
        process.sample_times(seed=1, **arguments)
    assert (caught.value.field, caught.value.code) == (field, code)
    assert way_out in caught.value.way_out


def test_ids_are_limited_as_other_times_are(process, monkeypatch):
    monkeypatch.setattr("noising.engine.training_times.MAX_TIMES", 2)
    with pytest.raises(EngineError, match="must not make more than 2 times"):
        process.sample_times(seed=1, ids=[0, 1, 2], method="uniform")


@pytest.mark.parametrize("method", EVERY_METHOD)
def test_weighted_means_are_integrals(process, method):
    n = 1 << 16
    times, weights = process.sample_times(n, seed=5, method=method)
    start = 1e-3 if method == "importance" else 0.0
    integral = (1.0 - start**3) / 3.0
    spread = np.std(weights * times**2) / math.sqrt(n)
    assert abs(np.mean(weights * times**2) - integral) < 6.5 * spread
    assert abs(np.mean(weights) - (1.0 - start)) < 6.5 * np.std(weights) / 256 + 1e-12


def test_the_documented_golden_vectors_hold(process):
    text = DOCUMENT.read_text()
    assert f"times have version {TIMES_VERSION}" in text
    rows = re.findall(r"^\| `(\w+)` \| (.*) \|$", text, re.MULTILINE)
    assert {method for method, _ in rows} == set(EVEN_METHODS)
    for method, cells in rows:
        *coordinates, stated = [cell.strip(" `") for cell in cells.split("|")]
        seed, draw, total, element = map(int, coordinates)
        [time], _ = process.sample_times(
            1, seed=seed, draw=draw, total=total, index0=element, method=method
        )
        assert time == float.fromhex(stated)


@pytest.mark.parametrize("total", [1, 2, 3, 8, 500, 1025])
@pytest.mark.parametrize("draw", [0, 7])
def test_stratified_uses_every_cell_once(process, total, draw):
    times, _ = process.sample_times(total, seed=1, draw=draw)
    cells = np.floor(times * total).astype(int)
    assert sorted(cells) == list(range(total))
    assert cells.tolist() == [reference_cell(g, total, 1, draw) for g in range(total)]


@pytest.mark.parametrize("total", [8, 500])
def test_antithetic_times_come_in_pairs_that_add_to_one(process, total):
    times, _ = process.sample_times(total, seed=1, method="antithetic")
    by_cell = np.empty(total)
    by_cell[[reference_cell(g, total, 1) for g in range(total)]] = times
    assert (by_cell[::2] + by_cell[1::2] == 1.0).all()


@pytest.mark.parametrize("method", EVEN_METHODS)
@pytest.mark.parametrize("total", [8, 11])
def test_over_epochs_each_id_has_uniform_times(process, method, total):
    epochs = 200
    times = np.stack(
        [
            process.sample_times(total, seed=3, draw=epoch, method=method)[0]
            for epoch in range(epochs)
        ]
    )
    # Massart: P(sqrt(n)·D > 3.7) < 2·exp(-2·3.7^2) = 2.6e-12 for any n, for each of
    # 76 ids in all cases together: 2e-10.
    ordered = np.sort(times, axis=0)
    ranks = np.arange(epochs)[:, None]
    above = ((ranks + 1) / epochs - ordered).max(axis=0)
    below = (ordered - ranks / epochs).max(axis=0)
    assert (np.maximum(above, below) * math.sqrt(epochs) < 3.7).all()
    # Hoeffding: the mean of 200 independent correlations in [-1, 1], whose expectation
    # is 0, exceeds 0.5 with a chance below 2·exp(-200·0.5^2/2) = 3e-11.
    ids = np.arange(total)
    correlations = [np.corrcoef(row, ids)[0, 1] for row in times]
    assert abs(np.mean(correlations)) < 0.5


@pytest.mark.parametrize("method", EVEN_METHODS)
def test_seeds_as_epochs_do_not_tie_a_row_to_its_times(process, method):
    """Version 1 gave row 0 of 8 a mean time of .06 and row 7 one of .94."""
    times = np.stack(
        [process.sample_times(8, seed=e, method=method)[0] for e in range(200)]
    )
    # Hoeffding: 2·exp(-2·200·0.25^2) = 2.8e-11 for each of 32 means
    assert (np.abs(times.mean(axis=0) - 0.5) < 0.25).all()


@pytest.mark.parametrize("method", EVERY_METHOD)
def test_a_table_of_times_is_filled_row_by_row(process, method):
    flat, weights = process.sample_times(60, seed=2, method=method, total=100)
    table, of_table = process.sample_times((12, 5), seed=2, method=method, total=100)
    assert table.shape == of_table.shape == (12, 5)
    assert (table == flat.reshape(12, 5)).all()
    assert (of_table == weights.reshape(12, 5)).all()
    late, _ = process.sample_times([4, 5], seed=2, method=method, index0=40, total=100)
    assert (late == table[8:]).all()
    assert process.sample_times((0, 5), seed=2, method=method)[0].shape == (0, 5)


@pytest.mark.parametrize("method", EVERY_METHOD)
@pytest.mark.parametrize(("low", "high"), [(0.3, 0.8), (0.0, 0.25), (1e-5, 1.0)])
def test_times_lie_above_low_and_up_to_high(process, method, low, high):
    n = 1 << 14
    times, weights = process.sample_times(n, seed=5, method=method, low=low, high=high)
    assert (times > low).all()
    assert (times <= high).all()
    start = low or (1e-3 if method == "importance" else 0.0)
    for power in (0, 2):
        integral = (high ** (power + 1) - start ** (power + 1)) / (power + 1)
        values = weights * times**power
        # 6.5 standard deviations: below 1e-10
        spread = np.std(values) / math.sqrt(n)
        assert abs(values.mean() - integral) < 6.5 * spread + 1e-12


def test_a_range_without_another_float64_has_one_time(process):
    low = 0.5
    high = float(np.nextafter(low, 1.0))
    times, _ = process.sample_times(50, seed=1, low=low, high=high)
    assert (times == high).all()


def test_importance_spreads_a_jump_to_infinite_noise_over_its_range():
    schedule = {"type": "custom", "alphas": [0.6, 0.3, 0.0, 0.0]}
    process = build_process({"num_timesteps": 4, "schedule": schedule})
    n = 1 << 14
    times, weights = process.sample_times(
        n, seed=5, method="importance", low=0.3, high=0.7
    )
    assert ((times > 0.3) & (times <= 0.7)).all()
    values = weights * times
    spread = np.std(values) / math.sqrt(n)
    assert abs(values.mean() - (0.7**2 - 0.3**2) / 2.0) < 6.5 * spread


def test_sobol_fills_every_dyadic_cell_evenly(process):
    times, _ = process.sample_times(1024, seed=1, method="sobol")
    assert (np.bincount((times * 64).astype(int) % 64, minlength=64) == 16).all()


def test_sobol_is_the_radical_inverse_with_a_digital_shift(process):
    times, _ = process.sample_times(8, seed=1, method="sobol")
    digits = np.ldexp(times, 53).astype(np.int64)
    expected = np.array([0, 4, 2, 6, 1, 5, 3, 7]) << 50
    assert (digits ^ digits[0] == expected).all()


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


def test_different_seeds_and_draws_give_different_times(process):
    for method in EVERY_METHOD:
        one, _ = process.sample_times(10, seed=1, method=method)
        two, _ = process.sample_times(10, seed=2, method=method)
        assert (one != two).all()
        three, _ = process.sample_times(10, seed=1, method=method, draw=1)
        assert (one != three).all()


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
        ({"n": (4,)}, "n", "wrong_shape"),
        ({"n": (2, 3, 4)}, "n", "wrong_shape"),
        ({"n": (2, 3.0)}, "n", "not_an_integer"),
        ({"n": (1 << 14, 1 << 13)}, "n", "out_of_range"),
        ({"n": (2, 3), "total": 5}, "total", "out_of_range"),
        ({"n": 4, "draw": 1 << 32}, "draw", "out_of_range"),
        ({"n": 4, "low": -0.1}, "low", "out_of_range"),
        ({"n": 4, "high": 1.1}, "high", "out_of_range"),
        ({"n": 4, "low": 0.5, "high": 0.5}, "low", "out_of_order"),
        ({"n": 4, "low": [0.5]}, "low", "wrong_shape"),
        ({"n": 4, "high": math.nan}, "high", "nan"),
        ({"n": 4, "method": "importance", "high": 1e-3}, "high", "out_of_order"),
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


@pytest.mark.parametrize(
    ("times", "length", "width", "expected"),
    [
        ([0.1, 0.2], 4, 2, [0.1, 0.1, 0.2, 0.2]),
        ([0.1, 0.2], 3, 2, [0.1, 0.1, 0.2]),
        ([[0.5], [0.25]], 2, 1 << 20, [[0.5, 0.5], [0.25, 0.25]]),
    ],
)
def test_times_of_blocks_are_repeated(times, length, width, expected):
    assert block_times(times, length, width).tolist() == expected


@pytest.mark.parametrize(
    ("times", "length", "width", "field"),
    [
        ([0.1, 0.2], 5, 2, "times"),
        (0.1, 2, 2, "times"),
        ([[[0.1]]], 2, 2, "times"),
        ([1.5], 2, 2, "times"),
        ([0.1], 0, 2, "length"),
        ([0.1], 2, 0, "width"),
        ([0.1], 2, 2.0, "width"),
    ],
)
def test_times_that_do_not_fit_the_blocks_are_refused(times, length, width, field):
    with pytest.raises(EngineError) as caught:
        block_times(times, length, width)
    assert caught.value.field == field
