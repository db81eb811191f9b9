"""POST tokenize and detokenize, GET tokenizers."""

import json
import subprocess
import sys

import pytest
from tokenizers import Tokenizer, models, pre_tokenizers

from tests.api.problems import pointers_of, problem_of
from tests.operations.servers import ROOT, environment

TEXT = "For all x, x < 3"


@pytest.fixture
def custom(settings, tmp_path):
    """A server whose TOKENIZER is a file."""
    backend = Tokenizer(models.WordLevel(vocab={"x": 0, "<": 1}, unk_token="[UNK]"))
    backend.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    path = tmp_path / "tokenizer.json"
    backend.save(str(path))
    settings.TOKENIZER = str(path)


def test_the_answer_has_exactly_its_two_keys(post):
    answer = post("tokenize", text=TEXT).json()
    assert answer == {
        "tokens": [1890, 477, 2124, 11, 2124, 1279, 513],
        "token_types": {
            "critical": [477, 513, 1279],
            "variable": [2124],
            "other": [11, 1890],
        },
    }


def test_with_a_timestep_the_answer_is_a_body_of_noise(post, api):
    answer = post("tokenize", text=TEXT).json()
    body = answer | {"timestep": 500, "use_hyperschedule": True}
    noised = api.post("/noise", body, content_type="application/json")
    assert noised.status_code == 200
    assert noised.json()["metrics"]["total_tokens"] == 7


def test_positions_come_where_asked_for(post):
    fields = {"text": "A = B", "return": ["types", "offsets", "texts"]}
    answer = post("tokenize", tokenizer="bert", **fields).json()
    assert answer["texts"] == ["[CLS]", "a", " =", " b", "[SEP]"]
    assert answer["offsets"] == [[0, 0], [0, 1], [2, 3], [4, 5], [0, 0]]
    types = ["critical", "variable", "critical", "variable", "critical"]
    assert answer["types"] == types


@pytest.mark.parametrize("name", ["gpt2", "bert", "metamath"])
def test_an_empty_text_is_a_text(post, name):
    answer = post("tokenize", text="", tokenizer=name).json()
    again = post("detokenize", tokens=answer["tokens"], tokenizer=name).json()
    assert again == {"text": ""}


@pytest.mark.parametrize(
    ("fields", "errors"),
    [
        ({}, [("#/text", "required")]),
        ({"text": None}, [("#/text", "null")]),
        ({"text": 5}, [("#/text", "not_a_text")]),
        ({"text": ["a"]}, [("#/text", "not_a_text")]),
        ({"text": "a", "tokenizer": "gpt3"}, [("#/tokenizer", "unknown")]),
        ({"text": "a", "tokenizer": ["gpt2"]}, [("#/tokenizer", "unknown")]),
        ({"text": "a", "tokenizer": "/etc/passwd"}, [("#/tokenizer", "unknown")]),
        ({"text": "a", "tokenizer": "custom"}, [("#/tokenizer", "unknown")]),
        ({"text": "a", "return": ["masks"]}, [("#/return", "unknown")]),
        ({"text": "a", "return": "texts"}, [("#/return", "not_a_list")]),
        ({"text": "a", "tokens": []}, [("#/tokens", "unknown_key")]),
    ],
)
def test_what_tokenize_refuses(post, fields, errors):
    assert pointers_of(post("tokenize", **fields)) == errors


def test_a_text_may_be_as_long_as_the_limit_in_info(post, api, settings):
    limit = api.get("/info").json()["limits"]["max_text_characters"]
    assert limit == settings.MAX_TEXT_CHARACTERS == 131_072
    settings.MAX_TEXT_CHARACTERS = 8
    assert post("tokenize", text="\U0001d465" * 8).status_code == 200
    problem_of(post("tokenize", text="x" * 9), 422)


def test_half_of_a_surrogate_pair_is_no_text(api):
    body = b'{"text": "\\ud800"}'
    response = api.post("/api/v1/tokenize", body, content_type="application/json")
    problem_of(response, 400)


def test_tokens_become_the_text_again(post):
    text = " odd   blanks,\n \U0001d465 \u2208 \u211d \U0001f916 "
    tokens = post("tokenize", text=text).json()["tokens"]
    answer = post("detokenize", tokens=tokens).json()
    assert answer == {"text": text}
    fields = {"tokens": [464, 2124], "tokenizer": "gpt2", "return": ["texts"]}
    answer = post("detokenize", **fields).json()
    assert answer == {"text": "The x", "texts": ["The", " x"]}


def test_the_mask_of_the_server_reads_as_one(post, settings):
    settings.NOISE_SPECIFICATION = {"graph": {"type": "absorbing"}}
    fields = {"tokens": [464, 50257], "return": ["texts"]}
    answer = post("detokenize", **fields).json()
    assert answer == {"text": "The[MASK]", "texts": ["The", "[MASK]"]}
    assert pointers_of(post("detokenize", tokens=[50257, 50258])) == [
        ("#/tokens/1", "out_of_range")
    ]


@pytest.mark.parametrize(
    ("fields", "errors"),
    [
        ({}, [("#/tokens", "required")]),
        ({"tokens": [1, 50257]}, [("#/tokens/1", "out_of_range")]),
        (
            {"tokens": [30522, 1, 2**62], "tokenizer": "bert"},
            [("#/tokens/0", "out_of_range"), ("#/tokens/2", "out_of_range")],
        ),
        ({"tokens": [1, -1]}, [("#/tokens/1", "out_of_range")]),
        ({"tokens": [2**63]}, [("#/tokens/0", "out_of_range")]),
        ({"tokens": [True]}, [("#/tokens/0", "not_an_integer")]),
        ({"tokens": "1"}, [("#/tokens", "not_a_list")]),
        ({"tokens": [1], "return": ["offsets"]}, [("#/return", "unknown")]),
    ],
)
def test_what_detokenize_refuses(post, fields, errors):
    assert pointers_of(post("detokenize", **fields)) == errors


def test_the_range_that_a_refusal_names_is_the_vocabularys(post):
    response = post("detokenize", tokens=[30522], tokenizer="bert")
    detail = problem_of(response, 422)["detail"]
    assert detail == "`tokens[0]` must lie in 0..30521, got 30522."


def test_more_tokens_than_a_request_may_have_are_too_many(post, settings):
    settings.MAX_TOKENS = 3
    problem_of(post("detokenize", tokens=[1, 2, 3, 4]), 413)


def test_the_tokenizers_are_listed_with_the_default_marked(api, settings):
    settings.TOKENIZER = "bert"
    listed = api.get("/api/v1/tokenizers").json()["tokenizers"]
    assert [(one["name"], one["vocab_size"], one["default"]) for one in listed] == [
        ("gpt2", 50257, False),
        ("bert", 30522, True),
        ("metamath", 11644, False),
    ]
    assert "Apache-2.0" in listed[1]["source"]


def test_a_tokenizer_json_is_one_more_whose_path_nobody_learns(post, api, custom):
    listed = api.get("/api/v1/tokenizers").json()["tokenizers"]
    assert listed[-1] == {
        "name": "custom",
        "vocab_size": 2,
        "source": "tokenizer.json of this server",
        "default": True,
    }
    assert post("tokenize", text="x < x").json()["tokens"] == [0, 1, 0]
    assert post("tokenize", text="x", tokenizer="custom").json()["tokens"] == [0]
    assert post("tokenize", text="x", tokenizer="gpt2").json()["tokens"] == [87]
    refused = post("tokenize", text="unknown words")
    assert pointers_of(refused) == [("#/text", "not_encodable")]
    assert "\\" not in problem_of(refused, 422)["detail"]


@pytest.mark.parametrize("endpoint", ["tokenize", "detokenize", "pipeline"])
def test_only_post_is_answered(api, endpoint):
    response = api.get(f"/api/v1/{endpoint}")
    problem_of(response, 405)
    assert response.headers["Allow"] == "POST, OPTIONS"


def test_a_worker_that_never_tokenises_loads_neither_library_nor_vocabulary():
    script = (
        "import json, sys, django\n"
        "django.setup()\n"
        "from django.urls import resolve\n"
        "from django.test import Client\n"
        "client = Client(headers={'host': 'localhost'})\n"
        "body = {'tokens': [1, 2], 'timestep': 5}\n"
        "post = lambda path, body: client.post(\n"
        "    path, body, content_type='application/json').status_code\n"
        "assert post('/noise', body) == 200\n"
        "assert client.get('/api/v1/tokenizers').status_code == 200\n"
        "names = ('tokenizers', 'httpx')\n"
        "before = [name in sys.modules for name in names]\n"
        "assert post('/api/v1/pipeline', {'text': 'x', 'timestep': 5}) == 200\n"
        "print(json.dumps([before, [name in sys.modules for name in names]]))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=ROOT,
        env=environment(DJANGO_SETTINGS_MODULE="noising_site.settings"),
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(done.stdout) == [[False, False], [True, False]]
