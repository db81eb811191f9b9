"""Responses about text match the OpenAPI document."""

import copy

import pytest
from django.test import Client
from hypothesis import given, settings
from hypothesis import strategies as st

from noising.api.text import examples
from tests.api.test_conformity import VALUES, check

CLIENT = Client(headers={"host": "localhost"})
KEYS = st.sampled_from(["text", "tokens", "tokenizer", "return", "timestep", "seed"])


@pytest.mark.parametrize(
    ("endpoint", "request_", "answer", "name"),
    [
        ("tokenize", examples.TOKENIZE_REQUEST, examples.TOKENIZED, "Tokenize"),
        ("tokenize", examples.POSITIONS_REQUEST, examples.POSITIONS, "Tokenize"),
        ("detokenize", examples.DETOKENIZE_REQUEST, examples.DETOKENIZED, "Detokenize"),
        ("pipeline", examples.PIPELINE_REQUEST, examples.PIPELINE, "Pipeline"),
    ],
)
def test_the_examples_are_as_described_and_what_is_answered(
    document, endpoint, request_, answer, name
):
    form = {"Tokenize": "Tokenized", "Detokenize": "Detokenized"}.get(name, name)
    check(document, f"{name}Request", request_)
    check(document, form, answer)
    response = CLIENT.post(
        f"/api/v1/{endpoint}", request_, content_type="application/json"
    )
    found, shown = response.json(), copy.deepcopy(answer)
    if "noise" in shown:
        # The last digits of alpha are the processor's.
        alpha = shown["noise"].pop("alpha")
        assert found["noise"].pop("alpha") == pytest.approx(alpha, rel=1e-12)
    assert found == shown


def test_the_tokenizers_are_as_described(api, document):
    answer = api.get("/api/v1/tokenizers").json()
    check(document, "Tokenizers", answer)
    assert answer == examples.TOKENIZERS


def test_null_is_described_where_it_is_taken(document):
    for name in ("TokenizeRequest", "PipelineRequest"):
        request = {"text": "x", "tokenizer": None}
        check(document, name, request | ({"timestep": 5} if name[0] == "P" else {}))


@pytest.mark.parametrize("endpoint", ["tokenize", "detokenize", "pipeline"])
@settings(max_examples=100, deadline=None, derandomize=True)
@given(st.dictionaries(KEYS, VALUES, max_size=3))
def test_no_values_are_a_failure_of_ours(endpoint, fields):
    response = CLIENT.post(
        f"/api/v1/{endpoint}", fields, content_type="application/json"
    )
    assert response.status_code in {200, 400, 413, 422}
