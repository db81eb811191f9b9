"""What readers of all forms have in common."""

import abc
from collections.abc import Iterator, Sequence
from typing import NamedTuple, Protocol

from noising.corpus.forms.blocks import ScannedBlock, group_rows
from noising.corpus.forms.files import Row, Scanned


class Marks(NamedTuple):
    """Where the rows of a file are.

    Attributes:
        rows: number of rows.
        places: for rows 0, height, 2·height, ..., what `scan` takes as `place`.
    """

    rows: int
    places: list[int]


class RowReader(Protocol):
    """Reads rows of token ids from a file; has checked all sizes that it declares."""

    def count_rows(self) -> int:
        """Return the number of rows.

        Raises:
            DataFileError: a part that is read on the way is not as the form says.
        """

    def read(self, numbers: Sequence[int]) -> list[Row]:
        """Return the rows with some numbers, each below the number of rows.

        Raises:
            DataFileError: the file lacks a row, or a row is not as the form says.
        """

    def scan(self, start: int, stop: int, place: int = 0) -> Iterator[Scanned]:
        """Yield consecutive rows, with the memory of a few of them.

        Args:
            start: number of the first row.
            stop: number of the last row plus one.
            place: what `mark` says of `start`; 0 lets a reader of lines count from
                the start of the file.

        Yields:
            Each row, or in its place the error that says what is wrong with it.

        Raises:
            DataFileError: the file cannot be read any further.
        """

    def scan_blocks(
        self, start: int, stop: int, place: int = 0
    ) -> Iterator[ScannedBlock]:
        """Yield consecutive rows in blocks, which is much faster for short rows.

        Arguments, errors and memory are those of `scan`.
        """

    def mark(self, height: int) -> Marks:
        """Return where every `height`-th row is, for scans that start there.

        Raises:
            DataFileError: a part that is read on the way is not as the form says.
        """

    def locate(self, number: int) -> str:
        """Return where a row is, for messages, such as "row group 3, row 7"."""


class MappedRows(abc.ABC):
    """The methods of a reader that finds each row by its number."""

    @abc.abstractmethod
    def count_rows(self) -> int:
        """Return the number of rows."""

    def locate(self, number: int) -> str:
        """Return where a row is."""
        return f"row {number}"

    @abc.abstractmethod
    def find_row(self, number: int) -> Row:
        """Return a row, or raise BadRowError."""

    def read(self, numbers: Sequence[int]) -> list[Row]:
        """Return the rows with some numbers."""
        return [self.find_row(number) for number in numbers]

    def scan(self, start: int, stop: int, place: int = 0) -> Iterator[Scanned]:
        """Yield consecutive rows."""
        for number in range(start, stop):
            yield self.find_row(number)

    def scan_blocks(
        self, start: int, stop: int, place: int = 0
    ) -> Iterator[ScannedBlock]:
        """Yield consecutive rows in blocks."""
        return group_rows(self.scan(start, stop, place))

    def mark(self, height: int) -> Marks:
        """Return where every `height`-th row is: its number says it."""
        rows = self.count_rows()
        return Marks(rows, [0] * -(-rows // height))
