"""Responses match the OpenAPI document, also for generated requests."""

from typing import Any

import orjson
import pytest
from django.test import Client
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from noising.api.core import examples
from tests.api.problems import problem_of

WHOLE = st.integers(-(2**63), 2**64 - 1)
VALUES = st.recursive(
    st.none() | st.booleans() | WHOLE | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(max_size=10), inner, max_size=4)
    ),
    max_leaves=10,
)
KEYS = st.sampled_from(
    [
        *("tokens", "timestep", "use_hyperschedule", "token_weights", "token_types"),
        *("hyperschedule", "seed", "protect", "return", "type", "classes"),
    ]
)
CLIENT = Client(headers={"host": "localhost"})
REFUSALS = {400, 413, 415, 422}


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    headers = {"accept": "application/json"}
    schema: dict[str, Any] = CLIENT.get("/api/schema/", headers=headers).json()
    return schema


def check(document: dict[str, Any], name: str, instance: Any) -> None:
    schema = document | {"$ref": f"#/components/schemas/{name}"}
    Draft202012Validator(schema).validate(instance)


@pytest.mark.parametrize(
    ("path", "name"),
    [("/", "Status"), ("/info", "Info"), ("/alpha/5", "Alpha"), ("/livez", "Livez")],
)
def test_reads_answer_as_described(api, document, path, name):
    answer = api.get(path).json()
    check(document, name, answer)
    properties = document["components"]["schemas"][name]["properties"]
    assert set(answer) == set(properties)


@pytest.mark.parametrize("extras", [[], ["alphas"], ["seed", "masks"]])
def test_noise_answers_as_described(noise, document, extras):
    check(document, "Noise", noise(**{"return": extras}).json())


def test_the_examples_are_as_described(document):
    check(document, "NoiseRequest", examples.PLAIN_REQUEST)
    check(document, "NoiseRequest", examples.TYPED_REQUEST)
    check(document, "Noise", examples.TYPED_RESPONSE)
    check(document, "Problem", examples.PROBLEM)


def test_errors_answer_as_described(api, send, document):
    responses = [api.get("/unknown"), api.get("/alpha/x"), send(b"{"), send(b"{}")]
    for response in responses:
        check(document, "Problem", response.json())


def outcome(body: bytes) -> int:
    """Send a body; a failure of ours is raised by Django's client."""
    response = CLIENT.post("/noise", body, content_type="application/json")
    if response.status_code != 200:
        assert response.status_code in REFUSALS
        problem_of(response, response.status_code)
    return response.status_code


@settings(max_examples=150, deadline=None, derandomize=True)
@given(VALUES)
def test_no_document_is_a_failure_of_ours(value):
    outcome(orjson.dumps(value))


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.dictionaries(KEYS, VALUES, max_size=3))
def test_no_values_are_a_failure_of_ours(fields):
    outcome(orjson.dumps({"tokens": [1, 2], "timestep": 5} | fields))


@settings(max_examples=150, deadline=None, derandomize=True)
@given(st.binary(max_size=60))
def test_no_bytes_are_a_failure_of_ours(body):
    assert outcome(body or b" ") in REFUSALS


@settings(
    max_examples=150,
    deadline=None,
    derandomize=True,
)
@given(
    st.fixed_dictionaries(
        {
            "tokens": st.lists(st.integers(0, 50256), min_size=1, max_size=40),
            "timestep": st.integers(0, 999),
            "use_hyperschedule": st.booleans(),
        },
        optional={
            "seed": st.integers(0, 2**64 - 1),
            "return": st.lists(st.sampled_from(["alphas", "seed", "masks"])),
        },
    )
)
def test_every_valid_request_is_answered_as_described(document, fields):
    response = CLIENT.post("/noise", fields, content_type="application/json")
    assert response.status_code == 200
    answer = response.json()
    check(document, "Noise", answer)
    total = len(fields["tokens"])
    assert len(answer["noised_tokens"]) == answer["metrics"]["total_tokens"] == total
    pairs = zip(fields["tokens"], answer["noised_tokens"], strict=True)
    same = sum(before == after for before, after in pairs)
    assert answer["metrics"]["unchanged_tokens"] == same
