"""One call to another service, for each behaviour of that service."""

import gzip
import socket
import time
from dataclasses import replace

import numpy as np
import orjson
import pytest

from noising.integrations import (
    ServiceFailedError,
    ServiceSuspendedError,
    ServiceTimeoutError,
)
from noising.integrations.breaker import CircuitBreaker
from noising.integrations.service import Bounds, JsonService
from tests.integrations.services import answer, drip, send, serving, stay_silent

QUICK = Bounds(total_seconds=5.0, pause_seconds=0.001, answer_bytes=2000)
HASTY = replace(QUICK, total_seconds=0.4)
HEAD = b"HTTP/1.1 200 OK\r\n"


def same(document):
    return document


def service_at(url, bounds=QUICK, breaker=None):
    return JsonService(
        name="service",
        url=f"{url}/do",
        breaker=breaker or CircuitBreaker("service"),
        bounds=bounds,
    )


def test_a_document_goes_out_and_another_comes_back(monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    with serving(answer(b'{"b": [1]}')) as service:
        assert service_at(service.url).post({"a": np.arange(3)}, same) == {"b": [1]}
    [request] = service.requests
    head, body = request.split(b"\r\n\r\n")
    assert head.startswith(b"POST /do HTTP/1.1\r\n")
    assert b"\r\ncontent-type: application/json\r\n" in head.lower()
    assert b"\r\naccept-encoding: identity\r\n" in head.lower()
    assert orjson.loads(body) == {"a": [0, 1, 2]}


@pytest.mark.parametrize(
    ("behaviour", "words"),
    [
        (answer(b"{}", "302 Found", "Location: http://127.0.0.1/"), "status 302"),
        (answer(b"{}", "422 Unprocessable Entity"), "status 422"),
        (answer(b"{}", "201 Created"), "status 201"),
        (answer(b"{}", "500 Internal Server Error"), "status 500"),
        (answer(b"<html>"), "is not JSON"),
        (answer(b""), "is not JSON"),
        (answer(b'{"a": "' + b"x" * 2000 + b'"}'), "longer than 2000 bytes"),
        (send(HEAD + b"\r\n[" + b" " * 10_000_000), "longer than 2000 bytes"),
        (
            answer(gzip.compress(b"{}"), "200 OK", "Content-Encoding: gzip"),
            "compressed, which was not requested",
        ),
        (send(b""), "did not complete"),
        (send(b"nonsense\r\n\r\n"), "did not complete"),
        (send(HEAD + b"Content-Length: 10\r\n\r\n{}"), "did not complete"),
        (send(HEAD + b"X: " + b"x" * 200_000 + b"\r\n\r\n"), "did not complete"),
    ],
)
def test_an_answer_that_cannot_be_used_is_asked_for_once(behaviour, words):
    with (
        serving(behaviour) as service,
        pytest.raises(ServiceFailedError, match=words) as caught,
    ):
        service_at(service.url).post({}, same)
    assert len(service.requests) == 1
    assert service.url not in str(caught.value)


@pytest.mark.parametrize(
    "behaviour",
    [
        stay_silent,
        drip(HEAD + b"X: " + b"x" * 10_000),
        drip(HEAD + b"\r\n" + b"[" * 1000),
        drip(b"HTTP/1.1 200 " + b"x" * 10_000),
    ],
    ids=["silent", "headers drip", "body drips", "status drips"],
)
def test_a_slow_service_is_given_up_in_time_however_it_is_slow(behaviour):
    with serving(behaviour) as service:
        start = time.monotonic()
        with pytest.raises(ServiceTimeoutError, match=r"within 0\.4 seconds"):
            service_at(service.url, HASTY).post({}, same)
        assert 0.3 < time.monotonic() - start < 3
    assert len(service.requests) == 1


@pytest.mark.parametrize("status", [502, 503, 504])
def test_what_may_pass_is_tried_twice_more(status):
    gone = answer(b"", f"{status} X")
    with serving(gone, gone, answer(b"[1]")) as service:
        assert service_at(service.url).post({}, same) == [1]
    assert len(service.requests) == 3

    with (
        serving(gone) as service,
        pytest.raises(ServiceFailedError, match=f"status {status}"),
    ):
        service_at(service.url).post({}, same)
    assert len(service.requests) == 3


def test_tries_are_spread_by_jitter_and_each_pause_is_longer(monkeypatch):
    pauses = []

    async def note(seconds):
        pauses.append(seconds)

    monkeypatch.setattr("noising.integrations.service.asyncio.sleep", note)
    bounds = replace(QUICK, pause_seconds=0.1)
    with serving(answer(b"", "503 X")) as service, pytest.raises(ServiceFailedError):
        replace(service_at(service.url, bounds), jitter=lambda: 0.75).post({}, same)
    assert pauses == pytest.approx([0.125, 0.25])


def test_a_service_that_is_not_there_cannot_be_reached():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound, but nobody listens
        port = taken.getsockname()[1]
        with pytest.raises(ServiceFailedError, match="cannot be reached"):
            service_at(f"http://127.0.0.1:{port}").post({}, same)


def test_nor_can_one_whose_name_nobody_knows():
    with pytest.raises(ServiceFailedError, match="cannot be reached"):
        service_at("http://no-such-host.invalid").post({}, same)


def test_nor_one_that_speaks_no_tls():
    with (
        serving(answer(b"{}"), reads=False) as service,
        pytest.raises(ServiceFailedError, match="cannot be reached"),
    ):
        service_at(service.url.replace("http:", "https:")).post({}, same)
    assert len(service.requests) == 3


def test_a_connection_that_does_not_come_about_is_a_timeout():
    """A full backlog leaves further connections unanswered."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as listener:
        address = listener.getsockname()
        waiting = [socket.socket() for _ in range(4)]
        try:
            for one in waiting:
                one.setblocking(False)
                one.connect_ex(address)
            bounds = replace(QUICK, connect_seconds=0.1)
            with pytest.raises(ServiceTimeoutError, match=r"no connection within 0\.1"):
                service_at(f"http://127.0.0.1:{address[1]}", bounds).post({}, same)
        finally:
            for one in waiting:
                one.close()


def test_failures_in_a_row_open_the_breaker_and_refusals_do_not():
    breaker = CircuitBreaker("service", failures=2)
    refuses = answer(b"", "400 X")
    with serving(refuses, refuses, refuses, answer(b"", "500 X")) as service:
        for _ in range(5):
            with pytest.raises(ServiceFailedError):
                service_at(service.url, breaker=breaker).post({}, same)
        with pytest.raises(ServiceSuspendedError, match="failed 2 times in a row"):
            service_at(service.url, breaker=breaker).post({}, same)
    assert len(service.requests) == 5
