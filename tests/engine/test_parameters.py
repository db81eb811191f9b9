"""Declared parameters: canonical values, and errors that name place and rule."""

import json
import math

import numpy as np
import pytest
from jsonschema import Draft202012Validator

from noising.engine import EngineError
from noising.engine.parameters import (
    MAX_LIST,
    REQUIRED,
    Choice,
    Flag,
    Integer,
    Interval,
    Number,
    Numbers,
    Optional,
    check_keys,
    listed,
    mapping,
    nearest,
    parse_parameters,
)

UNIT = Number(low=0.0, high=1.0, open_high=True, help="a share")
ABOVE = Number(low=0.0, open_low=True, help="a weight")
ANY = Number(help="a number")
COUNT = Integer(low=1, high=10, help="a count")
FLAG = Flag(help="a switch")
CHOICE = Choice(options=("linear", "cosine"), help="a name")
LIST = Numbers(item=UNIT, help="shares")
MAYBE = Optional(inner=COUNT, help="a count or nothing")

PART = Interval(item=Number(low=0.0, high=1.0, help="a time"), help="two times")
VALID = [
    (PART, [0, 1], [0.0, 1.0]),
    (PART, (0.25, 0.5), [0.25, 0.5]),
    (UNIT, 0, 0.0),
    (UNIT, 0.5, 0.5),
    (UNIT, np.float32(0.25), 0.25),
    (UNIT, np.int64(0), 0.0),
    (UNIT, math.nextafter(1.0, 0.0), math.nextafter(1.0, 0.0)),
    (ABOVE, 5e-324, 5e-324),
    (ABOVE, 1 << 80, float(1 << 80)),
    (ANY, -1e308, -1e308),
    (COUNT, 1, 1),
    (COUNT, 10, 10),
    (COUNT, np.uint8(3), 3),
    (COUNT, 3.0, 3),
    (COUNT, np.float32(10), 10),
    (FLAG, True, True),
    (FLAG, False, False),
    (CHOICE, "linear", "linear"),
    (LIST, [0, 0.5], [0.0, 0.5]),
    (LIST, (0.0, 0.25), [0.0, 0.25]),
    (LIST, np.array([0.0, 0.75]), [0.0, 0.75]),
    (LIST, np.array([0], np.uint8), [0.0]),
    (MAYBE, None, None),
    (MAYBE, 7, 7),
]


@pytest.mark.parametrize(("parameter", "value", "canonical"), VALID)
def test_a_valid_value_becomes_canonical(parameter, value, canonical):
    parsed = parameter.parse(value, "here")
    assert parsed == canonical
    assert type(parsed) is type(canonical)
    assert parameter.parse(parsed, "here") == parsed
    json.dumps(parsed, allow_nan=False)


INVALID = [
    (UNIT, 1.0, "here", "out_of_range"),
    (UNIT, -1e-300, "here", "out_of_range"),
    (UNIT, True, "here", "not_a_number"),
    (UNIT, "0.5", "here", "not_a_number"),
    (UNIT, None, "here", "not_a_number"),
    (UNIT, [0.5], "here", "not_a_number"),
    (UNIT, 0.5 + 0j, "here", "not_a_number"),
    (UNIT, math.nan, "here", "not_finite"),
    (UNIT, math.inf, "here", "not_finite"),
    (UNIT, np.float64("-inf"), "here", "not_finite"),
    (ANY, 10**400, "here", "not_finite"),
    (ABOVE, 0, "here", "out_of_range"),
    (COUNT, 0, "here", "out_of_range"),
    (COUNT, 11, "here", "out_of_range"),
    (COUNT, 10**400, "here", "out_of_range"),
    (COUNT, True, "here", "not_an_integer"),
    (COUNT, 3.5, "here", "not_an_integer"),
    (COUNT, math.inf, "here", "not_an_integer"),
    (COUNT, math.nan, "here", "not_an_integer"),
    (COUNT, 11.0, "here", "out_of_range"),
    (COUNT, "3", "here", "not_an_integer"),
    (COUNT, np.bool_(True), "here", "not_an_integer"),
    (FLAG, 1, "here", "not_a_flag"),
    (FLAG, "true", "here", "not_a_flag"),
    (FLAG, None, "here", "not_a_flag"),
    (CHOICE, "quadratic", "here", "unknown_name"),
    (CHOICE, 3, "here", "unknown_name"),
    (CHOICE, ["linear"], "here", "unknown_name"),
    (LIST, [0.5, 1.0], "here[1]", "out_of_range"),
    (LIST, [0.5, math.nan, 2.0], "here[1]", "not_finite"),
    (LIST, [0.5, math.inf], "here[1]", "not_finite"),
    (LIST, [0.5, True], "here[1]", "not_a_number"),
    (LIST, [[0.5]], "here[0]", "not_a_number"),
    (LIST, [], "here", "wrong_length"),
    (LIST, np.array([]), "here", "wrong_length"),
    (LIST, np.array(0.5), "here", "not_a_list"),
    (LIST, 0.5, "here", "not_a_list"),
    (LIST, "0.5", "here", "not_a_list"),
    (LIST, {"0": 0.5}, "here", "not_a_list"),
    (MAYBE, 11, "here", "out_of_range"),
    (PART, [0.5], "here", "wrong_length"),
    (PART, [0.1, 0.5, 0.9], "here", "wrong_length"),
    (PART, [0.1, 1.5], "here[1]", "out_of_range"),
    (PART, 0.5, "here", "not_a_list"),
]


@pytest.mark.parametrize(("parameter", "value", "field", "code"), INVALID)
def test_an_invalid_value_is_refused_with_its_place(parameter, value, field, code):
    with pytest.raises(EngineError) as caught:
        parameter.parse(value, "here")
    assert (caught.value.field, caught.value.code) == (field, code)


def written(value):
    """Return a value as JSON has it, or None where JSON has no such value."""
    try:
        text = json.dumps(value, allow_nan=False)
    except (TypeError, ValueError):
        return None
    return json.loads(text)


JUDGED = [
    *((parameter, written(value), True) for parameter, value, _ in VALID),
    *((parameter, written(value), False) for parameter, value, *_ in INVALID),
]


@pytest.mark.parametrize(
    ("parameter", "value", "is_valid"),
    [
        (parameter, value, is_valid)
        for parameter, value, is_valid in JUDGED
        if value is not None and value != 10**400  # no schema tells what a float holds
    ],
)
def test_the_schema_takes_what_is_parsed(parameter, value, is_valid):
    assert Draft202012Validator(parameter.schema()).is_valid(value) == is_valid


@pytest.mark.parametrize(
    ("parameter", "text"),
    [
        (Number(help=""), "(-inf, inf)"),
        (UNIT, "[0, 1)"),
        (ABOVE, "(0, inf)"),
        (Number(low=-1.5, high=2.0, help=""), "[-1.5, 2]"),
    ],
)
def test_a_range_is_shown_as_an_interval(parameter, text):
    assert parameter.range == text


def test_minus_zero_and_zero_are_one_value():
    assert math.copysign(1.0, ANY.parse(-0.0, "here")) == 1.0
    assert math.copysign(1.0, LIST.parse([-0.0], "here")[0]) == 1.0


def test_an_unknown_name_comes_with_the_nearest():
    with pytest.raises(EngineError) as caught:
        CHOICE.parse("cosin", "here")
    assert caught.value.way_out == "did you mean `cosine`?"
    assert nearest("nothing like it", ["linear"]) == ""


def test_a_list_longer_than_the_limit_is_refused_before_it_is_read():
    with pytest.raises(EngineError) as caught:
        listed([None] * (MAX_LIST + 1), "here")
    assert caught.value.code == "wrong_length"
    assert caught.value.value == MAX_LIST + 1


@pytest.mark.parametrize("value", [None, [], "text", {1: 2}, 3])
def test_an_object_needs_string_keys(value):
    with pytest.raises(EngineError) as caught:
        mapping(value, "here")
    assert caught.value.code == "not_an_object"


@pytest.mark.parametrize(("field", "path"), [("", "spilon"), ("at", "at.spilon")])
def test_an_unknown_key_is_refused_by_path(field, path):
    with pytest.raises(EngineError) as caught:
        check_keys(["epsilon", "spilon"], ["epsilon"], field)
    assert (caught.value.field, caught.value.code) == (path, "unknown_key")
    assert caught.value.way_out == "did you mean `epsilon`?"
    with pytest.raises(EngineError, match="known are none"):
        check_keys(["epsilon"], [], "")


def test_a_table_fills_defaults_in_and_asks_for_what_has_none():
    table = {
        "share": Number(default=0.5, low=0.0, help="a share"),
        "count": Integer(default=REQUIRED, low=1, high=2, help="how many"),
    }
    assert parse_parameters(table, {"count": 2}, "at") == {"share": 0.5, "count": 2}
    assert parse_parameters(table, {"count": 1, "share": 0}, "at")["share"] == 0.0
    with pytest.raises(EngineError) as caught:
        parse_parameters(table, {}, "at")
    assert (caught.value.field, caught.value.code) == ("at.count", "missing")
    assert caught.value.way_out == "how many"
    assert repr(REQUIRED) == "required"
