"""Services on real sockets that behave as a test says."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field

Behaviour = Callable[[socket.socket], None]


@dataclass(kw_only=True)
class Service:
    """One that listens; each connection gets the next behaviour, the last for ever."""

    port: int
    behaviours: list[Behaviour]
    requests: list[bytes] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


def answer(body: bytes, status: str = "200 OK", *headers: str) -> Behaviour:
    """Answer with a whole response."""
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers, "", ""]
    return send("\r\n".join(lines).encode() + body)


def send(data: bytes) -> Behaviour:
    """Send bytes, and close."""

    def behave(connection: socket.socket) -> None:
        connection.sendall(data)

    return behave


def drip(data: bytes, seconds: float = 0.02) -> Behaviour:
    """Send a byte at a time, as long as anyone listens."""

    def behave(connection: socket.socket) -> None:
        for byte in data:
            connection.sendall(bytes([byte]))
            time.sleep(seconds)

    return behave


def stay_silent(connection: socket.socket) -> None:
    """Answer nothing until the other side goes."""
    connection.recv(1)


@contextmanager
def serving(*behaviours: Behaviour, reads: bool = True) -> Iterator[Service]:
    """Run a service until the end of the block; it may not wait for a request."""
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        port = listener.getsockname()[1]
        service = Service(port=port, behaviours=list(behaviours))
        thread = threading.Thread(target=_serve, args=(listener, service, reads))
        thread.start()
        try:
            yield service
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join(timeout=30)
            assert not thread.is_alive()


def _serve(listener: socket.socket, service: Service, reads: bool) -> None:
    while True:
        try:
            connection, _ = listener.accept()
        except OSError:
            return
        count = len(service.requests)
        behave = service.behaviours[min(count, len(service.behaviours) - 1)]
        with closing(connection), suppress(OSError):
            connection.settimeout(20)
            service.requests.append(_read_request(connection) if reads else b"")
            behave(connection)


def _read_request(connection: socket.socket) -> bytes:
    data = b""
    while b"\r\n\r\n" not in data:
        data += connection.recv(65536)
    head, _, body = data.partition(b"\r\n\r\n")
    [length] = [
        int(line.split(b":")[1])
        for line in head.lower().split(b"\r\n")
        if line.startswith(b"content-length")
    ]
    while len(body) < length:
        body += connection.recv(65536)
    return head + b"\r\n\r\n" + body
