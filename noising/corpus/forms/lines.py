"""Rows of files of lines: one row a line; .gz is unpacked. Blank lines are no rows."""

import abc
import gzip
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, NoReturn

from noising.corpus.forms.blocks import ScannedBlock, group_rows
from noising.corpus.forms.files import (
    BadRowError,
    DataFileError,
    Row,
    Scanned,
    convert_errors,
    find_size,
)
from noising.corpus.forms.known import describe_other_form
from noising.corpus.forms.readers import Marks
from noising.engine.errors import format_value

MAX_LINE_BYTES: Final = 1 << 24


class LineError(ValueError):
    """A line has another form; the message is what comes after its number."""


class LineRows(abc.ABC):
    """Reads lines, which need not be equally long.

    Args:
        path: the file; a name that ends in .gz is that of a packed one.

    Raises:
        DataFileError: it is no regular file, or begins as a file of another form.
    """

    def __init__(self, path: Path) -> None:
        find_size(path)
        form = describe_other_form(path)
        if form is not None:
            raise DataFileError(path, f"is {form}")
        self._path = path

    @abc.abstractmethod
    def parse(self, line: str) -> Row:
        """Return the row of a line.

        Raises:
            LineError: the line has another form.
        """

    def count_rows(self) -> int:
        """Return the number of rows, after a look at each.

        Raises:
            DataFileError: a line has another form, or the file has no lines.
        """
        rows = 0
        for row, (number, _, line) in enumerate(self._lines()):
            self._parse(row, number, line)
            rows += 1
        self._check_rows(rows)
        return rows

    def locate(self, number: int) -> str:
        """Return where a row is."""
        return f"row {number}"

    def mark(self, height: int) -> Marks:
        """Return where every `height`-th row is, without a look into the lines."""
        places, rows = [], 0
        for row, (_, place, _) in enumerate(self._lines()):
            if row % height == 0:
                places.append(place)
            rows += 1
        self._check_rows(rows)
        return Marks(rows, places)

    def read(self, numbers: Sequence[int]) -> list[Row]:
        """Return the rows with some numbers.

        Raises:
            DataFileError: the file lacks a row, or a line has another form.
        """
        wanted, last = set(numbers), max(numbers)
        found: dict[int, Row] = {}
        for row, (number, _, line) in enumerate(self._lines()):
            if row in wanted:
                found[row] = self._parse(row, number, line)
            if row == last:
                return [found[each] for each in numbers]
        raise DataFileError(self._path, f"must have a row {last}, counted from 0")

    def scan(self, start: int, stop: int, place: int = 0) -> Iterator[Scanned]:
        """Yield consecutive rows, from the first byte of the line of `start`."""
        first = start if place else 0
        for row, (number, _, line) in enumerate(self._lines(place), first):
            if row >= stop:
                return
            if row >= start:
                try:
                    yield self._parse(row, None if place else number, line)
                except BadRowError as error:
                    yield error

    def scan_blocks(
        self, start: int, stop: int, place: int = 0
    ) -> Iterator[ScannedBlock]:
        """Yield consecutive rows in blocks."""
        return group_rows(self.scan(start, stop, place))

    def _check_rows(self, rows: int) -> None:
        if not rows:
            raise DataFileError(self._path, "must have a row, it has none")

    def _lines(self, place: int = 0) -> Iterator[tuple[int, int, bytes]]:
        """Yield the lines that are not blank, with their numbers and places."""
        number = 0
        with open_lines(self._path) as file:
            if place:
                file.seek(place)
            while line := file.readline(MAX_LINE_BYTES + 1):
                number += 1
                if len(line) > MAX_LINE_BYTES:
                    rule = f"line {number} must have at most {MAX_LINE_BYTES} bytes"
                    raise DataFileError(self._path, rule)
                start, place = place, place + len(line)
                # Some editors put a byte order mark before the first line.
                if line := line.removeprefix(b"\xef\xbb\xbf" * (start == 0)).strip():
                    yield number, start, line

    def _parse(self, row: int, number: int | None, line: bytes) -> Row:
        try:
            return self.parse(line.decode("utf-8"))
        except UnicodeDecodeError:
            way_out = "save binary numbers as a .npy array (numpy.save)"
            rule = f"must be UTF-8 text, got {format_value(line)}; {way_out}"
            self._fail(row, number, rule)
        except LineError as error:
            self._fail(row, number, str(error))

    def _fail(self, row: int, number: int | None, message: str) -> NoReturn:
        where = f"row {row}" if number is None else f"line {number}"
        raise BadRowError(self._path, row, f"{where} {message}")


@contextmanager
def open_lines(path: Path) -> Iterator[Any]:
    """Open a file, which is unpacked if its name ends in .gz.

    Raises:
        DataFileError: it cannot be read, or is not a whole .gz file.
    """
    with convert_errors(path), path.open("rb") as file:
        if not path.name.lower().endswith(".gz"):
            yield file
            return
        try:
            with gzip.GzipFile(fileobj=file) as unpacked:
                yield unpacked
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            rule = f"is not a complete gzip file: {error}"
            raise DataFileError(path, rule) from error
