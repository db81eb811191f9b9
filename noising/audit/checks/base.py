"""What every check of an audit does."""

import abc
from collections.abc import Iterator

from noising.audit.evidence import Test
from noising.audit.law import Observed


class Check(abc.ABC):
    """Counts something of each chunk, and tests the counts in the end."""

    @abc.abstractmethod
    def add(self, chunk: Observed) -> None:
        """Count a chunk."""

    @abc.abstractmethod
    def tests(self) -> Iterator[Test]:
        """Yield the tests of all chunks together."""
