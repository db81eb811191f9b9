"""Groups of fields of which a body gives exactly one."""

from typing import Any

import pytest
from jsonschema import Draft202012Validator
from rest_framework.exceptions import ValidationError

from noising.api.fields import OneOf

NONE: dict[str, Any] = {"a": None, "b": None, "c": None}
RULES = {
    "at most one": OneOf(names=("a", "b", "c")),
    "one": OneOf(names=("a", "b", "c"), least=1),
}


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ({}, {"at most one"}),
        ({"a": None, "c": None}, {"at most one"}),
        ({"a": 0}, {"at most one", "one"}),
        ({"b": [], "c": None}, {"at most one", "one"}),
        ({"a": 1, "b": 2}, set()),
        ({"a": None, "b": 1, "c": False}, set()),
        ({"a": 1, "b": 1, "c": 1}, set()),
    ],
)
def test_the_schema_says_what_the_rule_refuses(
    rule: str, given: dict[str, Any], kept: set[str]
) -> None:
    schema = {"not": {"anyOf": RULES[rule].excluded_schemas()}}
    assert Draft202012Validator(schema).is_valid(given) == (rule in kept)
    try:
        RULES[rule].check(NONE | given)
    except ValidationError:
        assert rule not in kept
    else:
        assert rule in kept


def test_what_may_stand_elsewhere_is_not_asked_of_the_body() -> None:
    rule = OneOf(names=("a", "b"), least=1, elsewhere=True)
    schema = {"not": {"anyOf": rule.excluded_schemas()}}
    assert Draft202012Validator(schema).is_valid({})
    assert not Draft202012Validator(schema).is_valid({"a": 1, "b": 1})
