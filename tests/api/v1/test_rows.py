"""Values by row and position."""

import numpy as np
import pytest

from noising.api.array_fields import Rows, parse_rows
from noising.api.fields import parse_integers


def test_rows_of_one_length_are_a_matrix():
    rows = parse_rows([[1, 2], [3, 4]], parse_integers)
    assert rows.lengths is None
    assert rows.pad(0).tolist() == [[1, 2], [3, 4]]


def test_ragged_rows_are_padded_to_the_longest():
    rows = parse_rows([[1, 2, 3], [], [4]], parse_integers)
    assert rows.shape == (3, 3)
    assert rows.pad(9).tolist() == [[1, 2, 3], [9, 9, 9], [4, 9, 9]]
    assert rows.lengths.tolist() == [3, 0, 1]


def test_one_sequence_stays_one():
    assert parse_rows([1, 2], parse_integers).shape == (2,)


@pytest.mark.parametrize("items", [[[1], 2], [1, [2]], [[1], [True]], [[1], "2"]])
def test_what_is_mixed_is_none(items):
    assert parse_rows(items, parse_integers) is None


def test_a_flat_place_is_found_in_its_row():
    ragged = parse_rows([[1, 2, 3], [], [4, 5]], parse_integers)
    assert [ragged.path(at) for at in range(5)] == [
        *((0, 0), (0, 1), (0, 2)),
        *((2, 0), (2, 1)),
    ]
    assert Rows(values=np.zeros((2, 3))).path(4) == (1, 1)
    assert Rows(values=np.zeros(3)).path(2) == (2,)
    assert Rows(values=np.array(3)).path(0) == ()


RAGGED = parse_rows([[1, 2, 3], [4]], parse_integers)
EVEN = parse_rows([[1, 2, 3], [4, 5, 6]], parse_integers)
ONE = parse_rows([1, 2, 3], parse_integers)


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
        (parse_rows([[1], [2, 3, 4]], parse_integers), RAGGED, False),
        (parse_rows([1, 2], parse_integers), EVEN, False),
    ],
)
def test_values_fit_tokens_one_to_one_or_by_position(values, tokens, fits):
    assert values.fits(tokens) == fits
