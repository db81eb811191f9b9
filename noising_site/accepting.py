"""Who of several processes takes the next connection: one that has the fewest.

They share one listening socket, so that no connection is lost with a process that
dies. The system wakes them all for a connection, and who is quickest may be quickest
eight times in a row: then one process works while the others wait.
"""

import asyncio
import logging
import mmap
import socket
from collections.abc import Callable
from typing import Any, Final

HEAD_START_SECONDS: Final = 0.01
"""How long a process leaves a connection to those that have fewer."""

PAUSE_SECONDS: Final = 1.0
"""How long a process that can open no more files takes no connections."""

NOBODY: Final = -1

logger = logging.getLogger("noising.site")


class Tally:
    """The numbers of connections of all processes, in memory that they share.

    Args:
        places: processes that may live at once.
    """

    def __init__(self, places: int) -> None:
        self._counts = memoryview(mmap.mmap(-1, 4 * places)).cast("i")
        for place in range(places):
            self._counts[place] = NOBODY

    def join(self) -> int:
        """Return a place for one more process; those for whom none is left share."""
        counts = self._counts.tolist()
        place = counts.index(NOBODY) if NOBODY in counts else len(counts) - 1
        self._counts[place] = 0
        return place

    def leave(self, place: int) -> None:
        """Give a place back: nobody waits for the one who had it."""
        self._counts[place] = NOBODY

    def write(self, place: int, count: int) -> None:
        """Say how many connections the process at a place has."""
        if self._counts[place] != NOBODY:
            self._counts[place] = count

    def is_behind(self, place: int) -> bool:
        """Tell whether another process has fewer connections."""
        own = self._counts[place]
        return any(0 <= count < own for count in self._counts)


class CountedSet(set[Any]):
    """A process's connections, whose number is written down.

    Args:
        tally: where.
        place: of this process.
    """

    def __init__(self, tally: Tally, place: int) -> None:
        super().__init__()
        self._tally, self._place = tally, place

    def add(self, item: Any, /) -> None:
        """Add a connection."""
        super().add(item)
        self._tally.write(self._place, len(self))

    def discard(self, item: Any, /) -> None:
        """Remove a connection."""
        super().discard(item)
        self._tally.write(self._place, len(self))


class Acceptor:
    """Takes connections off a listening socket for one process.

    Args:
        listener: the socket.
        make_protocol: what serves a connection.
        tally: what the processes have.
        place: of this process.
    """

    def __init__(
        self,
        listener: socket.socket,
        make_protocol: Callable[[], asyncio.Protocol],
        tally: Tally,
        place: int,
    ) -> None:
        self._listener = listener
        self._make_protocol = make_protocol
        self._tally, self._place = tally, place
        self._loop = asyncio.get_running_loop()
        self._opening: set[asyncio.Task[Any]] = set()
        self._is_closed = False
        self._listen()

    def close(self) -> None:
        """Take no more; nobody is to wait for this process."""
        self._is_closed = True
        self._loop.remove_reader(self._listener.fileno())
        self._tally.leave(self._place)

    async def wait_closed(self) -> None:
        """Wait for nothing: the connections are the server's."""

    def _listen(self) -> None:
        if not self._is_closed:
            self._loop.add_reader(self._listener.fileno(), self._on_connection)

    def _on_connection(self) -> None:
        if self._tally.is_behind(self._place):
            self._wait(HEAD_START_SECONDS, self._take_and_listen)
        else:
            self._take()

    def _wait(self, seconds: float, then: Callable[[], None]) -> None:
        self._loop.remove_reader(self._listener.fileno())
        self._loop.call_later(seconds, then)

    def _take_and_listen(self) -> None:
        if not self._is_closed:
            self._listen()
            self._take()

    def _take(self) -> None:
        try:
            connection, _ = self._listener.accept()
        except (BlockingIOError, ConnectionError, InterruptedError):
            return  # another process was quicker, or the client has gone
        except OSError as error:
            logger.error("No connection can be taken: %s.", error.strerror)
            self._wait(PAUSE_SECONDS, self._listen)
            return
        connection.setblocking(False)
        task = self._loop.create_task(self._open(connection))
        self._opening.add(task)
        task.add_done_callback(self._opening.discard)

    async def _open(self, connection: socket.socket) -> None:
        try:
            await self._loop.connect_accepted_socket(self._make_protocol, connection)
        except OSError:
            connection.close()
