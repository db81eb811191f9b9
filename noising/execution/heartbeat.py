"""Something done again and again beside what computes."""

import abc
import threading
from types import TracebackType
from typing import Self

from django.db import connection

from noising.models.connections import release_connection


class Heartbeat(abc.ABC):
    """Beats every few seconds during a with block, in a thread of its own.

    Args:
        name: of the thread.
        seconds: from one beat to the next.
    """

    def __init__(self, *, name: str, seconds: float) -> None:
        self._seconds = seconds
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._keep, name=name, daemon=True)

    def __enter__(self) -> Self:
        """Begin."""
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """End, after the beat that is under way."""
        self._over.set()
        self._thread.join()

    @abc.abstractmethod
    def beat(self) -> bool:
        """Do it once, and return whether to go on."""

    def _keep(self) -> None:
        try:
            while not self._over.wait(self._seconds) and self.beat():
                release_connection()  # of which a process may have one alone
        finally:
            connection.close()
