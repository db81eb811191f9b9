import numpy as np
import pytest

from noising.engine import EngineError
from noising.engine.arrays import (
    MAX_ELEMENTS,
    bounded_integers,
    check_elements,
    check_range,
    float_array,
    integer_array,
    read_only,
    time_array,
)


@pytest.mark.parametrize("value", [True, "0.5", None, [1, None], 1j, [[1], [2, 3]]])
def test_what_is_no_real_number_is_refused(value):
    with pytest.raises(EngineError) as caught:
        float_array(value, "t")
    assert caught.value.code == "not_a_number"


def test_nan_is_refused():
    with pytest.raises(EngineError) as caught:
        float_array([0.0, float("nan")], "t")
    assert caught.value.code == "nan"


def test_floats_keep_their_shape_and_become_float64():
    assert float_array(np.float32(0.5), "t").shape == ()
    assert float_array(np.ones((2, 3), np.int16), "t").dtype == np.float64


@pytest.mark.parametrize("value", [-1e-300, 1.0 + 1e-15, np.inf, -np.inf, [0.5, 2.0]])
def test_a_time_outside_the_unit_interval_is_refused(value):
    with pytest.raises(EngineError) as caught:
        time_array(value)
    assert caught.value.code == "out_of_range"


def test_no_times_at_all_are_fine():
    assert time_array([]).shape == (0,)


@pytest.mark.parametrize(
    "value", [1.0, [1.5], "12", True, [True, 1.5], None, [[1], [2, 3]], [2**70]]
)
def test_what_is_no_integer_is_refused(value):
    with pytest.raises(EngineError) as caught:
        integer_array(value, "tokens")
    assert caught.value.code == "not_an_integer"


def test_integers_keep_their_dtype_and_an_empty_list_is_integer():
    assert integer_array(np.arange(3, dtype=np.uint16), "x").dtype == np.uint16
    assert integer_array([], "x").dtype == np.int64


@pytest.mark.parametrize(
    ("array", "low", "high", "field", "value"),
    [
        (np.array([3, 5, 9]), 0, 8, "x[2]", 9),
        (np.array([3, -1, 2], np.int32), 0, 8, "x[1]", -1),
        (np.array([[1, 2], [3, 99]], np.uint8), 0, 8, "x[1, 1]", 99),
        (np.array(7), 0, 6, "x", 7),
        (np.array([1, 0]), 1, 6, "x[1]", 0),
        (np.array([2**63], np.uint64), 0, 2**63 - 1, "x[0]", 2**63),
    ],
)
def test_the_first_integer_out_of_range_is_named_by_its_index(
    array, low, high, field, value
):
    with pytest.raises(EngineError) as caught:
        check_range(array, "x", low=low, high=high)
    assert (caught.value.field, caught.value.value) == (field, value)
    assert caught.value.code == "out_of_range"


def test_integers_in_range_pass():
    assert bounded_integers([1, 8], "x", low=1, high=8).tolist() == [1, 8]
    check_range(np.empty(0, np.int64), "x", low=0, high=8)


def test_a_result_is_refused_before_it_is_allocated():
    check_elements(MAX_ELEMENTS, field="x0")
    with pytest.raises(EngineError) as caught:
        check_elements(MAX_ELEMENTS, 2, field="x0")
    assert caught.value.code == "too_large"


def test_read_only_arrays_cannot_be_written():
    array = read_only(np.zeros(3))
    with pytest.raises(ValueError, match="read-only"):
        array[0] = 1.0
