"""POST /noise: refused values, and how the error names them."""

import orjson
import pytest

from noising.engine import HYPERSCHEDULE_TYPES
from tests.api.problems import pointers_of, problem_of

ABOVE = 2**64


@pytest.mark.parametrize(
    ("item", "code"),
    [
        ("true", "not_an_integer"),
        ("false", "not_an_integer"),
        ("null", "not_an_integer"),
        ("1.5", "not_an_integer"),
        ("1e-2", "not_an_integer"),
        ("-1.0", "out_of_range"),
        ("1e5", "out_of_range"),
        ("9007199254740992.0", "not_an_integer"),
        ('"12"', "not_an_integer"),
        ('""', "not_an_integer"),
        ('"\\u0000"', "not_an_integer"),
        ("[]", "not_an_integer"),
        ("[1]", "not_an_integer"),
        ("[1,2]", "not_an_integer"),
        ("{}", "not_an_integer"),
        ("-1", "out_of_range"),
        ("50257", "out_of_range"),
        ("9223372036854775807", "out_of_range"),
        ("9223372036854775808", "out_of_range"),
        ("18446744073709551615", "out_of_range"),
        ("18446744073709551616", "not_an_integer"),
        ("-9223372036854775809", "not_an_integer"),
        ("1" + "0" * 300, "not_an_integer"),
    ],
)
def test_an_item_that_is_no_token_is_named(send, item, code):
    body = f'{{"tokens": [5, 6, {item}, 7], "timestep": 500}}'.encode()
    assert pointers_of(send(body)) == [("#/tokens/2", code)]


@pytest.mark.parametrize("length", [1, 5])
@pytest.mark.parametrize("value", [True, -1, 50257, 2**63, 1.5])
def test_the_item_is_found_wherever_it_stands(noise, value, length):
    for place in range(length):
        tokens = [5] * length
        tokens[place] = value
        [(pointer, _)] = pointers_of(noise(tokens=tokens))
        assert pointer == f"#/tokens/{place}"


@pytest.mark.parametrize(
    ("tokens", "code"),
    [
        (None, "null"),
        ([], "empty"),
        ({}, "not_a_list"),
        ({"0": 1}, "not_a_list"),
        ("101", "not_a_list"),
        (101, "not_a_list"),
        (1.5, "not_a_list"),
        (True, "not_a_list"),
    ],
)
def test_tokens_that_are_no_list_are_refused(noise, tokens, code):
    assert pointers_of(noise(tokens=tokens)) == [("#/tokens", code)]


def test_ragged_rows_are_refused(noise):
    refused = pointers_of(noise(tokens=[[1, 2], [3]]))
    assert refused == [
        ("#/tokens/0", "not_an_integer"),
        ("#/tokens/1", "not_an_integer"),
    ]


@pytest.mark.parametrize(
    ("timestep", "code"),
    [
        (None, "null"),
        (True, "not_an_integer"),
        (False, "not_an_integer"),
        (500.5, "not_an_integer"),
        ("500", "not_an_integer"),
        ([500], "not_an_integer"),
        ({}, "not_an_integer"),
        (float(ABOVE), "not_an_integer"),
        (-1, "out_of_range"),
        (1000, "out_of_range"),
        (2**63, "out_of_range"),
        (2**64 - 1, "out_of_range"),
    ],
)
def test_what_is_no_timestep_is_refused(noise, timestep, code):
    assert pointers_of(noise(timestep=timestep)) == [("#/timestep", code)]


@pytest.mark.parametrize(
    ("seed", "code"),
    [
        (-1, "out_of_range"),
        (True, "not_an_integer"),
        (1.5, "not_an_integer"),
        ("7", "not_an_integer"),
        (float(ABOVE), "not_an_integer"),
        ([1], "not_an_integer"),
    ],
)
def test_what_is_no_seed_is_refused(noise, seed, code):
    assert pointers_of(noise(seed=seed)) == [("#/seed", code)]


@pytest.mark.parametrize("flag", [0, 1, "true", "", [], None])
def test_a_flag_is_true_or_false(noise, flag):
    [(pointer, _)] = pointers_of(noise(use_hyperschedule=flag))
    assert pointer == "#/use_hyperschedule"


@pytest.mark.parametrize("used", [True, False])
@pytest.mark.parametrize(
    ("weights", "pointer", "code"),
    [
        ([1] * 5, "", "wrong_length"),
        ([1] * 7, "", "wrong_length"),
        ([], "", "empty"),
        (3, "", "not_a_list"),
        ("1", "", "not_a_list"),
        ({}, "", "not_a_list"),
        ([1, 1, 0, 1, 1, 1], "/2", "out_of_range"),
        ([1, 1, 0.0, 1, 1, 1], "/2", "out_of_range"),
        ([1, 1, -0.0, 1, 1, 1], "/2", "out_of_range"),
        ([1, 1, 1, 1, 1, -2.5], "/5", "out_of_range"),
        ([True, 1, 1, 1, 1, 1], "/0", "not_a_number"),
        (["1", 1, 1, 1, 1, 1], "/0", "not_a_number"),
        ([1, None, 1, 1, 1, 1], "/1", "not_a_number"),
        ([1, [1], 1, 1, 1, 1], "/1", "not_a_number"),
    ],
)
def test_weights_that_cannot_be_used_are_refused(noise, weights, pointer, code, used):
    response = noise(token_weights=weights, use_hyperschedule=used)
    assert pointers_of(response) == [(f"#/token_weights{pointer}", code)]


def test_weights_too_far_apart_are_refused(noise):
    weights = [1e-4, 1, 1, 1, 1, 1e4]
    response = noise(token_weights=weights, use_hyperschedule=True)
    assert pointers_of(response) == [("#/token_weights", "too_far_apart")]


@pytest.mark.parametrize(
    ("protect", "pointer", "code"),
    [
        ([6], "/0", "out_of_range"),
        ([0, 1, 6, -1], "/3", "out_of_range"),
        ([0, 99, 100], "/1", "out_of_range"),
        ([2**63], "/0", "out_of_range"),
        ([True], "/0", "not_an_integer"),
        ([False] * 6, "/0", "not_an_integer"),
        (["1"], "/0", "not_an_integer"),
        (5, "", "not_a_list"),
        ({}, "", "not_a_list"),
    ],
)
def test_positions_that_do_not_exist_are_refused(noise, protect, pointer, code):
    refused = pointers_of(noise(protect=protect))
    assert refused[0] == (f"#/protect{pointer}", code)


def test_no_positions_are_none(noise):
    assert noise(protect=[]).status_code == 200


@pytest.mark.parametrize("used", [True, False])
@pytest.mark.parametrize(
    ("types", "pointer", "code"),
    [
        ([], "", "not_an_object"),
        ("x", "", "not_an_object"),
        ({"crucial": [1]}, "/crucial", "unknown_key"),
        ({"critical": [1], "other": [2, 1]}, "/other/1", "two_types"),
        ({"critical": [True]}, "/critical/0", "not_an_integer"),
        ({"critical": ["1"]}, "/critical/0", "not_an_integer"),
        ({"critical": 5}, "/critical", "not_a_list"),
        ({"critical": None}, "/critical", "not_a_list"),
        ({"critical": [-1]}, "/critical", "out_of_range"),
        ({"critical": [50257]}, "/critical", "out_of_range"),
        ({"critical": [2**63]}, "/critical", "out_of_range"),
    ],
)
def test_token_types_that_cannot_be_used_are_refused(noise, types, pointer, code, used):
    response = noise(token_types=types, use_hyperschedule=used)
    [(place, refused)] = pointers_of(response)
    assert place.startswith(f"#/token_types{pointer}")
    assert refused == code
    detail = response.json()["detail"]
    assert "token_types" in detail
    assert "hyperschedule" not in detail


@pytest.mark.parametrize("used", [True, False])
@pytest.mark.parametrize(
    ("hyperschedule", "pointer", "code"),
    [
        ([], "", "not_an_object"),
        ("sliding", "", "not_an_object"),
        ({}, "/type", "unknown_type"),
        ({"type": "slidng"}, "/type", "unknown_type"),
        ({"type": 5}, "/type", "unknown_type"),
        ({"type": "\u0000"}, "/type", "unknown_type"),
        ({"type": "sliding", "width": 0}, "/width", "out_of_range"),
        ({"type": "sliding", "width": True}, "/width", "not_an_integer"),
        ({"type": "sliding", "widht": 1}, "/widht", "unknown_key"),
        ({"type": "block", "levels": 1.5}, "/levels", "not_an_integer"),
        ({"type": "weights", "weights": [1, 0]}, "/weights/1", "out_of_range"),
        ({"type": "weights"}, "/weights", "missing"),
        (
            {"type": "token_exponents", "exponents": {"05": 1}},
            "/exponents/05",
            "not_an_id",
        ),
    ],
)
def test_hyperschedules_that_cannot_be_used_are_refused(
    noise, hyperschedule, pointer, code, used
):
    response = noise(hyperschedule=hyperschedule, use_hyperschedule=used)
    assert pointers_of(response) == [(f"#/hyperschedule{pointer}", code)]


def test_the_nearest_hyperschedule_is_suggested(noise):
    response = noise(hyperschedule={"type": "slidng"})
    assert "did you mean `sliding`?" in response.json()["detail"]
    for name in HYPERSCHEDULE_TYPES:
        assert name in response.json()["detail"]


def test_a_hyperschedule_for_another_length_is_refused(noise):
    by_weight = {"type": "weights", "weights": [1, 2]}
    response = noise(hyperschedule=by_weight, use_hyperschedule=True)
    assert pointers_of(response) == [("#/hyperschedule/weights", "wrong_length")]


@pytest.mark.parametrize(
    ("extras", "code"),
    [
        ("seed", "not_a_list"),
        (None, "null"),
        ({}, "not_a_list"),
        (["seeds"], "unknown"),
        ([1], "unknown"),
        ([["seed"]], "unknown"),
        ([{}], "unknown"),
        ([None], "unknown"),
    ],
)
def test_unknown_extras_are_refused(noise, extras, code):
    assert pointers_of(noise(**{"return": extras})) == [("#/return", code)]


def test_what_is_missing_is_named(send):
    missing = [("#/tokens", "required"), ("#/timestep", "required")]
    assert pointers_of(send(b"{}")) == missing


@pytest.mark.parametrize("body", [b"[]", b"[1]", b'"a"', b"5", b"true"])
def test_a_body_that_is_no_object_is_refused(send, body):
    assert pointers_of(send(body)) == [("#", "not_an_object")]


def test_a_body_of_null_is_refused(send):
    assert pointers_of(send(b"null")) == [("#", "null")]


def test_unknown_keys_are_named_with_the_known_ones(noise):
    response = noise(**{"tokns": [], "a/b~c": 1})
    assert pointers_of(response) == [
        ("#/tokns", "unknown_key"),
        ("#/a~1b~0c", "unknown_key"),
    ]
    assert "known are tokens, timestep" in response.json()["detail"]


def test_everything_wrong_is_told_at_once(noise):
    response = noise(tokens=[True], timestep=-1, seed="x", extra=1)
    assert [pointer for pointer, _ in pointers_of(response)] == [
        "#/tokens/0",
        "#/timestep",
        "#/seed",
        "#/extra",
    ]


@pytest.mark.parametrize("item", [True, -1, 2**63, 0.5, "x" * 50, [1, 2, 3]])
def test_a_hundred_thousand_bad_items_are_answered_with_the_first_ten(noise, item):
    response = noise(tokens=[item] * 100_000)
    refused = pointers_of(response)
    assert [pointer for pointer, _ in refused] == [f"#/tokens/{i}" for i in range(10)]


def test_the_last_of_a_hundred_thousand_is_found(noise):
    response = noise(tokens=[5] * 100_000 + [-1])
    assert pointers_of(response) == [("#/tokens/100000", "out_of_range")]


@pytest.mark.parametrize(
    "fields",
    [
        {"x" * 100_000: 1},
        {f"{i}" * 1000: 1 for i in range(1000)},
        {"\u0000" * 10_000: 1, "\U0001f600" * 10_000: 1},
        {"tokens": ["x" * 1_000_000] * 12},
        {"tokens": [[0] * 100_000] * 12},
        {"timestep": "x" * 1_000_000},
        {"timestep": {"x" * 100_000: ["y" * 100_000]}},
        {"hyperschedule": {"type": "x" * 1_000_000}},
        {"hyperschedule": {"x" * 1_000_000: 1, "type": "sliding"}},
        {"hyperschedule": {"type": "weights", "weights": ["x" * 1_000_000]}},
        {"token_types": {"x" * 1_000_000: []}},
        {"return": ["\u0000" * 1_000_000]},
        {"seed": [["x" * 1_000_000]]},
    ],
)
def test_a_huge_value_is_not_repeated(noise, fields):
    document = problem_of(noise(**fields), 422)
    assert len(orjson.dumps(document)) < 64 * 1024
    assert all(len(error["detail"]) <= 400 for error in document["errors"])


def test_too_many_tokens_are_too_large(noise, settings):
    settings.MAX_TOKENS = 5
    document = problem_of(noise(), 413)
    assert document["detail"] == "`tokens` must not have more than 5 items, got 6."


@pytest.mark.parametrize("name", ["token_weights", "protect"])
def test_other_lists_have_the_same_limit(noise, settings, name):
    settings.MAX_TOKENS = 10
    problem_of(noise(**{name: [1] * 11}), 413)
