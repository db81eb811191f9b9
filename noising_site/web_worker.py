"""gunicorn's ASGI worker, which first announces that it stops (noising.draining)."""

import asyncio
import socket
from contextlib import suppress
from typing import Any, Final
from weakref import WeakSet

from gunicorn.asgi.protocol import ASGIProtocol
from gunicorn.workers import gasgi

from noising.management.draining import ACCEPT_SECONDS, DRAINING, NOTICE_SECONDS

READ_SECONDS: Final = 0.1
"""How long the last connections have to show that they have a request."""


class Connection(ASGIProtocol):
    """A connection of which its worker knows."""

    def connection_made(self, transport: Any) -> None:
        """Tell the worker."""
        self.worker.connections.add(self)
        super().connection_made(transport)

    def close_if_idle(self) -> None:
        """Close the connection unless it has a request."""
        if self._awaiting_request:
            self.transport.close()


class WebWorker(gasgi.ASGIWorker):
    """Serves for a moment longer after SIGTERM, then waits for no idle connection."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.connections: WeakSet[Connection] = WeakSet()

    def handle_exit_signal(self) -> None:
        """Announce the end, and stop later."""
        if not DRAINING.is_set():
            DRAINING.set()
            self.loop.call_later(NOTICE_SECONDS + ACCEPT_SECONDS, self._stop)

    def _stop(self) -> None:
        self.alive = False

    async def _shutdown(self) -> None:
        """Accept the last connections, and close those that have no request."""
        waiting = [each for sock in self.sockets for each in accept_waiting(sock.sock)]
        for server in self.servers:
            server.close()
        for accepted in waiting:
            await self.loop.connect_accepted_socket(lambda: Connection(self), accepted)
        await asyncio.sleep(READ_SECONDS)
        for connection in list(self.connections):
            connection.close_if_idle()
        await super()._shutdown()


def accept_waiting(listener: socket.socket) -> list[socket.socket]:
    """Accept the connections that the system has made and nobody has accepted yet."""
    accepted: list[socket.socket] = []
    with suppress(BlockingIOError):
        while True:
            accepted.append(listener.accept()[0])
    return accepted


gasgi.ASGIProtocol = Connection  # the class that the worker makes connections of
