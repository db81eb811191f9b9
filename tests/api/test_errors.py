"""Problem documents: pointers, sizes, and what the engine refuses."""

import pytest
from rest_framework.exceptions import ErrorDetail

from noising.api.problems import (
    LONGEST_POINTER,
    convert_engine_error,
    field_errors,
    pointer,
    shorten,
)
from noising.engine import EngineError
from tests.api.problems import problem_of


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        ((), "#"),
        (("tokens", 3), "#/tokens/3"),
        (("a/b", "c~d"), "#/a~1b/c~0d"),
        (("",), "#/"),
        (("x" * 1000,), "#"),
        (("a", "x" * 1000, "b"), "#/a"),
    ],
)
def test_a_pointer_names_a_place_or_the_nearest_short_one(parts, expected):
    assert pointer(*parts) == expected
    assert len(pointer(*parts)) <= LONGEST_POINTER


def test_a_long_text_is_cut():
    assert shorten("short") == "short"
    assert len(shorten("x" * 1000)) == 400
    assert shorten("x" * 1000).endswith("...")


def test_nested_details_become_pointers():
    wrong = ErrorDetail("is wrong", "wrong")
    detail = {"a": {"1": [wrong]}, "non_field_errors": [wrong], "b": [wrong, wrong]}
    places = [error.pointer for error in field_errors(detail)]
    assert places == ["#/a/1", "#", "#/b", "#/b"]


@pytest.mark.parametrize(
    ("field", "place"),
    [
        ("hyperschedule.classes", "#"),
        ("hyperschedule.classes.critical[3]", "#/critical/3"),
        ("hyperschedule.classes[3, 12]", "#/3/12"),
        ("schedule.type", "#"),
    ],
)
def test_an_engines_path_is_told_from_the_field_on(field, place):
    error = EngineError(field, "wrong", "must be right", 5, "right it")
    refusal = convert_engine_error(error, "hyperschedule.classes", "token_types")
    [found] = field_errors(refusal.detail)
    assert (found.pointer, found.code) == (place, "wrong")
    assert found.detail.startswith("`token_types")
    assert found.detail.endswith("must be right, got 5; right it")


def test_a_failure_of_ours_stays_a_failure_and_tells_nothing(api, monkeypatch, caplog):
    def fail() -> None:
        raise RuntimeError("secret detail")

    monkeypatch.setattr("noising.api.core.views.build_info", fail)
    document = problem_of(api.get("/info"), 500)
    assert "secret" not in str(document)
    assert "secret detail" in caplog.text


def test_an_engine_error_that_no_request_caused_is_a_failure_of_ours(api, monkeypatch):
    def fail() -> None:
        raise EngineError("tokens", "wrong", "must be right", 5)

    monkeypatch.setattr("noising.api.core.views.build_info", fail)
    problem_of(api.get("/info"), 500)
