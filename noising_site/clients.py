"""uvicorn's HTTP protocol with bounds on what a client may keep the server from.

gunicorn's threads are guarded by time limits on their sockets and by the limits of
gunicorn's parser. An event loop sees neither; here they are again.
"""

import asyncio
from collections.abc import Iterable
from enum import Enum
from typing import Any, Final

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

SILENCE_SECONDS: Final = 30.0
"""How long a client may keep the server waiting: for a head, for the next bytes of a
body, or to take bytes of an answer."""

DRAIN_SECONDS: Final = 10.0
"""How long a client may go on sending a body after the answer."""

LINGER_SECONDS: Final = 1.0
"""How long a stopping worker keeps idle connections: a request may be on its way."""

MOST_HEAD_BYTES: Final = 64 * 1024
"""Of a request's line and headers."""


class Part(Enum):
    """Which part of a request a connection waits for."""

    NONE = "none"
    HEAD = "head"
    BODY = "body"


class BoundedProtocol(HttpToolsProtocol):
    """One connection."""

    def connection_made(  # type: ignore[override]  # as uvicorn's own
        self, transport: asyncio.Transport
    ) -> None:
        """Begin to wait for the first request."""
        super().connection_made(transport)
        self.part = Part.HEAD
        self.since = self.heard = self.moved = self.loop.time()
        self.head_bytes = 0
        self.unsent = 0
        self.is_stopping = False

    def data_received(self, data: bytes) -> None:
        """Parse, and refuse a head that does not end."""
        self.heard = self.loop.time()
        super().data_received(data)
        if self.part is Part.HEAD:
            self.head_bytes += len(data)
            if self.head_bytes > MOST_HEAD_BYTES:
                self.send_400_response("The request's head is too long.")

    def eof_received(self) -> bool | None:  # type: ignore[override]  # asyncio's own type
        """Answer a client that only has no more to send."""
        if self.is_idle or self.part is not Part.NONE:
            return None
        self.cycle.keep_alive = False
        return True

    def on_message_begin(self) -> None:
        """Wait for a head."""
        super().on_message_begin()
        self.part, self.since, self.head_bytes = Part.HEAD, self.heard, 0

    def on_headers_complete(self) -> None:
        """Wait for a body."""
        super().on_headers_complete()
        self.part, self.since = Part.BODY, self.heard
        if self.is_stopping:
            self.cycle.keep_alive = False

    def on_message_complete(self) -> None:
        """Wait for nothing, or for the next request."""
        super().on_message_complete()
        self.part = Part.NONE

    def on_response_complete(self) -> None:
        """Count from here what is still sent of a body that was refused."""
        self.since = self.loop.time()
        super().on_response_complete()

    def send_400_response(self, msg: str) -> None:
        """Answer what is no HTTP as every other error is answered, and close."""
        if self.transport.is_closing():
            return
        # gunicorn imports its worker before it sets Django up.
        from noising_site.middleware import unparsed_response

        answer = unparsed_response()
        lines = [f"{name}: {value}\r\n".encode() for name, value in answer.items()]
        self.transport.write(
            b"".join([STATUS_LINE[400], *lines, b"Connection: close\r\n\r\n"])
            + answer.content
        )
        self.transport.close()

    def shutdown(self) -> None:
        """Answer what is under way, and what comes within a moment; then close."""
        self.is_stopping = True
        if self.is_idle:
            self.loop.call_later(LINGER_SECONDS, self._close_if_idle)
        else:
            self.cycle.keep_alive = False

    @property
    def is_idle(self) -> bool:
        """Whether no answer is owed."""
        return self.cycle is None or self.cycle.response_complete

    def _close_if_idle(self) -> None:
        if self.is_idle and not self.transport.is_closing():
            self.transport.close()

    def is_stalled(self, now: float) -> bool:
        """Tell whether the client has kept this connection waiting for too long.

        It is to be asked every second or so, since it looks at what has moved.
        """
        unsent = self.transport.get_write_buffer_size()
        if unsent != self.unsent:
            self.moved, self.unsent = now, unsent
        if unsent:
            return now - self.moved > SILENCE_SECONDS
        if self.part is Part.HEAD:
            return now - self.since > SILENCE_SECONDS
        if self.part is Part.NONE:
            return False  # the server's turn, or the keep-alive timer's
        if self.cycle.response_complete:
            return now - self.since > DRAIN_SECONDS
        is_awaited = not self.flow.read_paused
        return is_awaited and now - self.heard > SILENCE_SECONDS


async def close_stalled(connections: Iterable[Any], *, every: float = 1.0) -> None:
    """Close connections whose clients have fallen silent, for ever."""
    loop = asyncio.get_running_loop()
    while True:
        await asyncio.sleep(every)
        now = loop.time()
        for connection in list(connections):
            if connection.is_stalled(now):
                connection.transport.abort()
