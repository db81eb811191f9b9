"""POST pipeline: the stages, alone and with services on real sockets."""

from contextlib import contextmanager

import numpy as np
import orjson
import pytest

from noising.configured import default_process
from noising.engine import build_process, with_hyperschedule
from tests.api.problems import pointers_of, problem_of
from tests.integrations.services import answer, send, serving

TEXT = "If x < 3, then y = 2"
TOKENS = [1532, 2124, 1279, 513, 11, 788, 331, 796, 362]
TYPES = {
    "critical": [362, 513, 788, 796, 1279, 1532],
    "variable": [331, 2124],
    "other": [11],
}


def served(document):
    return answer(orjson.dumps(document))


@pytest.fixture
def tokenizer(settings):
    """Let the tokenizer service behave so, until the end of a block."""

    def at(*behaviours):
        return attached(settings, "TOKENIZER_URL", behaviours)

    return at


@pytest.fixture
def denoiser(settings):
    """Let the denoiser service behave so, until the end of a block."""

    def at(*behaviours):
        return attached(settings, "DENOISER_URL", behaviours)

    return at


@contextmanager
def attached(settings, name, behaviours):
    """Run a service that a setting points to."""
    with serving(*behaviours) as service:
        setattr(settings, name, service.url)
        try:
            yield service
        finally:
            setattr(settings, name, "")


def test_without_services_text_becomes_tokens_and_noise(post):
    response = post("pipeline", text=TEXT, timestep=500, seed=7)
    expected = build_process({}).noise(np.array(TOKENS), 500, seed=7)
    stages = response.json()
    assert response.headers["Noise-Seed"] == "7"
    assert stages["tokenize"] == {
        "tokenizer": "gpt2",
        "tokens": TOKENS,
        "token_types": TYPES,
    }
    assert stages["noise"]["noised_tokens"] == expected.tokens.tolist()
    assert list(stages["noise"]) == ["noised_tokens", "alpha", "metrics", "text"]
    text = post("detokenize", tokens=expected.tokens.tolist()).json()["text"]
    assert stages["noise"]["text"] == text
    assert set(stages) == {"tokenize", "noise"}


@pytest.mark.parametrize(
    ("fields", "hyperschedule"),
    [
        ({}, None),
        ({"hyperschedule": {"type": "block", "width": 2}}, None),
        ({"use_hyperschedule": True}, {"type": "token_types", "classes": TYPES}),
        (
            {"use_hyperschedule": True, "hyperschedule": {"type": "block", "width": 2}},
            {"type": "block", "width": 2},
        ),
    ],
)
def test_the_hyperschedule_goes_before_the_types_of_the_tokens(
    post, fields, hyperschedule
):
    process = with_hyperschedule(build_process({}), hyperschedule)
    for seed in range(10):
        expected = process.noise(np.array(TOKENS), 500, seed=seed)
        stages = post("pipeline", text=TEXT, timestep=500, seed=seed, **fields).json()
        assert stages["noise"]["noised_tokens"] == expected.tokens.tolist()


def test_extras_are_those_of_noise(post):
    fields = {"timestep": 500, "return": ["seed", "alphas", "masks"]}
    stage = post("pipeline", text=TEXT, **fields).json()["noise"]
    assert set(stage) >= {"seed", "alphas", "masks"}
    assert len(stage["alphas"]) == len(TOKENS)


def test_each_service_does_its_stage(post, tokenizer, denoiser):
    tokens, denoised = [5, 6, 7, 5], [5, 6, 9, 5]
    types = {"critical": [6], "variable": [5, 7], "other": []}
    fields = {"text": TEXT, "timestep": 500, "seed": 3, "use_hyperschedule": True}
    with (
        tokenizer(served({"tokens": tokens, "token_types": types})) as first,
        denoiser(served({"denoised_tokens": denoised})) as last,
    ):
        stages = post("pipeline", **fields).json()
        by_name = post("pipeline", tokenizer="bert", **fields)
    hyperschedule = {"type": "token_types", "classes": types}
    process = with_hyperschedule(build_process({}), hyperschedule)
    expected = process.noise(np.array(tokens), 500, seed=3).tokens.tolist()
    assert stages == {
        "tokenize": {"tokenizer": None, "tokens": tokens, "token_types": types},
        "noise": {
            "noised_tokens": expected,
            "alpha": stages["noise"]["alpha"],
            "metrics": stages["noise"]["metrics"],
        },
        "denoise": {
            "denoised_tokens": denoised,
            "metrics": {
                "unchanged_tokens": 3,
                "percent_unchanged": 75.0,
                "total_tokens": 4,
            },
        },
    }
    assert [orjson.loads(body_of(one)) for one in first.requests] == [{"text": TEXT}]
    assert orjson.loads(body_of(last.requests[0])) == {
        "noised_tokens": expected,
        "alpha": stages["noise"]["alpha"],
    }
    # A tokenizer that is named is one of ours; four tokens do not answer its many.
    assert "returned 4 tokens for" in problem_of(by_name, 502)["detail"]


def body_of(request):
    return request.split(b"\r\n\r\n", 1)[1]


def test_what_is_denoised_reads_as_text_where_the_vocabulary_is_known(post, denoiser):
    with denoiser(served({"denoised_tokens": TOKENS})):
        stages = post("pipeline", text=TEXT, timestep=900).json()
    assert stages["denoise"] == {
        "denoised_tokens": TOKENS,
        "metrics": {
            "unchanged_tokens": 9,
            "percent_unchanged": 100.0,
            "total_tokens": 9,
        },
        "text": TEXT,
    }


def test_without_types_the_servers_own_hyperschedule_applies(post, tokenizer):
    tokens = list(range(100))
    process = with_hyperschedule(
        build_process({}), {"type": "sliding", "width": 32, "levels": 32}
    )
    expected = process.noise(np.array(tokens), 500, seed=3).tokens.tolist()
    fields = {"timestep": 500, "seed": 3, "use_hyperschedule": True}
    with tokenizer(served({"tokens": tokens})):
        stages = post("pipeline", text=TEXT, **fields).json()
    assert stages["tokenize"]["token_types"] is None
    assert stages["noise"]["noised_tokens"] == expected


def test_a_mask_reads_as_one(post, settings):
    settings.NOISE_SPECIFICATION = {"graph": {"type": "absorbing"}}
    stages = post("pipeline", text="x y", timestep=999, seed=1).json()
    assert stages["noise"]["text"] == "[MASK][MASK]"


@pytest.mark.parametrize(
    ("behaviour", "status", "words"),
    [
        (served([1]), 502, "is not an object with `tokens`"),
        (answer(b"", "404 Not Found"), 502, "responded with status 404"),
        (send(b""), 502, "did not complete its response"),
        (answer(b"", "500 X"), 502, "status 500"),
    ],
)
def test_a_tokenizer_that_fails_is_a_problem_of_the_gateway(
    post, tokenizer, caplog, behaviour, status, words
):
    with tokenizer(behaviour) as service:
        problem = problem_of(post("pipeline", text=TEXT, timestep=5), status)
    assert words in problem["detail"]
    assert service.url not in problem["detail"]
    [line, _] = caplog.messages
    assert line == f"{problem['detail']} URL: {service.url}/tokenize."
    assert not any(record.exc_info for record in caplog.records)


def test_a_tokenizer_that_is_slow_is_a_timeout(post, tokenizer, monkeypatch):
    from noising.integrations.service import Bounds
    from noising.integrations.tokenizer import TokenizerClient

    at = TokenizerClient.at

    def hasty(url):
        client = at(url)
        object.__setattr__(client.service, "bounds", Bounds(total_seconds=0.2))
        return client

    monkeypatch.setattr(TokenizerClient, "at", hasty)
    with tokenizer(lambda connection: connection.recv(1)):
        problem = problem_of(post("pipeline", text=TEXT, timestep=5), 504)
    assert problem["detail"].startswith("The tokenizer service did not respond within")


def test_a_service_that_keeps_failing_is_left_alone(post, denoiser):
    with denoiser(answer(b"", "500 X")) as service:
        for _ in range(5):
            problem_of(post("pipeline", text=TEXT, timestep=5), 502)
        response = post("pipeline", text=TEXT, timestep=5)
    assert len(service.requests) == 5
    problem = problem_of(response, 503)
    assert "denoiser service has failed 5 times in a row" in problem["detail"]
    assert 1 <= int(response.headers["Retry-After"]) <= 30


@pytest.mark.parametrize(
    "types",
    [
        {"critical": [5], "variable": [5]},
        {"critical": [60_000]},
    ],
)
def test_types_that_contradict_themselves_are_the_services_fault(
    post, tokenizer, types
):
    fields = {"text": TEXT, "timestep": 5, "use_hyperschedule": True}
    with tokenizer(served({"tokens": [5, 6], "token_types": types})):
        problem = problem_of(post("pipeline", **fields), 502)
    assert "token types cannot be used" in problem["detail"]


def test_so_is_a_denoised_token_that_does_not_exist(post, denoiser):
    with denoiser(served({"denoised_tokens": [1, 50257]})):
        problem = problem_of(post("pipeline", text="x y", timestep=5), 502)
    assert "has states 0..50256 only" in problem["detail"]


def test_a_vocabulary_beyond_the_process_says_what_to_set(post, tokenizer, settings):
    settings.NOISE_SPECIFICATION = {"vocab_size": 1000}
    response = post("pipeline", text=TEXT, timestep=5)
    assert pointers_of(response) == [("#/text", "vocabulary_too_small")]
    detail = problem_of(response, 422)["detail"]
    assert detail == (
        "`text` has token 2124 of tokenizer gpt2, but the server's process has only "
        "the ids 0..999; start the server with VOCAB_SIZE=50257 or another tokenizer."
    )
    with tokenizer(served({"tokens": [7, 1234]})):
        response = post("pipeline", text=TEXT, timestep=5)
    detail = problem_of(response, 422)["detail"]
    assert "token 1234 of the tokenizer service" in detail
    assert "VOCAB_SIZE=1235" in detail


def test_a_vocabulary_below_that_of_the_process_reads_strangers_as_such(post):
    stages = post(
        "pipeline", text="is x", timestep=999, seed=1, tokenizer="metamath"
    ).json()
    assert max(stages["noise"]["noised_tokens"]) >= 11644
    assert "\ufffd" in stages["noise"]["text"]


def test_a_text_without_tokens_cannot_be_noised(post):
    response = post("pipeline", text="", timestep=5)
    assert pointers_of(response) == [("#/text", "empty")]


def test_nor_can_one_with_more_tokens_than_a_request_may_have(post, settings):
    settings.MAX_TOKENS = 8
    problem_of(post("pipeline", text=TEXT, timestep=5), 413)


@pytest.mark.parametrize(
    ("fields", "errors"),
    [
        ({"text": TEXT}, [("#/timestep", "required")]),
        ({"timestep": 5}, [("#/text", "required")]),
        ({"text": TEXT, "timestep": 1000}, [("#/timestep", "out_of_range")]),
        (
            {"text": TEXT, "timestep": 5, "tokens": [1], "token_weights": [1]},
            [("#/tokens", "unknown_key"), ("#/token_weights", "unknown_key")],
        ),
        (
            {"text": TEXT, "timestep": 5, "hyperschedule": {"type": "x"}},
            [("#/hyperschedule/type", "unknown_type")],
        ),
        (
            {
                "text": TEXT,
                "timestep": 5,
                "use_hyperschedule": True,
                "hyperschedule": {"type": "weights", "weights": [1, 2]},
            },
            [("#/hyperschedule/weights", "wrong_length")],
        ),
    ],
)
def test_what_pipeline_refuses(post, fields, errors):
    assert pointers_of(post("pipeline", **fields)) == errors


def test_no_database_is_needed(post):
    """pytest-django refuses every query of a test that is not marked for it."""
    assert post("pipeline", text=TEXT, timestep=5).status_code == 200
    assert default_process().vocab_size == 50257
