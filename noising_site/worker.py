"""The gunicorn worker that runs an event loop: uvicorn's, with bounds on clients."""

import asyncio
import functools
import os
import signal
import socket
import sys
from typing import Any, ClassVar, Final

from gunicorn.arbiter import Arbiter
from uvicorn.config import Config
from uvicorn.loops import uvloop as _uvloop  # noqa: F401 - loaded once, before the fork
from uvicorn.server import Server
from uvicorn_worker import UvicornWorker

from noising_site.accepting import Acceptor, CountedSet, Tally
from noising_site.clients import BoundedProtocol, close_stalled
from noising_site.gunicorn import release_signals

SWITCH_SECONDS: Final = 0.001
"""How long a busy thread may keep the loop from the interpreter; Python: 0.005."""


class EventLoopServer(Server):
    """uvicorn's server, which leaves connections to processes that have fewer.

    Args:
        config: uvicorn's.
        tally: the connections of all processes.
        place: of this one.
    """

    def __init__(self, config: Config, tally: Tally, place: int) -> None:
        super().__init__(config)
        self.tally, self.place = tally, place
        self.server_state.connections = CountedSet(tally, place)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to take connections."""
        make_protocol = functools.partial(
            BoundedProtocol, self.config, self.server_state, {}
        )
        acceptors = [
            Acceptor(listener, make_protocol, self.tally, self.place)
            for listener in sockets or ()
        ]
        self.servers = acceptors  # type: ignore[assignment]  # they close as servers do
        self.started = True
        release_signals()  # uvicorn has its handlers by now


class EventLoopWorker(UvicornWorker):  # type: ignore[misc]  # untyped
    """A process that answers on an event loop, and in threads what takes longer."""

    CONFIG_KWARGS: dict[str, Any] = {
        "loop": "uvloop",
        "http": BoundedProtocol,
        "ws": "none",
        "lifespan": "off",
        "server_header": False,
        # Which forwarded headers count is for the settings to say (TRUSTED_PROXIES).
        "proxy_headers": False,
    }

    _tally: ClassVar[Tally | None] = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Take a place: gunicorn makes its workers before it forks them off."""
        super().__init__(*args, **kwargs)
        if EventLoopWorker._tally is None:
            # Twice, since a worker that ends lives on beside the one that follows it.
            EventLoopWorker._tally = Tally(2 * self.cfg.workers + 1)
        self.tally = EventLoopWorker._tally
        self.place = self.tally.join()

    def leave(self) -> None:
        """Give the place back, once the process has ended."""
        self.tally.leave(self.place)

    def init_signals(self) -> None:
        """Let uvicorn stop on SIGTERM; when it has, that signal must not kill."""
        super().init_signals()
        signal.signal(signal.SIGTERM, self.handle_exit)
        signal.signal(signal.SIGINT, self.handle_exit)

    async def _serve(self) -> None:
        sys.setswitchinterval(SWITCH_SECONDS)
        self.config.app = self.wsgi
        server = EventLoopServer(self.config, self.tally, self.place)

        def quit_now() -> None:
            server.should_exit = server.force_exit = True

        asyncio.get_running_loop().add_signal_handler(signal.SIGQUIT, quit_now)
        watches = [
            asyncio.create_task(close_stalled(server.server_state.connections)),
            asyncio.create_task(self._end_with_parent(server)),
        ]
        try:
            await server.serve(sockets=self.sockets)
        finally:
            for watch in watches:
                watch.cancel()
        if not server.started:
            sys.exit(Arbiter.WORKER_BOOT_ERROR)

    async def _end_with_parent(self, server: Server) -> None:
        """Stop when gunicorn is gone: nobody else would ever stop this process."""
        while os.getppid() == self.ppid:
            await asyncio.sleep(1.0)
        self.log.info("Parent changed, shutting down: %s", self)
        server.should_exit = True
