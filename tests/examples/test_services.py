"""The example services as programs."""

import http.client
from collections.abc import Iterator
from urllib.parse import urlsplit

import httpx
import pytest

from tests.examples.services import example_services


@pytest.fixture(scope="module")
def urls() -> Iterator[dict[str, str]]:
    with example_services("--tokenizer", "metamath") as settings:
        yield settings


def ask(url, body):
    with httpx.Client(trust_env=False, timeout=30) as client:
        if isinstance(body, bytes):
            return client.post(url, content=body)
        return client.post(url, json=body)


def test_text_goes_in_and_typed_tokens_come_out(urls):
    answer = ask(f"{urls['TOKENIZER_URL']}/tokenize", {"text": "|- ( ph -> ph )"})
    assert answer.status_code == 200
    assert answer.json() == {
        "tokens": [903, 9, 1007, 53, 1007, 18],
        "token_types": {"critical": [9, 18, 53, 903], "variable": [1007], "other": []},
    }


def test_noised_tokens_go_in_and_denoised_ones_come_out(urls):
    noised = {"noised_tokens": [903, 40000, 1007, 53], "alpha": 0.5, "metrics": {}}
    answer = ask(f"{urls['DENOISER_URL']}/denoise", noised)
    assert answer.status_code == 200
    [first, stranger, *rest] = answer.json()["denoised_tokens"]
    assert [first, *rest] == [903, 1007, 53]
    assert stranger != 40000


@pytest.mark.parametrize(
    ("service", "path", "body", "status"),
    [
        ("TOKENIZER_URL", "/denoise", {"text": "x"}, 404),
        ("TOKENIZER_URL", "/tokenize", b"{", 400),
        ("TOKENIZER_URL", "/tokenize", {"words": "x"}, 422),
        ("TOKENIZER_URL", "/tokenize", {"text": 5}, 422),
        ("TOKENIZER_URL", "/tokenize", [1], 422),
        ("DENOISER_URL", "/denoise", {"noised_tokens": [1]}, 422),
        ("DENOISER_URL", "/denoise", {"noised_tokens": [[1]], "alpha": 1}, 422),
        ("DENOISER_URL", "/denoise", {"noised_tokens": [50257], "alpha": 1}, 422),
        ("DENOISER_URL", "/denoise", {"noised_tokens": [1], "alpha": 2}, 422),
        ("DENOISER_URL", "/denoise", {"noised_tokens": ["x"], "alpha": 1}, 422),
    ],
)
def test_what_cannot_be_used_is_refused(urls, service, path, body, status):
    answer = ask(f"{urls[service]}{path}", body)
    assert answer.status_code == status
    assert answer.json()["detail"]


@pytest.mark.parametrize(
    ("headers", "status"), [({"Content-Length": str(2**40)}, 413), ({}, 411)]
)
def test_a_body_needs_a_length_within_reason(urls, headers, status):
    address = urlsplit(urls["TOKENIZER_URL"])
    connection = http.client.HTTPConnection(str(address.hostname), address.port)
    try:
        connection.putrequest("POST", "/tokenize")
        for name, value in headers.items():
            connection.putheader(name, value)
        connection.endheaders()
        assert connection.getresponse().status == status
    finally:
        connection.close()
