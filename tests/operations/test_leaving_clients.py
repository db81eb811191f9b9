"""A client that disconnects at any moment causes no error of the service."""

import json
import socket
import struct
from itertools import product
from pathlib import Path

from tests.operations.servers import running

TRAJECTORY = json.dumps(
    {"tokens": [1] * 20_000, "timesteps": list(range(500))}
).encode()
FORM = b"application/x-www-form-urlencoded"
JSON = b"application/json"
RESET = struct.pack("ii", 1, 0)
"""A connection that is closed so is reset: what was sent is not even taken."""


def request(method: bytes, path: bytes, kind: bytes, length: int) -> bytes:
    lines = (
        b"%s %s HTTP/1.1" % (method, path),
        b"Host: localhost",
        b"Content-Type: %s" % kind,
        b"Content-Length: %d" % length,
    )
    return b"\r\n".join((*lines, b"", b""))


LEAVING = {
    "within its headers": (request(b"POST", b"/noise", JSON, 9)[:30], False),
    "within a body": (request(b"POST", b"/api/v1/noise", JSON, 5_000) + b"{", False),
    "within a form": (request(b"POST", b"/account/login/", FORM, 99) + b"a=", False),
    "before its response": (
        request(b"GET", b"/plots/built-in/alpha.png", JSON, 0),
        False,
    ),
    "within its response": (
        request(b"POST", b"/api/v1/trajectory", JSON, len(TRAJECTORY)) + TRAJECTORY,
        True,
    ),
}


def test_a_client_that_leaves_is_no_error(data_dir: Path) -> None:
    with running(data_dir, variables={"WEB_CONCURRENCY": "1"}) as server:
        for (sent, reads), option in product(LEAVING.values(), (None, RESET)):
            with socket.create_connection(("127.0.0.1", server.port)) as client:
                client.sendall(sent)
                if reads:
                    assert client.recv(100).startswith(b"HTTP/1.1 200")
                if option:
                    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, option)
        assert server.ask("GET", "/api/v1/schedules").status == 200
        assert server.stop() == 0  # whatever was under way has ended by now
    assert '"level":"error"' not in server.lines
    assert "Traceback" not in server.lines
