"""A user's own matrix of levels: both orders, refusals, and one row per time."""

import numpy as np
import pytest

from noising.engine import EngineError, build_process
from noising.engine.hyperschedules.matrix import MAX_CELLS

ROWS = [[0, 0, 0], [0, 1, 0], [0, 2, 1], [2, 2, 2]]


def _process(**hyperschedule):
    return build_process(
        {
            "num_timesteps": 6,
            "schedule": {"type": "loglinear"},
            "hyperschedule": {"type": "matrix", **hyperschedule},
        }
    )


@pytest.mark.parametrize("rows", [ROWS, ROWS[::-1], np.array(ROWS), tuple(ROWS)])
def test_rows_are_in_the_order_of_noising_however_given(rows):
    process = _process(rows=rows, levels=2)
    assert process.rows(3).tolist() == ROWS
    assert process.spec["hyperschedule"]["rows"] == np.asarray(rows).tolist()


def test_the_first_row_is_all_clean_and_only_it():
    assert _process(rows=[[1, 0], [1, 1]], levels=1).rows(2).tolist() == [
        [0, 0],
        [1, 0],
        [1, 1],
    ]
    padded = [[0, 0], [0, 0], [0, 0], [1, 0], [1, 1]]
    assert _process(rows=padded, levels=1).rows(2).tolist() == padded[2:]
    assert _process(rows=[[3, 3]], levels=3).rows(2).tolist() == [[0, 0], [3, 3]]


def test_rows_of_full_noise_may_last():
    rows = [[0, 0], [1, 1], [1, 1], [1, 1]]
    assert _process(rows=rows, levels=1).rows(2).tolist() == rows


def test_timesteps_and_times_take_their_row():
    process = _process(rows=ROWS, levels=2)
    table = process.sigma(np.array([0.0, 0.5, 1.0]))
    sigma = process.position_sigma((np.arange(6) + 1) / 6, 3)
    for got, row in zip(sigma, (1, 1, 2, 2, 3, 3), strict=True):
        assert (got == table[ROWS[row]]).all()
    assert (process.position_sigma(0.0, 3) == 0.0).all()


def test_padding_leaves_the_other_positions_their_columns():
    process = _process(rows=ROWS, levels=2)
    tokens = np.array([[5, 6, 7], [8, 9, 10]])
    whole = process.noise(tokens, 3, seed=1).tokens
    padded = process.noise(tokens, 3, seed=1, lengths=[2, 3]).tokens
    assert (padded[0, :2] == whole[0, :2]).all()
    assert padded[0, 2] == 7
    assert (padded[1] == whole[1]).all()


@pytest.mark.parametrize("length", [1, 2, 4])
def test_another_length_is_refused(length):
    process = _process(rows=ROWS, levels=2)
    for ask in (process.rows, lambda n: process.position_sigma(0.5, n)):
        with pytest.raises(EngineError) as caught:
            ask(length)
        assert caught.value.field == "hyperschedule.rows"
        assert caught.value.code == "wrong_length"


@pytest.mark.parametrize(
    ("hyperschedule", "field", "code"),
    [
        ({"levels": 2}, "rows", "missing"),
        ({"rows": ROWS}, "levels", "missing"),
        ({"rows": ROWS, "levels": 1}, "rows[2][1]", "out_of_range"),
        ({"rows": ROWS, "levels": 3}, "rows", "no_full_row"),
        ({"rows": [[0, 0]], "levels": 1}, "rows", "no_full_row"),
        ({"rows": [[0, 1], [1, 0], [1, 1]], "levels": 1}, "rows", "not_monotone"),
        ({"rows": [[1, 1], [0, 0], [1, 1]], "levels": 1}, "rows", "not_monotone"),
        ({"rows": [], "levels": 1}, "rows", "wrong_length"),
        ({"rows": [[]], "levels": 1}, "rows[0]", "wrong_length"),
        ({"rows": [[0, 1], [1]], "levels": 1}, "rows[1]", "wrong_length"),
        ({"rows": [[0, 1], 1], "levels": 1}, "rows[1]", "not_a_list"),
        ({"rows": [0, 1], "levels": 1}, "rows[0]", "not_a_list"),
        ({"rows": 1, "levels": 1}, "rows", "not_a_list"),
        ({"rows": [[0, 1.5]], "levels": 1}, "rows[0][1]", "not_an_integer"),
        ({"rows": [[0, True]], "levels": 1}, "rows[0][1]", "not_an_integer"),
        ({"rows": [[0, -1]], "levels": 1}, "rows[0][1]", "out_of_range"),
        ({"rows": [[0, 1 << 70]], "levels": 1}, "rows[0][1]", "out_of_range"),
        ({"rows": [[1]], "levels": 0}, "levels", "out_of_range"),
    ],
)
def test_bad_matrices_are_refused_by_place(hyperschedule, field, code):
    with pytest.raises(EngineError) as caught:
        _process(**hyperschedule)
    assert (caught.value.field, caught.value.code) == (f"hyperschedule.{field}", code)


def test_a_matrix_too_large_is_refused_before_its_values_are_read():
    row = [0] * 1024
    with pytest.raises(EngineError) as caught:
        _process(rows=[row] * (MAX_CELLS // 1024 + 1), levels=1)
    assert caught.value.code == "too_large"
