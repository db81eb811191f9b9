"""The clients of the tokenizer and the denoiser service."""

import numpy as np
import orjson
import pytest

from noising.integrations import ServiceFailedError
from noising.integrations.denoiser import DenoiserClient
from noising.integrations.tokenizer import TokenizerClient
from tests.integrations.services import answer, serving


def tokenize(document):
    with serving(answer(orjson.dumps(document))) as service:
        tokenized = TokenizerClient.at(service.url).tokenize("a text")
    return tokenized, service.requests[0]


def denoise(document, noised=(1, 2, 3)):
    with serving(answer(orjson.dumps(document))) as service:
        client = DenoiserClient.at(service.url)
        tokens = client.denoise(np.array(noised), 0.25, num_states=100)
    return tokens, service.requests[0]


def test_the_tokenizer_gets_the_text_and_its_answer_becomes_arrays():
    document = {"tokens": [7, 8], "token_types": {"critical": [7]}, "more": 1}
    tokenized, request = tokenize(document)
    assert request.startswith(b"POST /tokenize ")
    assert request.endswith(b'\r\n\r\n{"text":"a text"}')
    assert tokenized.tokens.tolist() == [7, 8]
    assert tokenized.token_types["critical"].tolist() == [7]


@pytest.mark.parametrize("more", [{}, {"token_types": None}])
def test_types_may_be_missing(more):
    tokenized, _ = tokenize({"tokens": []} | more)
    assert tokenized.tokens.shape == (0,)
    assert tokenized.token_types is None


@pytest.mark.parametrize(
    ("document", "words"),
    [
        ([1, 2], "is not an object with `tokens`"),
        ({"ids": [1]}, "is not an object with `tokens`"),
        ({"tokens": "1 2"}, "`tokens` is not a list of whole numbers"),
        ({"tokens": [1, -1]}, "`tokens` is not a list"),
        ({"tokens": [1, True]}, "`tokens` is not a list"),
        ({"tokens": [1, 2.0]}, "`tokens` is not a list"),
        ({"tokens": [2**64 - 1]}, "`tokens` is not a list"),
        ({"tokens": [[1]]}, "`tokens` is not a list"),
        ({"tokens": [1], "token_types": [1]}, "`token_types` is not an object"),
        ({"tokens": [1], "token_types": {"x": []}}, "`token_types` is not an object"),
        ({"tokens": [1], "token_types": {"other": 1}}, "`token_types.other` is no"),
    ],
)
def test_what_the_tokenizer_may_not_answer(document, words):
    with pytest.raises(ServiceFailedError, match=words):
        tokenize(document)


def test_the_denoiser_gets_tokens_and_alpha():
    tokens, request = denoise({"denoised_tokens": [3, 2, 1]})
    assert request.startswith(b"POST /denoise ")
    body = orjson.loads(request.split(b"\r\n\r\n")[1])
    assert body == {"noised_tokens": [1, 2, 3], "alpha": 0.25}
    assert tokens.tolist() == [3, 2, 1]


@pytest.mark.parametrize(
    ("document", "words"),
    [
        ({"tokens": [1, 2, 3]}, "is not an object with `denoised_tokens`"),
        ({"denoised_tokens": None}, "`denoised_tokens` is not a list"),
        ({"denoised_tokens": [1, 2]}, "returned 2 tokens for 3"),
    ],
)
def test_what_the_denoiser_may_not_answer(document, words):
    with pytest.raises(ServiceFailedError, match=words):
        denoise(document)
