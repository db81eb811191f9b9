"""What one process may hold at a time."""

from dataclasses import dataclass
from typing import Self


class NoMemoryLeftError(Exception):
    """The requests of this process hold all the memory that they may."""


@dataclass(slots=True)
class MemoryBudget:
    """The bytes that the requests of one process may hold. Not thread-safe.

    Attributes:
        limit_bytes: of all requests together.
        used_bytes: what they hold now.
    """

    limit_bytes: int
    used_bytes: int = 0


@dataclass(slots=True)
class Reservation:
    """The bytes of a budget that one request holds, until the end of a `with` block."""

    budget: MemoryBudget
    reserved_bytes: int = 0

    def add(self, count: int) -> None:
        """Reserve further bytes.

        Raises:
            NoMemoryLeftError: other requests hold them.
        """
        if self.budget.used_bytes + count > self.budget.limit_bytes:
            raise NoMemoryLeftError
        self.budget.used_bytes += count
        self.reserved_bytes += count

    def __enter__(self) -> Self:
        """Reserve nothing yet."""
        return self

    def __exit__(self, *_: object) -> None:
        """Give all of it back."""
        self.budget.used_bytes -= self.reserved_bytes
        self.reserved_bytes = 0
