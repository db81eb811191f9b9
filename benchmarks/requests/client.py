"""Keep-alive load from one process: as little work for each request as Python can do.

One loop waits for all connections. What it costs is measured with it, so that a
result says whether the client was the bottleneck.
"""

from __future__ import annotations

import re
import selectors
import socket
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Final

MOST_REQUESTS: Final = 1_000_000
"""In one measurement, however fast the server is."""
SILENCE_SECONDS: Final = 30.0
PIECE_BYTES: Final = 2**20

LENGTH: Final = re.compile(rb"\r\ncontent-length: *([0-9]+)\r\n", re.IGNORECASE)
GOOD: Final = b"HTTP/1.1 200 "


class LoadError(RuntimeError):
    """A server refused a request, or fell silent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What one measurement saw.

    Attributes:
        requests: how many were answered.
        seconds: from the first request to the last answer.
        latencies_ns: of each, from its first byte sent to its last byte received.
        client_seconds: processor time that this process took for it.
    """

    requests: int
    seconds: float
    latencies_ns: list[int]
    client_seconds: float

    @property
    def rate(self) -> float:
        """Requests a second."""
        return self.requests / self.seconds


class Connection:
    """A connection with one request under way."""

    def __init__(self, port: int, selector: selectors.BaseSelector) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), SILENCE_SECONDS)
        self.socket.setblocking(False)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.selector = selector
        selector.register(self.socket, selectors.EVENT_READ, self)
        self.began_ns = 0
        self.unsent = memoryview(b"")
        self.head = b""
        self.missing: int | None = None

    def ask(self, request: bytes) -> None:
        """Send a request, or as much of it as goes out at once."""
        self.head, self.missing = b"", None
        self.began_ns = time.perf_counter_ns()
        sent = self._send(request)
        if sent < len(request):
            self.unsent = memoryview(request)[sent:]
            both = selectors.EVENT_READ | selectors.EVENT_WRITE
            self.selector.modify(self.socket, both, self)

    def go_on(self) -> None:
        """Send what is left of the request."""
        self.unsent = self.unsent[self._send(self.unsent) :]
        if not self.unsent:
            self.selector.modify(self.socket, selectors.EVENT_READ, self)

    def _send(self, data: bytes | memoryview) -> int:
        try:
            return self.socket.send(data)
        except BlockingIOError:
            return 0

    def is_answered(self) -> bool:
        """Read what has come, and tell whether it is the whole answer."""
        data = self.socket.recv(PIECE_BYTES)
        if not data:
            raise LoadError("the server closed a connection")
        if self.missing is not None:
            self.missing -= len(data)
            return self.missing <= 0
        self.head += data
        head_bytes = self.head.find(b"\r\n\r\n") + 4
        if head_bytes < 4:
            return False
        length = LENGTH.search(self.head, 0, head_bytes)
        if not self.head.startswith(GOOD) or length is None:
            raise LoadError(f"the server answered {self.head[:200]!r}")
        self.missing = head_bytes + int(length[1]) - len(self.head)
        return self.missing <= 0

    def close(self) -> None:
        """Close it."""
        self.selector.unregister(self.socket)
        self.socket.close()


def load(
    port: int, requests: Sequence[bytes], *, connections: int, seconds: float
) -> Load:
    """Keep a server busy: each connection asks again once it is answered.

    Args:
        port: of the server, on this machine.
        requests: whole HTTP requests, sent in turn.
        connections: how many there are, each opened anew.
        seconds: after which no further request is sent.

    Raises:
        LoadError: an answer was not 200, or none came.
    """
    latencies: list[int] = []
    with ExitStack() as stack:
        selector = stack.enter_context(selectors.DefaultSelector())
        opened = [Connection(port, selector) for _ in range(connections)]
        for connection in opened:
            stack.callback(connection.close)
        began, used = time.perf_counter_ns(), time.process_time()
        until = began + int(seconds * 1e9)
        for sent, connection in enumerate(opened):
            connection.ask(requests[sent % len(requests)])
        sent = waiting = connections
        now = began
        while waiting:
            ready = selector.select(SILENCE_SECONDS)
            if not ready:
                raise LoadError(f"no answer within {SILENCE_SECONDS:g} s")
            for key, events in ready:
                connection = key.data
                if events & selectors.EVENT_WRITE:
                    connection.go_on()
                if not events & selectors.EVENT_READ or not connection.is_answered():
                    continue
                now = time.perf_counter_ns()
                latencies.append(now - connection.began_ns)
                if now < until and sent < MOST_REQUESTS:
                    connection.ask(requests[sent % len(requests)])
                    sent += 1
                else:
                    waiting -= 1
        return Load(
            requests=len(latencies),
            seconds=(now - began) / 1e9,
            latencies_ns=latencies,
            client_seconds=time.process_time() - used,
        )
