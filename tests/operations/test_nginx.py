"""deploy/nginx.conf in front of the service, with Debian's nginx."""

import shutil
import signal
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from dataclasses import replace
from pathlib import Path

import pytest

from tests.operations.nginx import MOST_REQUESTS, NGINX, start_nginx
from tests.operations.servers import Server, free_port, running, wait_for

NOISE = {"tokens": list(range(64)), "timestep": 900}
POST = (
    b"POST /noise HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    b"Content-Length: 1000000\r\n\r\n"
)

pytestmark = pytest.mark.skipif(
    NGINX is None,
    reason="needs Debian's nginx (scripts/test-packages installs it)",
)


@pytest.fixture(scope="module")
def front(
    prepared_folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    """The service as clients of nginx see it."""
    folder = tmp_path_factory.mktemp("nginx") / "data"
    shutil.copytree(prepared_folder, folder)
    with running(folder, variables={"TRUSTED_PROXIES": "1"}) as service:
        nginx, port = start_nginx(folder.parent, service.port)
        front = replace(service, port=port)
        try:
            front.wait_until_it_answers()
            yield front
        finally:
            nginx.send_signal(signal.SIGTERM)
            nginx.wait(timeout=20)


def test_requests_and_responses_pass_unchanged(front: Server) -> None:
    answer = front.ask(
        "POST", "/noise", {**NOISE, "seed": 7}, **{"X-Request-ID": "mine"}
    )
    assert answer.status == 200
    assert answer.headers["Noise-Seed"] == "7"
    assert answer.headers["X-Request-ID"] == "mine"
    page = front.ask("GET", "/", Accept="text/html")
    assert b"<html" in page.body


def test_the_service_words_the_refusal_of_a_body_that_is_too_long(
    front: Server,
) -> None:
    answer = front.ask("POST", "/noise", {"tokens": [1], "pad": " " * (16 * 2**20)})
    assert answer.status == 413
    assert "16777216 bytes" in answer.json()["detail"]


def test_nginx_refuses_what_is_far_too_long_in_the_same_form(front: Server) -> None:
    address = ("127.0.0.1", front.port)
    with socket.create_connection(address, timeout=20) as client:
        client.sendall(POST.replace(b"1000000", b"99000000"))
        answer = client.recv(65536)
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b"application/problem+json" in answer


def test_silent_and_slow_clients_keep_nobody_waiting(front: Server) -> None:
    """Idle connections, heads and bodies cut short, and responses that nobody reads.

    Whoever waited for one of them would wait until nginx gives it up, for 10 s.
    """
    address = ("127.0.0.1", front.port)
    large = b"GET /static/noising/js/plots.js HTTP/1.1\r\nHost: localhost\r\n\r\n"
    with ExitStack() as stack:
        for number in range(64):
            client = stack.enter_context(socket.create_connection(address))
            said = (b"", POST[:50], POST + b" " * 500_000, large * 20)[number % 4]
            with suppress(ConnectionError):
                client.sendall(said)
        for method, path, body in (
            ("POST", "/noise", NOISE),
            ("GET", "/alpha/5", None),
            ("GET", "/api/v1/schedules", None),
        ):
            started = time.monotonic()
            assert front.ask(method, path, body).status == 200
            assert time.monotonic() - started < 8


def test_without_the_service_clients_are_told_when_to_return(
    tmp_path: Path,
) -> None:
    nginx, port = start_nginx(tmp_path, free_port())
    front = Server(
        process=nginx, port=port, data_dir=tmp_path, log=tmp_path / "nginx.log"
    )
    try:
        wait_for(lambda: accepts(port), lambda: front.lines)
        answer = front.ask("GET", "/alpha/5")
    finally:
        nginx.send_signal(signal.SIGTERM)
        nginx.wait(timeout=20)
    assert answer.status == 503
    assert answer.headers["Retry-After"] == "1"
    assert answer.json()["status"] == 503


def test_more_requests_than_the_service_can_hold_are_refused_at_once(
    tmp_path: Path,
) -> None:
    """Nobody responds here; the core has room of its own."""
    with ExitStack() as stack:
        silent = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        silent.settimeout(20)
        nginx, port = start_nginx(tmp_path, silent.getsockname()[1])
        stack.callback(nginx.wait, timeout=20)
        stack.callback(nginx.kill)
        wait_for(lambda: accepts(port), lambda: "nginx does not listen")

        def send(path: bytes) -> socket.socket:
            client = stack.enter_context(
                socket.create_connection(("127.0.0.1", port), timeout=20)
            )
            client.sendall(b"GET %s HTTP/1.1\r\nHost: localhost\r\n\r\n" % path)
            return client

        for _ in range(MOST_REQUESTS):
            send(b"/alpha/5")
            stack.enter_context(silent.accept()[0])
        refused = send(b"/alpha/5").recv(65536)
        send(b"/info")
        stack.enter_context(silent.accept()[0])
    assert refused.startswith(b"HTTP/1.1 503 ")
    assert b"\r\nRetry-After: 1\r\n" in refused


def accepts(port: int) -> bool:
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False
