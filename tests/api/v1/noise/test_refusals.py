"""POST noise as JSON: refused values, and how the error names them."""

import gzip

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.api.problems import pointers_of, problem_of
from tests.api.test_conformity import CLIENT, VALUES
from tests.api.v1.forms import FORMS, JSON, NPY, TENSORS, body_of
from tests.api.v1.noise.test_forms import BATCH

ROWS = [[5, 6, 7], [8]]
BY_POSITION = {"weights": [1.0, 2.0, 3.0]}
WRONG_ITEMS = [True, False, None, 0.5, 1.5, "12", "", {}, 2**63, 2**64 - 1]


@pytest.mark.parametrize("item", WRONG_ITEMS)
@pytest.mark.parametrize("place", [(0, 0), (0, 2), (1, 0), (2, 1)])
def test_an_item_that_is_no_token_is_named_by_row_and_position(ask, item, place):
    rows = [[5, 6, 7], [1], [0, 0]]
    rows[place[0]][place[1]] = item
    [(pointer, code)] = pointers_of(ask("noise", tokens=rows, timesteps=5))
    assert pointer == f"#/tokens/{place[0]}/{place[1]}"
    assert code == ("out_of_range" if type(item) is int else "not_an_integer")


@pytest.mark.parametrize(
    ("tokens", "pointer", "code"),
    [
        (None, "", "null"),
        ([], "", "empty"),
        ([[]], "", "empty"),
        ([[], []], "", "empty"),
        ({}, "", "not_a_list"),
        ("12", "", "not_a_list"),
        (5, "", "not_a_list"),
        ([[1], 2], "/1", "not_a_list"),
        ([[1], None], "/1", "not_a_list"),
        ([[1], "23"], "/1", "not_a_list"),
        ([1, [2]], "/1", "not_an_integer"),
        ([[1], [[2]]], "/1/0", "not_an_integer"),
        ([[[1]]], "/0/0", "not_an_integer"),
        (["12", "34"], "/0", "not_an_integer"),
        ([-1], "/0", "out_of_range"),
        ([[1], [2, 50257]], "/1/1", "out_of_range"),
    ],
)
def test_what_is_no_batch_is_refused(ask, tokens, pointer, code):
    response = ask("noise", tokens=tokens, timesteps=5)
    assert pointers_of(response)[0] == (f"#/tokens{pointer}", code)


def test_ten_offenders_are_named_wherever_they_stand(ask):
    rows = [[5] * 100 for _ in range(100)]
    for index in range(20):
        rows[index * 5][index] = -index - 1
    named = pointers_of(ask("noise", tokens=rows, timesteps=5))
    assert [pointer for pointer, _ in named] == [
        f"#/tokens/{index * 5}/{index}" for index in range(10)
    ]


ONE_OF = [
    ({}, ["timesteps"]),
    ({"timesteps": 5, "times": 0.5}, ["timesteps", "times"]),
    (
        {"timesteps": 5, "weights": [1, 1, 1], "token_types": {}},
        ["weights", "token_types"],
    ),
    (
        {"timesteps": 5, "token_types": {}, "hyperschedule": {"type": "flat"}},
        ["token_types", "hyperschedule"],
    ),
]


@pytest.mark.parametrize(("fields", "names"), ONE_OF)
def test_of_some_fields_there_is_one(ask, fields, names):
    expected = [(f"#/{name}", "one_of") for name in names]
    assert pointers_of(ask("noise", tokens=ROWS, **fields)) == expected


@pytest.mark.parametrize(
    ("fields", "place", "code"),
    [
        ({"timesteps": -1}, "timesteps", "out_of_range"),
        ({"timesteps": 1000}, "timesteps", "out_of_range"),
        ({"timesteps": [5, 1000]}, "timesteps/1", "out_of_range"),
        ({"timesteps": True}, "timesteps", "not_an_integer"),
        ({"timesteps": [5, True]}, "timesteps/1", "not_an_integer"),
        ({"timesteps": 5.5}, "timesteps", "not_an_integer"),
        ({"timesteps": "5"}, "timesteps", "not_an_integer"),
        ({"timesteps": [[5], 6]}, "timesteps/1", "not_a_list"),
        ({"timesteps": [5, [6]]}, "timesteps/1", "not_an_integer"),
        ({"timesteps": [[5, 6, 7], [1, 2, 1000]]}, "timesteps/1/2", "out_of_range"),
        ({"timesteps": [[5, 6, 7], [True]]}, "timesteps/1/0", "not_an_integer"),
        ({"timesteps": [[5, 6, 7], [1, 2]]}, "timesteps", "wrong_length"),
        ({"timesteps": [[5, 6, 7]]}, "timesteps", "wrong_length"),
        ({"timesteps": [[5, 6, 7], [1]]} | BY_POSITION, "timesteps", "wrong_shape"),
        ({"times": [[0.5, 0.6, 1.5], [0]]}, "times/0/2", "out_of_range"),
        ({"times": [[0.5, "0", 1], [0]]}, "times/0/1", "not_a_number"),
        ({"timesteps": {}}, "timesteps", "not_an_integer"),
        ({"timesteps": []}, "timesteps", "empty"),
        ({"timesteps": [5]}, "timesteps", "wrong_length"),
        ({"timesteps": [5, 6, 7]}, "timesteps", "wrong_length"),
        ({"times": 1.0000001}, "times", "out_of_range"),
        ({"times": [0.5, -1]}, "times/1", "out_of_range"),
        ({"times": "0.5"}, "times", "not_a_number"),
        ({"times": [0.5, True]}, "times/1", "not_a_number"),
        ({"times": [0.5]}, "times", "wrong_length"),
        ({"seed": -1}, "seed", "out_of_range"),
        ({"draw": 2**32}, "draw", "out_of_range"),
        ({"draw": None}, "draw", "null"),
        ({"sequence_ids": [0, 2**63]}, "sequence_ids/1", "out_of_range"),
        ({"sequence_ids": 3}, "sequence_ids", "wrong_length"),
        ({"sequence_ids": [1]}, "sequence_ids", "wrong_length"),
        ({"lengths": [1, 1]}, "lengths", "wrong_length"),
        ({"protect": [1, 0, 0]}, "protect/0", "not_a_flag"),
        ({"protect": [[True], [True]]}, "protect", "wrong_length"),
        ({"protect": [True]}, "protect", "wrong_length"),
        ({"protect": {}}, "protect", "empty_object"),
        ({"protect": {"id": [1]}}, "protect", "unknown_key"),
        ({"protect": {"ids": [50257]}}, "protect/ids/0", "out_of_range"),
        ({"protect": {"ids": ["a"]}}, "protect/ids/0", "not_an_integer"),
        ({"protect": {"positions": [3]}}, "protect/positions/0", "out_of_range"),
        ({"weights": [1, 1]}, "weights", "wrong_length"),
        ({"weights": [[1, 1, 1], [0]]}, "weights/1/0", "out_of_range"),
        ({"weights": [[1, 1, 1], ["1"]]}, "weights/1/0", "not_a_number"),
        ({"weights": [1, 1e9, 1]}, "weights", "too_far_apart"),
        ({"hyperschedule": "block"}, "hyperschedule", "not_an_object"),
        ({"hyperschedule": {"type": "blok"}}, "hyperschedule/type", "unknown_type"),
        (
            {"hyperschedule": {"type": "weights", "weights": [1, 2]}},
            "hyperschedule/weights",
            "wrong_length",
        ),
        (
            {"token_types": {"critical": [50257]}},
            "token_types/critical",
            "out_of_range",
        ),
        ({"token_types": {"crit": []}}, "token_types/crit", "unknown_key"),
        ({"schedule": 5}, "schedule", "wrong_type"),
        ({"schedule": []}, "schedule", "wrong_type"),
        ({"schedule": {"type": "cosine"}}, "schedule/type", "unknown_key"),
        ({"schedule": {"vocab_size": 1}}, "schedule/vocab_size", "out_of_range"),
        (
            {"schedule": {"schedule": {"type": "cosin"}}},
            "schedule/schedule/type",
            "unknown_type",
        ),
        (
            {"schedule": {"schedule": {"type": "linear", "beta_max": 2}}},
            "schedule/schedule/beta_max",
            "out_of_range",
        ),
        (
            {"schedule": {"hyperschedule": {"type": "weights", "weights": [1]}}},
            "schedule/hyperschedule/weights",
            "wrong_length",
        ),
        ({"schedule": {"vocab_size": 8}}, "tokens/1/0", "out_of_range"),
        ({"return": ["alpha"]}, "return", "unknown"),
        ({"timestep": 5}, "timestep", "unknown_key"),
    ],
)
def test_values_that_cannot_be_used_are_named(ask, fields, place, code):
    if "times" not in fields:
        fields = {"timesteps": 5} | fields
    named = pointers_of(ask("noise", tokens=ROWS, **fields))
    assert named[0] == (f"#/{place}", code)


@pytest.mark.parametrize(
    "fields", [{"timesteps": [5]}, {"times": [0.5]}, {"lengths": [3]}]
)
def test_one_sequence_has_one_time_and_no_lengths(ask, fields):
    fields = {"timesteps": 5} | fields if "times" not in fields else fields
    [(_, code)] = pointers_of(ask("noise", tokens=[1, 2, 3], **fields))
    assert code == "wrong_length"


@pytest.mark.parametrize(("name", "values"), [("sequence_ids", [5]), ("lengths", [2])])
def test_of_one_row_one_number_is_as_good_as_a_list_of_it(ask, name, values):
    fields = {"tokens": [[1, 2, 3]], "timesteps": 900, "seed": 1}
    answers = [ask("noise", **fields, **{name: given}) for given in (values, values[0])]
    assert answers[0].status_code == 200
    assert answers[0].content == answers[1].content


def test_a_named_hyperschedule_that_does_not_fit_is_told_of_the_schedule(ask):
    schedule = {"hyperschedule": {"type": "weights", "weights": [1]}}
    response = ask("noise", tokens=[1, 2], timesteps=5, schedule=schedule)
    assert "`schedule.hyperschedule.weights` must have" in response.json()["detail"]


@pytest.mark.parametrize("extras", ["alphas", "masks"])
def test_an_extra_that_the_form_cannot_hold_is_refused(send, extras):
    query, body = body_of(NPY, BATCH, timesteps=5)
    response = send(f"noise{query}&return={extras}", body, NPY)
    assert pointers_of(response) == [("#/return", "not_in_this_form")]
    assert send(f"noise{query}&return=seed", body, NPY).status_code == 200


def test_as_many_tokens_as_allowed_are_taken_padding_included(ask, settings):
    settings.MAX_TOKENS = 12
    assert ask("noise", tokens=[[1] * 4] * 3, timesteps=5).status_code == 200
    assert ask("noise", tokens=[[1] * 4, [], [1]], timesteps=5).status_code == 200
    problem_of(ask("noise", tokens=[[1] * 4] * 4, timesteps=5), 413)
    problem_of(ask("noise", tokens=[[1] * 5, [], [1]], timesteps=5), 413)
    problem_of(ask("noise", tokens=[1] * 13, timesteps=5), 413)
    problem_of(ask("noise", tokens=[[1]] * 13, timesteps=5), 413)


@pytest.mark.parametrize("accept", ["text/html", "application/npy", "image/*", "x"])
@pytest.mark.parametrize("form", FORMS)
def test_an_answer_in_no_other_form_can_be_had(send, form, accept):
    query, body = body_of(form, BATCH, timesteps=5)
    document = problem_of(send(f"noise{query}", body, form, accept), 406)
    for known in FORMS:
        assert known in document["detail"]


@pytest.mark.parametrize("accept", FORMS)
def test_an_error_is_a_problem_document_whatever_is_accepted(send, accept):
    problem_of(send("noise", b'{"tokens": []}', JSON, accept), 422)
    problem_of(send("noise", b"{", JSON, accept), 400)
    problem_of(send("noise", b"{", "text/plain", accept), 415)


@pytest.mark.parametrize("form", FORMS)
def test_a_body_of_another_form_than_declared_is_refused(send, form):
    for other in {*FORMS} - {form}:
        query, body = body_of(other, BATCH, timesteps=5)
        problem_of(send(f"noise{query}", body, form), 400)


@pytest.mark.parametrize("form", FORMS)
def test_a_compressed_body_is_not_unpacked(api, form):
    query, body = body_of(form, BATCH, timesteps=5)
    response = api.generic(
        "POST",
        f"/api/v1/noise{query}",
        gzip.compress(body),
        content_type=form,
        headers={"content-encoding": "gzip"},
    )
    problem_of(response, 415)


@pytest.mark.parametrize("form", FORMS)
def test_a_body_over_the_limit_is_refused(send, settings, form):
    query, body = body_of(form, BATCH, timesteps=5)
    settings.MAX_BODY_BYTES = len(body)
    assert send(f"noise{query}", body, form).status_code == 200
    settings.MAX_BODY_BYTES = len(body) - 1
    problem_of(send(f"noise{query}", body, form), 413)


@pytest.mark.parametrize(
    ("query", "pointer", "code"),
    [
        ("timesteps=x", "#/timesteps", "malformed"),
        ("timesteps=", "#/timesteps", "empty"),
        ("timesteps=5&format=npy", "#/format", "unknown_key"),
        ("timesteps=5&tokens=5", "#/tokens", "twice"),
        ("timesteps=5&schedule=%7B", "#/schedule", "malformed"),
        ("timesteps=5&return=", "#/return", "unknown"),
        ("timesteps=5&protect=5", "#/protect", "not_a_list"),
        ("timesteps=5&positions=x", "#/positions", "malformed"),
        ("timesteps=5&count=x", "#/count", "malformed"),
        ("timesteps=5&count=1&block=1,2", "#/block", "malformed"),
        ("timesteps=5&count=1&block=null", "#/block", "malformed"),
        ("timesteps=5&count=null", "#/count", "malformed"),
        ("timesteps=5&seed=null", "#/seed", "malformed"),
    ],
)
@pytest.mark.parametrize("form", FORMS)
def test_a_query_that_cannot_be_used_is_named(send, form, query, pointer, code):
    _, body = body_of(form, BATCH)
    assert pointers_of(send(f"noise?{query}", body, form))[0] == (pointer, code)


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_it_can_only_be_posted(api, method):
    response = api.generic(method, "/api/v1/noise")
    problem_of(response, 405)
    assert response.headers["Allow"] == "POST, OPTIONS"


def test_options_answers_without_content(api):
    for accept in FORMS:
        response = api.options("/api/v1/noise", headers={"accept": accept})
        assert (response.status_code, response.content) == (204, b"")


@pytest.mark.django_db
@settings(max_examples=250, deadline=None, derandomize=True)
@given(
    st.dictionaries(
        st.sampled_from(
            [
                *("tokens", "timesteps", "times", "seed", "sequence_ids", "draw"),
                *("lengths", "weights", "token_types", "hyperschedule", "return"),
                *("protect", "schedule", "positions", "count", "at_least", "block"),
            ]
        ),
        VALUES | st.just([[1, 2], [3]]),
        max_size=4,
    )
)
def test_no_values_are_a_failure_of_ours(fields):
    body = orjson.dumps({"tokens": ROWS, "timesteps": 5} | fields)
    response = CLIENT.post("/api/v1/noise", body, content_type=JSON)
    if response.status_code != 200:
        assert response.status_code in {400, 413, 422}
        problem_of(response, response.status_code)


@pytest.mark.parametrize("form", [NPY, TENSORS])
def test_a_query_of_any_bytes_is_no_failure_of_ours(send, form):
    _, body = body_of(form, BATCH)
    for query in ("%ff=%fe", "timesteps=%00", "=", "&&&", "timesteps=5&seed=%f0%9f"):
        problem_of(send(f"noise?{query}", body, form), 422)
