"""The load generator sends whole requests and counts only whole 200 responses."""

import socket
import threading
from contextlib import contextmanager, suppress

import pytest

from benchmarks.requests.cases import http_request
from benchmarks.requests.client import LoadError, load

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"


@contextmanager
def answering(*pieces: bytes, expected: int):
    """Answer every request of so many bytes with the pieces, then close."""

    def serve(connection: socket.socket) -> None:
        with connection, suppress(ConnectionError):
            missing = expected
            while data := connection.recv(65536):
                missing -= len(data)
                if missing <= 0:
                    missing = expected
                    for piece in pieces:
                        connection.sendall(piece)
                if not pieces:
                    return

    def accept() -> None:
        try:
            while True:
                connection, _ = listener.accept()
                threading.Thread(target=serve, args=(connection,), daemon=True).start()
        except OSError:
            return

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        yield listener.getsockname()[1]
        listener.shutdown(socket.SHUT_RDWR)
    thread.join(5)


@pytest.mark.parametrize(
    "pieces",
    [[ANSWER], [ANSWER[:10], ANSWER[10:]], [ANSWER[:40], ANSWER[40:42], ANSWER[42:]]],
)
@pytest.mark.parametrize("size", [0, 10, 4_000_000])
def test_every_answer_is_read_to_its_end(pieces, size):
    request = http_request("/", "text/plain", b"x" * size)
    with answering(*pieces, expected=len(request)) as port:
        seen = load(port, [request], connections=3, seconds=0.1)
    assert seen.requests == len(seen.latencies_ns) >= 3
    assert 0 < min(seen.latencies_ns) <= seen.seconds * 1e9
    assert seen.rate == seen.requests / seen.seconds
    assert seen.client_seconds >= 0


@pytest.mark.parametrize(
    ("pieces", "reason"),
    [
        ([b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n"], "503 Busy"),
        ([b"HTTP/1.1 200 OK\r\n\r\n"], "200 OK"),
        ([], "closed a connection"),
    ],
)
def test_what_is_no_good_answer_ends_the_measurement(pieces, reason):
    request = http_request("/", "text/plain", b"")
    with (
        answering(*pieces, expected=len(request)) as port,
        pytest.raises(LoadError, match=reason),
    ):
        load(port, [request], connections=2, seconds=5)
