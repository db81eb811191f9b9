"""Lists of JSON values as arrays."""

import math

import numpy as np
import pytest

from noising.api.array_fields import parse_booleans
from noising.api.fields import find_outside, parse_integers, parse_reals

TOP = 2**63 - 1


@pytest.mark.parametrize(
    "items", [[], [0], [1], [5, -7, TOP, -TOP - 1], [0] * 100, [1, 2, 3] * 50]
)
def test_integers_are_taken_as_they_are(items):
    numbers = parse_integers(items)
    assert numbers.dtype == np.int64
    assert numbers.tolist() == items


@pytest.mark.parametrize("others", [[], [7] * 100, [0] * 100, [1, 9] * 50])
def test_an_integer_may_be_written_with_a_fraction_of_zero(others):
    numbers = parse_integers([*others, 2.0, -0.0, 3, 2.0**53 - 1])
    assert numbers.dtype == np.int64
    assert numbers.tolist() == [*others, 2, 0, 3, 2**53 - 1]
    assert parse_integers([*others, 2.0, True]) is None
    assert parse_integers([*others, 2.0, 2**63]) is None


@pytest.mark.parametrize(
    "item",
    [
        *(True, False, 1.5, 2.0**53, math.inf, math.nan, "1", None, [1], {}),
        *(2**63, -(2**63) - 1, 2**70),
    ],
)
@pytest.mark.parametrize("others", [[], [7] * 100, [0] * 100, [1, 9] * 50])
def test_one_item_that_is_no_integer_spoils_the_list(item, others):
    assert parse_integers([*others, item]) is None
    assert parse_integers([item, *others]) is None


def test_reals_are_integers_and_floats():
    assert parse_reals([1, 2.5]).tolist() == [1.0, 2.5]
    for item in (True, "1", None, [1.0]):
        assert parse_reals([1.0, item]) is None


def test_flags_are_true_and_false():
    assert parse_booleans([True, False]).tolist() == [True, False]
    for item in (0, 1, "x", None):
        assert parse_booleans([True, item]) is None


@pytest.mark.parametrize("dtype", ["u1", "i1", "u2", "i2", "i4", "u4", "i8", "u8"])
def test_places_outside_a_range_are_found_in_every_dtype(dtype):
    numbers = np.array([[0, 5], [6, 100]], dtype)
    assert find_outside(numbers, 5).tolist() == [2, 3]
    assert find_outside(numbers, 100).size == 0
    if dtype[0] == "i":
        assert find_outside(-numbers, 100).tolist() == [1, 2, 3]


def test_a_single_number_and_none_are_judged_too():
    assert find_outside(np.array(7), 6).tolist() == [0]
    assert find_outside(np.empty(0, np.int64), 0).size == 0
    assert find_outside(np.array([2**64 - 1], np.uint64), 2**64).size == 0
