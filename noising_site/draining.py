"""What becomes of a body that is refused before it is read."""

import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import Any

PIECE_BYTES = 64 * 1024
MOST_BYTES = 64 * 2**20
MOST_SECONDS = 10.0


class DrainedResponse:
    """A response after which the rest of the request's body is read and forgotten.

    Most clients send a body to its end before they look at the answer. Were the
    connection closed on them, they would see it broken instead of the reason.
    """

    def __init__(self, response: Iterable[bytes], environ: dict[str, Any]) -> None:
        """Wrap a response that the server sends, and then closes."""
        self.response = response
        self.body = environ["wsgi.input"]

    def __iter__(self) -> Iterator[bytes]:
        """Yield the response."""
        return iter(self.response)

    def close(self) -> None:
        """Close the response, then read on, within bounds, until the body ends."""
        if hasattr(self.response, "close"):
            self.response.close()
        until = time.monotonic() + MOST_SECONDS
        with suppress(OSError):  # the client has gone, or has fallen silent
            for _ in range(MOST_BYTES // PIECE_BYTES):
                if not self.body.read(PIECE_BYTES) or time.monotonic() > until:
                    return
