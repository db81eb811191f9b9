"""Draws of `noise` against exact laws; false-alarm rates are below 1e-10."""

import math

import numpy as np
import pytest
from scipy import stats

from noising.engine import EngineError, build_process, with_hyperschedule

FALSE_ALARM = 1e-10


@pytest.fixture(scope="module")
def tokens():
    return np.random.default_rng(3).integers(0, 50, (64, 512))


def _process(graph="uniform", vocab_size=50):
    return build_process(
        {
            "vocab_size": vocab_size,
            "schedule": {"type": "loglinear"},
            "graph": {"type": graph},
        }
    )


@pytest.mark.parametrize("timestep", [0, 99, 499, 900, 999])
def test_the_kept_fraction_is_alpha_and_a_share_of_the_rest(tokens, timestep):
    noised = _process().noise(tokens, timestep, seed=17)
    chance = noised.alpha + (1.0 - noised.alpha) / 50
    kept = int((noised.tokens == tokens).sum())
    assert stats.binomtest(kept, tokens.size, chance).pvalue > FALSE_ALARM
    struck = int(noised.resampled.sum())
    assert stats.binomtest(struck, tokens.size, 1 - noised.alpha).pvalue > FALSE_ALARM


def test_replacements_are_uniform_over_the_vocabulary(tokens):
    noised = _process().noise(tokens, 800, seed=17)
    drawn = np.bincount(noised.tokens[noised.resampled], minlength=50)
    assert stats.chisquare(drawn).pvalue > FALSE_ALARM


def test_neighbours_and_rows_are_struck_independently(tokens):
    struck = _process().noise(tokens, 499, seed=17).resampled - 0.4995
    for pair in (struck[:, 1:] * struck[:, :-1], struck[1:] * struck[:-1]):
        assert abs(pair.mean()) * math.sqrt(pair.size) / 0.25 < 6.5


def test_the_absorbing_graph_masks_and_never_resamples(tokens):
    noised = _process("absorbing").noise(tokens, 499, seed=17)
    assert set(np.unique(noised.tokens[noised.changed])) == {50}
    assert (noised.changed == noised.resampled).all()
    masked = int(noised.changed.sum())
    assert stats.binomtest(masked, tokens.size, 0.4995).pvalue > FALSE_ALARM


def test_both_graphs_strike_the_same_positions_and_nested_in_time(tokens):
    uniform, absorbing = _process(), _process("absorbing")
    before = np.zeros(tokens.shape, bool)
    for timestep in range(0, 1000, 111):
        struck = uniform.noise(tokens, timestep, seed=8).resampled
        assert (struck == absorbing.noise(tokens, timestep, seed=8).resampled).all()
        assert (struck >= before).all()
        before = struck


def test_a_sequence_comes_out_the_same_alone_padded_and_in_any_order(tokens):
    process = _process()
    together = process.noise(tokens, 499, seed=1).tokens
    for row in (0, 7, 63):
        alone = process.noise(tokens[row], 499, seed=1, sequence_ids=row)
        assert (alone.tokens == together[row]).all()
    order = np.random.default_rng(0).permutation(64)
    shuffled = process.noise(tokens[order], 499, seed=1, sequence_ids=order)
    assert (shuffled.tokens == together[order]).all()
    padded = np.pad(tokens, ((0, 0), (0, 100)))
    noised = process.noise(padded, 499, seed=1, lengths=np.full(64, 512))
    assert (noised.tokens[:, :512] == together).all()
    assert (noised.tokens[:, 512:] == 0).all()


def test_draws_seeds_and_sequences_give_different_results(tokens):
    process = _process()
    row = tokens[0]
    base = process.noise(row, 499, seed=1).tokens
    for other in ({"seed": 2}, {"draw": 1}, {"sequence_ids": 1}):
        again = process.noise(row, 499, **{"seed": 1, **other}).tokens
        assert (again != base).any()


def test_without_a_seed_each_call_is_new_and_reports_its_seed(tokens):
    process = _process()
    first, second = (process.noise(tokens[0], 499, seed=None) for _ in range(2))
    assert first.seed != second.seed
    again = process.noise(tokens[0], 499, seed=first.seed)
    assert (again.tokens == first.tokens).all()


@pytest.mark.parametrize("dtype", ["uint8", "int16", "uint16", "int32", "int64", ">i4"])
def test_the_dtype_is_kept_and_does_not_change_the_result(tokens, dtype):
    process = _process()
    noised = process.noise(tokens.astype(dtype), 499, seed=1).tokens
    assert noised.dtype == np.dtype(dtype).newbyteorder("=")
    assert (noised == process.noise(tokens, 499, seed=1).tokens).all()


def test_time_by_row_and_by_position_equal_single_calls(tokens):
    process = _process()
    steps = np.arange(64) * 15
    by_row = process.noise(tokens, steps, seed=4)
    assert (by_row.alpha == process.alphas[steps]).all()
    single = process.noise(tokens[9], 135, seed=4, sequence_ids=9)
    assert (by_row.tokens[9] == single.tokens).all()
    spread = np.repeat(steps[:, None], 512, axis=1)
    assert (process.noise(tokens, spread, seed=4).tokens == by_row.tokens).all()
    times = process.time(spread)
    assert (process.noise(tokens, t=times, seed=4).tokens == by_row.tokens).all()
    assert (process.noise(tokens, t=times[:, 0], seed=4).tokens == by_row.tokens).all()
    line = process.noise(tokens[0], t=np.linspace(0, 1, 512), seed=4)
    assert line.alpha.shape == (512,)
    assert not line.changed[0]


def test_nothing_changes_at_time_zero_and_all_is_struck_at_full_noise(tokens):
    process = build_process(
        {"vocab_size": 50, "schedule": {"type": "loglinear", "epsilon": 0.0}}
    )
    assert not process.noise(tokens, t=0.0, seed=1).resampled.any()
    assert process.noise(tokens, t=1.0, seed=1).resampled.all()


def test_protected_positions_never_change(tokens):
    protect = np.random.default_rng(1).random(tokens.shape) < 0.5
    process = _process()
    noised = process.noise(tokens, 998, seed=1, protect=protect)
    assert (noised.tokens[protect] == tokens[protect]).all()
    assert not noised.resampled[protect].any()
    free = process.noise(tokens, 998, seed=1)
    assert (noised.tokens[~protect] == free.tokens[~protect]).all()
    by_column = process.noise(tokens, 998, seed=1, protect=protect[0])
    assert (by_column.tokens[:, protect[0]] == tokens[:, protect[0]]).all()


def test_calibrated_weights_keep_the_budget_and_shift_it(tokens):
    process = _process()
    weights = np.where(np.arange(512) % 2, 4.0, 1.0)
    noised = process.noise(tokens, 499, seed=2, weights=weights)
    struck = int(noised.resampled.sum())
    assert stats.binomtest(struck, tokens.size, 0.4995).pvalue > FALSE_ALARM
    assert noised.resampled[:, 1::2].mean() < noised.resampled[:, ::2].mean()
    even = process.noise(tokens, 499, seed=2, weights=np.full(512, 7.0))
    assert (even.tokens == process.noise(tokens, 499, seed=2).tokens).all()


@pytest.mark.parametrize(
    "hyperschedule",
    [
        {"type": "flat"},
        {"type": "sliding"},
        {"type": "block", "level_map": "hdlm"},
        {"type": "weights", "weights": [1.0, 2.0] * 256},
        {"type": "token_types", "classes": {"critical": [1, 2], "variable": [3]}},
    ],
)
def test_hyperschedules_strike_each_position_by_its_own_sigma(tokens, hyperschedule):
    process = with_hyperschedule(_process(), hyperschedule)
    sigma = process.position_sigma(process.time(600), 512, tokens=tokens)
    chance = -np.expm1(-np.broadcast_to(sigma, tokens.shape))
    struck = process.noise(tokens, 600, seed=6).resampled
    deviation = (struck - chance).sum() / math.sqrt((chance * (1 - chance)).sum() + 1)
    assert abs(deviation) < 6.5
    for rows in (slice(0, 5), slice(40, 41)):
        ids = np.arange(64)[rows]
        part = process.noise(tokens[rows], 600, seed=6, sequence_ids=ids)
        assert (part.resampled == struck[rows]).all()


def test_a_hyperschedule_with_padding_equals_the_unpadded_rows(tokens):
    for spec in (
        {"type": "sliding", "width": 8, "levels": 4},
        {"type": "token_types", "classes": {"critical": list(range(25))}},
    ):
        process = with_hyperschedule(_process(), spec)
        lengths = np.array([100, 512, 0, 7])
        padded = process.noise(tokens[:4], 600, seed=6, lengths=lengths)
        for row, length in enumerate(lengths):
            assert (padded.tokens[row, length:] == tokens[row, length:]).all()
            if length:
                alone = process.noise(
                    tokens[row, :length], 600, seed=6, sequence_ids=row
                )
                assert (padded.tokens[row, :length] == alone.tokens).all()


def test_a_given_output_is_filled_and_returned(tokens):
    out = np.empty_like(tokens)
    noised = _process().noise(tokens, 499, seed=1, out=out)
    assert np.shares_memory(noised.tokens, out)
    assert (noised.changed == (out != tokens)).all()
    assert noised.changed is noised.changed
    assert noised.resampled is noised.resampled


@pytest.mark.parametrize(
    ("arguments", "field", "code"),
    [
        ({"tokens": []}, "tokens", "wrong_shape"),
        ({"tokens": 3}, "tokens", "wrong_shape"),
        ({"tokens": [[[1]]]}, "tokens", "wrong_shape"),
        ({"tokens": [1, 50]}, "tokens[1]", "out_of_range"),
        ({"tokens": [[1, 2], [-1, 3]]}, "tokens[1, 0]", "out_of_range"),
        ({"tokens": [1.0]}, "tokens", "not_an_integer"),
        ({"tokens": "ab"}, "tokens", "not_an_integer"),
        ({"timestep": 1000}, "timestep", "out_of_range"),
        ({"timestep": 0.5}, "timestep", "not_an_integer"),
        ({"timestep": None}, "timestep", "one_of"),
        ({"t": 0.5}, "timestep", "one_of"),
        ({"timestep": [1, 2]}, "timestep", "wrong_shape"),
        ({"tokens": [[1, 2]] * 3, "timestep": [1, 2]}, "timestep", "wrong_shape"),
        ({"timestep": None, "t": [[0.5]]}, "t", "wrong_shape"),
        ({"timestep": None, "t": 2.0}, "t", "out_of_range"),
        ({"seed": -1}, "seed", "out_of_range"),
        ({"draw": 1 << 32}, "draw", "out_of_range"),
        ({"sequence_ids": [1, 2]}, "sequence_ids", "wrong_length"),
        ({"sequence_ids": -1}, "sequence_ids", "out_of_range"),
        ({"protect": [1, 0, 0]}, "protect", "not_a_mask"),
        ({"protect": [True]}, "protect", "wrong_shape"),
        ({"lengths": 4}, "lengths", "out_of_range"),
        ({"lengths": [1, 2]}, "lengths", "wrong_length"),
        ({"weights": [1, 2]}, "weights", "wrong_length"),
        ({"weights": [1, 2, 3], "timestep": [1, 2, 3]}, "timestep", "wrong_shape"),
        ({"threads": 0}, "threads", "out_of_range"),
        ({"threads": 1.0}, "threads", "not_an_integer"),
        ({"out": [0, 0, 0]}, "out", "wrong_array"),
    ],
)
def test_arguments_that_do_not_fit_are_refused(arguments, field, code):
    call = {"tokens": [1, 2, 3], "timestep": 5, "seed": 1, **arguments}
    with pytest.raises(EngineError) as caught:
        _process().noise(call.pop("tokens"), **call)
    assert (caught.value.field, caught.value.code) == (field, code)


def test_a_dtype_that_cannot_hold_every_state_is_refused():
    with pytest.raises(EngineError) as caught:
        _process("absorbing", 256).noise(np.zeros(3, np.uint8), 5, seed=1)
    assert caught.value.code == "dtype_too_small"
    assert _process("uniform", 256).noise(np.zeros(3, np.uint8), 5, seed=1)


def test_an_output_over_the_input_is_refused(tokens):
    with pytest.raises(EngineError) as caught:
        _process().noise(tokens, 5, seed=1, out=tokens)
    assert caught.value.code == "overlap"


def test_an_inner_mask_stays_mask():
    spec = {"vocab_size": 5, "graph": {"type": "absorbing", "mask_id": 2}}
    noised = build_process(spec).noise([2, 2, 1, 3], 999, seed=1)
    assert noised.tokens.tolist() == [2, 2, 2, 2]
