"""A load generator with keep-alive connections and little work per request.

One loop waits for all connections. Its processor time is measured too, so that results
show whether the client was the bottleneck.
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
"""Limit for one measurement."""
SILENCE_SECONDS: Final = 30.0
PIECE_BYTES: Final = 2**20

LENGTH: Final = re.compile(rb"\r\ncontent-length: *([0-9]+)\r\n", re.IGNORECASE)
GOOD: Final = b"HTTP/1.1 200 "


class LoadError(RuntimeError):
    """A server refused a request or did not respond."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """The result of one measurement.

    Attributes:
        requests: number of completed requests.
        seconds: time from the first request to the last response.
        latencies_ns: times from the first byte sent to the last byte received.
        client_seconds: processor time of this process.
    """

    requests: int
    seconds: float
    latencies_ns: list[int]
    client_seconds: float

    @property
    def rate(self) -> float:
        """Requests per second."""
        return self.requests / self.seconds


class Connection:
    """A connection with one request at a time."""

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

    def start(self, request: bytes) -> None:
        """Send a request, or as much of it as the socket accepts."""
        self.head, self.missing = b"", None
        self.began_ns = time.perf_counter_ns()
        sent = self._send(request)
        if sent < len(request):
            self.unsent = memoryview(request)[sent:]
            both = selectors.EVENT_READ | selectors.EVENT_WRITE
            self.selector.modify(self.socket, both, self)

    def send_rest(self) -> None:
        """Send the rest of the request."""
        self.unsent = self.unsent[self._send(self.unsent) :]
        if not self.unsent:
            self.selector.modify(self.socket, selectors.EVENT_READ, self)

    def _send(self, data: bytes | memoryview) -> int:
        try:
            return self.socket.send(data)
        except BlockingIOError:
            return 0

    def receive(self) -> bool:
        """Read available data, and return whether the response is complete."""
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
            raise LoadError(f"the server responded with {self.head[:200]!r}")
        self.missing = head_bytes + int(length[1]) - len(self.head)
        return self.missing <= 0

    def close(self) -> None:
        """Close the connection."""
        self.selector.unregister(self.socket)
        self.socket.close()


def load(
    port: int, requests: Sequence[bytes], *, connections: int, seconds: float
) -> Load:
    """Send requests, where each connection sends the next one after a response.

    Args:
        port: port of the server on this machine.
        requests: complete HTTP requests, which are sent in turn.
        connections: number of connections, which are opened for this measurement.
        seconds: time after which no further request is sent.

    Raises:
        LoadError: a response was not 200, or there was no response.
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
            connection.start(requests[sent % len(requests)])
        sent = waiting = connections
        now = began
        while waiting:
            ready = selector.select(SILENCE_SECONDS)
            if not ready:
                raise LoadError(f"no response within {SILENCE_SECONDS:g} s")
            for key, events in ready:
                connection = key.data
                if events & selectors.EVENT_WRITE:
                    connection.send_rest()
                if not events & selectors.EVENT_READ or not connection.receive():
                    continue
                now = time.perf_counter_ns()
                latencies.append(now - connection.began_ns)
                if now < until and sent < MOST_REQUESTS:
                    connection.start(requests[sent % len(requests)])
                    sent += 1
                else:
                    waiting -= 1
        return Load(
            requests=len(latencies),
            seconds=(now - began) / 1e9,
            latencies_ns=latencies,
            client_seconds=time.process_time() - used,
        )
