"""The bytes on the wire, under the server that the service runs on."""

import contextlib
import socket
import sys
import time

import orjson
import pytest

from tests.operations.servers import Server, free_port, running

GOOD = orjson.dumps({"tokens": [1, 2, 3], "timestep": 5, "seed": 1})
POST = b"POST /noise HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
LIMIT = 16 * 2**20


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    port = str(free_port())
    command = (
        *(sys.executable, "-m", "gunicorn", "--config", "python:noising_site.gunicorn"),
        *("--bind", f"127.0.0.1:{port}"),
    )
    folder = tmp_path_factory.mktemp("wire") / "data"
    with running(folder, command=command, variables={"PORT": port}) as started:
        yield started


def exchange(server: Server, *parts: bytes) -> tuple[bytes, bytes]:
    """Send the parts as they are; return the head and the content of the answer."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as connection:
        with contextlib.suppress(ConnectionError):
            for part in parts:
                connection.sendall(part)
        answer = b""
        while not is_whole(answer):
            received = connection.recv(65536)
            if not received:
                break
            answer += received
    head, _, content = answer.partition(b"\r\n\r\n")
    return head, content


def is_whole(answer: bytes) -> bool:
    head, end, content = answer.partition(b"\r\n\r\n")
    lengths = [
        int(line.split(b":")[1])
        for line in head.split(b"\r\n")
        if line.lower().startswith(b"content-length")
    ]
    return bool(end) and bool(lengths) and len(content) >= lengths[0]


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(data), data)


def test_a_body_that_declares_too_much_is_answered_before_it_is_sent(server):
    begun = time.monotonic()
    head, content = exchange(server, POST, b"Content-Length: %d\r\n\r\n" % (2 * LIMIT))
    assert head.startswith(b"HTTP/1.1 413 ")
    assert b"application/problem+json" in head
    assert b"16777216 bytes" in content
    assert time.monotonic() - begun < 5


def test_a_client_that_sends_all_of_it_first_still_reads_why(server):
    length = b"Content-Length: %d\r\n\r\n" % (2 * LIMIT)
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as connection:
        connection.sendall(POST + length)
        for _ in range(2 * LIMIT // 2**20):
            connection.sendall(b" " * 2**20)
        assert connection.recv(65536).startswith(b"HTTP/1.1 413 ")
        connection.sendall(b"GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert connection.recv(65536).startswith(b"HTTP/1.1 200 ")


def test_a_chunked_body_is_taken(server):
    chunked = POST + b"Transfer-Encoding: chunked\r\n\r\n"
    head, content = exchange(
        server, chunked, chunk(GOOD[:10]), chunk(GOOD[10:]), chunk(b"")
    )
    assert head.startswith(b"HTTP/1.1 200 ")
    assert b"noise-seed: 1\r\n" in head.lower()
    assert orjson.loads(content)["metrics"]["total_tokens"] == 3


def test_a_chunked_body_that_does_not_end_is_refused_at_the_limit(server):
    piece = chunk(b" " * 2**20)
    head, _ = exchange(
        server, POST, b"Transfer-Encoding: chunked\r\n\r\n", *[piece] * 17
    )
    assert head.startswith(b"HTTP/1.1 413 ")


def test_an_answer_to_head_has_no_content(server):
    requests = b"HEAD /info HTTP/1.1\r\nHost: localhost\r\n\r\n" + (
        b"GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as connection:
        connection.sendall(requests)
        answer = b""
        while b'"alive"' not in answer:
            received = connection.recv(65536)
            assert received
            answer += received
    first, second = answer.split(b"\r\n\r\n")[:2]
    assert b"content-length: " in first.lower()
    assert second.startswith(b"HTTP/1.1 200 ")


def test_the_server_does_not_say_its_version(server):
    head, _ = exchange(server, b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
    for line in head.split(b"\r\n"):
        if line.lower().startswith(b"server"):
            assert not any(character in b"0123456789" for character in line)


@pytest.mark.parametrize(
    "target",
    [b"/alpha/%00", b"/alpha/5%0d%0aX:y", b"/%2e%2e/%2e%2e/etc/passwd", b"/%ff"],
)
def test_hostile_targets_are_ordinary_errors(server, target):
    head, content = exchange(
        server, b"GET %s HTTP/1.1\r\nHost: localhost\r\n\r\n" % target
    )
    assert head.split(b" ")[1] in {b"400", b"404"}
    assert orjson.loads(content)["status"] in {400, 404}


def test_nothing_of_all_this_was_a_failure_of_ours(server):
    assert "Traceback" not in server.lines
    assert "Error handling request" not in server.lines
