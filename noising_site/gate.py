"""Which of an event loop's requests are worked on in threads, and when."""

import asyncio
from collections import deque
from typing import Final

PATIENCE_SECONDS: Final = 0.02
"""How long a request has the threads to itself while others wait."""


class Gate:
    """Lets requests to their threads: one at a time, unless it takes long.

    Python runs one thread at a time. Requests that compute wake each other up, and
    take half as long again as one after the other; a request that waits for
    something, or takes long, must not keep the others out.

    Args:
        most: how many may be inside.
        patience_seconds: after which one more goes in if nobody went in or out.
    """

    def __init__(
        self, most: int, *, patience_seconds: float = PATIENCE_SECONDS
    ) -> None:
        self._most = most
        self._patience_seconds = patience_seconds
        self._inside = 0
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._timer: asyncio.TimerHandle | None = None

    async def __aenter__(self) -> None:
        """Go in, or wait until it is one's turn."""
        await self.enter()

    async def __aexit__(self, *_: object) -> None:
        """Go out, and let the next one in."""
        self.leave()

    async def enter(self) -> None:
        """Go in, or wait until it is one's turn."""
        if not self._inside:
            self._inside = 1
            return
        turn = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        if self._timer is None:
            self._watch()
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self.leave()  # it was let in and called off at once
            raise

    def leave(self) -> None:
        """Go out, and let the next one in."""
        self._inside -= 1
        if not self._inside:
            self._admit()

    def _admit(self) -> None:
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                self._inside += 1
                turn.set_result(None)
                break
        self._watch()

    def _watch(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._waiting:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(self._patience_seconds, self._end_patience)

    def _end_patience(self) -> None:
        self._timer = None
        if self._inside < self._most:
            self._admit()
        else:
            self._watch()
