"""Values by row and position."""

import numpy as np
import pytest

from noising.api.arrays import Rows, integers, rows_of


def test_rows_of_one_length_are_a_matrix():
    rows = rows_of([[1, 2], [3, 4]], integers)
    assert rows.lengths is None
    assert rows.padded(0).tolist() == [[1, 2], [3, 4]]


def test_ragged_rows_are_padded_to_the_longest():
    rows = rows_of([[1, 2, 3], [], [4]], integers)
    assert rows.shape == (3, 3)
    assert rows.padded(9).tolist() == [[1, 2, 3], [9, 9, 9], [4, 9, 9]]
    assert rows.lengths.tolist() == [3, 0, 1]


def test_one_sequence_stays_one():
    assert rows_of([1, 2], integers).shape == (2,)


@pytest.mark.parametrize("items", [[[1], 2], [1, [2]], [[1], [True]], [[1], "2"]])
def test_what_is_mixed_is_none(items):
    assert rows_of(items, integers) is None


def test_a_flat_place_is_found_in_its_row():
    ragged = rows_of([[1, 2, 3], [], [4, 5]], integers)
    assert [ragged.place(at) for at in range(5)] == [
        *((0, 0), (0, 1), (0, 2)),
        *((2, 0), (2, 1)),
    ]
    assert Rows(values=np.zeros((2, 3))).place(4) == (1, 1)
    assert Rows(values=np.zeros(3)).place(2) == (2,)
    assert Rows(values=np.array(3)).place(0) == ()


RAGGED = rows_of([[1, 2, 3], [4]], integers)
EVEN = rows_of([[1, 2, 3], [4, 5, 6]], integers)
ONE = rows_of([1, 2, 3], integers)


@pytest.mark.parametrize(
    ("values", "tokens", "fits"),
    [
        (RAGGED, RAGGED, True),
        (EVEN, EVEN, True),
        (ONE, ONE, True),
        (ONE, EVEN, True),
        (ONE, RAGGED, True),
        (EVEN, RAGGED, False),
        (RAGGED, EVEN, False),
        (EVEN, ONE, False),
        (rows_of([[1], [2, 3, 4]], integers), RAGGED, False),
        (rows_of([1, 2], integers), EVEN, False),
    ],
)
def test_values_fit_tokens_one_to_one_or_by_position(values, tokens, fits):
    assert values.fits(tokens) == fits
