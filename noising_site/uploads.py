"""Bodies that are still coming, in bounded memory."""

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field


class CrowdedError(Exception):
    """There is no room for what a request needs."""


@dataclass(slots=True, eq=False)
class Upload:
    """One body, and who reads it.

    Attributes:
        task: what reads it.
        began: when, by the monotonic clock.
        size: bytes so far.
        ended: whether nothing more of it is read.
        gave_way: whether another one has got its room.
    """

    task: "asyncio.Task[None]"
    began: float = field(default_factory=time.monotonic)
    size: int = 0
    ended: bool = False
    gave_way: bool = False

    def rate(self, now: float) -> float:
        """Return bytes a second since it began."""
        return self.size / max(now - self.began, 1e-3)


class Uploads:
    """Room for bodies. Where it is full, the slowest that still comes gives way.

    So nobody waits for a client: not those who send quickly for those who do not.

    Args:
        most_bytes: of all bodies together.
    """

    def __init__(self, most_bytes: int) -> None:
        self.most_bytes = most_bytes
        self.taken = 0
        self._uploads: set[Upload] = set()

    @contextmanager
    def one(self) -> Iterator[Upload]:
        """Hold the room of a body, which grows by `add`, during the block.

        Raises:
            CrowdedError: it had to give way.
        """
        task = asyncio.current_task()
        assert task is not None, "bodies are read on an event loop"  # noqa: S101
        upload = Upload(task)
        self._uploads.add(upload)
        try:
            yield upload
        except asyncio.CancelledError:
            if not upload.gave_way:
                raise
            task.uncancel()
            raise CrowdedError from None
        finally:
            self._leave(upload)

    def add(self, upload: Upload, size: int) -> None:
        """Take room for more of a body.

        Raises:
            CrowdedError: it is the slowest, and there is no room.
        """
        upload.size += size
        self.taken += size
        while self.taken > self.most_bytes:
            coming = [each for each in self._uploads if not each.ended]
            now = time.monotonic()
            slowest = min(coming, key=lambda each: (each.rate(now), each.began))
            self._leave(slowest)
            if slowest is upload:
                raise CrowdedError
            slowest.gave_way = True
            slowest.task.cancel()

    def _leave(self, upload: Upload) -> None:
        if upload in self._uploads:
            self._uploads.remove(upload)
            self.taken -= upload.size
