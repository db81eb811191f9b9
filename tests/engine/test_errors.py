import pickle

import pytest

from noising.engine import EngineError
from noising.engine.errors import format_value


def test_the_message_names_the_field_the_rule_the_value_and_the_way_out():
    error = EngineError(
        "timestep", "out_of_range", "must lie in 0..999", 1000, "count from 0"
    )
    assert str(error) == "`timestep` must lie in 0..999, got 1000; count from 0"


def test_without_a_way_out_the_sentence_ends_with_the_value():
    error = EngineError("seed", "not_an_integer", "must be an integer", "x")
    assert str(error) == "`seed` must be an integer, got 'x'"


@pytest.mark.parametrize(
    ("way_out", "end"), [("", "got 1."), ("mend it", "mend it."), ("is it `b`?", "b`?")]
)
def test_a_sentence_ends_with_one_mark(way_out, end):
    assert EngineError("a", "code", "must be 2", 1, way_out).sentence.endswith(end)


def test_an_error_survives_pickling_with_all_its_parts():
    error = EngineError("a.b", "code", "must be right", [1, 2], "mend it")
    copy = pickle.loads(pickle.dumps(error))  # noqa: S301 - our own bytes
    assert str(copy) == str(error)
    assert (copy.field, copy.code, copy.rule, copy.value, copy.way_out) == (
        "a.b",
        "code",
        "must be right",
        [1, 2],
        "mend it",
    )


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (7, "7"),
        ("x" * 200, "'" + "x" * 76 + "..."),
        (list(range(1000)), "a list of 1000 items"),
        ({n: n for n in range(500)}, "a dict of 500 items"),
        (10**400, "an integer of 1329 bits"),
        ("two\nlines", r"'two\nlines'"),
    ],
)
def test_a_value_is_shown_on_one_short_line(value, text):
    assert format_value(value) == text
