"""What all forms of data files have in common: errors, names, digests and ids."""

import abc
import hashlib
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, NamedTuple, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from noising.engine import TYPE_WEIGHTS

Ids: TypeAlias = NDArray[np.integer[Any]]
"""Token ids, (L,)."""

IDS_KEY, MASK_KEY, SPECIAL_KEY = "input_ids", "attention_mask", "special_tokens_mask"
"""Columns of a row, as tokenizers of Hugging Face name them."""

TYPES_KEY: Final = "token_types"
TOKEN_TYPES: Final = tuple(TYPE_WEIGHTS)
"""The types of tokens; the column has their names, or their numbers in this order."""

MAX_ROW_TOKENS: Final = 1 << 20
"""Tokens that a row of a job has at most; it bounds the memory of a worker."""

_LONGEST_REASON: Final = 120


class Row(NamedTuple):
    """A row of token ids.

    Attributes:
        tokens: (L,) ids, without padding.
        special: (L,) bool, True at special tokens; None if the file does not say.
        types: (L,) uint8 indices into TOKEN_TYPES; None if the file does not say.
    """

    tokens: Ids
    special: NDArray[np.bool_] | None = None
    types: NDArray[np.uint8] | None = None


class DataFileError(ValueError):
    """A data file cannot be read as its form says; the message is one line."""

    def __init__(self, path: Path, message: str) -> None:
        super().__init__(f"{name_file(path)}: {message}")
        self._arguments: tuple[Any, ...] = path, message

    def __reduce__(self) -> tuple[Any, ...]:
        """Return how another process makes the same error."""
        return type(self), self._arguments


class BadRowError(DataFileError):
    """One row is not as the form says; the rows after it can be read.

    Attributes:
        row: its number in the file, from 0.
    """

    def __init__(self, path: Path, row: int, message: str) -> None:
        super().__init__(path, message)
        self.row = row
        self._arguments = path, row, message


Scanned: TypeAlias = Row | BadRowError
"""A row, or the error that says what is wrong with it."""


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

    def mark(self, height: int) -> Marks:
        """Return where every `height`-th row is: its number says it."""
        rows = self.count_rows()
        return Marks(rows, [0] * -(-rows // height))


def name_file(path: Path) -> str:
    """Return the path of a file for messages, in one line."""
    name = str(path)
    return name if name.isprintable() else ascii(name)


def shorten(error: Exception) -> str:
    """Return the message of an error for messages, in one line."""
    return " ".join(str(error).split())[:_LONGEST_REASON]


@contextmanager
def convert_errors(path: Path) -> Iterator[None]:
    """Convert errors of the operating system to a DataFileError.

    Raises:
        DataFileError: instead of OSError.
    """
    try:
        yield
    except OSError as error:
        reason = error.strerror or shorten(error)
        raise DataFileError(path, f"cannot be read: {reason}") from error


def find_size(path: Path) -> int:
    """Return the number of bytes of a regular file.

    Raises:
        DataFileError: it does not exist or is no regular file.
    """
    with convert_errors(path):
        try:
            status = path.stat()
        except ValueError as error:  # a null byte in a path of a manifest
            raise DataFileError(path, "is not a valid file name") from error
    if not stat.S_ISREG(status.st_mode):  # a pipe would wait for its writer
        raise DataFileError(path, "must be a regular file")
    return status.st_size


def hash_file(path: Path) -> str:
    """Return the SHA-256 of a file in hexadecimal.

    Raises:
        DataFileError: it cannot be read.
    """
    find_size(path)
    with convert_errors(path), path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def map_numbers(path: Path, dtype: str, *, offset: int = 0, count: int) -> NDArray[Any]:
    """Map numbers of a file whose size has been checked, (count,), read-only.

    Raises:
        DataFileError: it cannot be read.
    """
    if not count:
        return np.empty(0, dtype)
    with convert_errors(path):
        try:
            return np.memmap(path, dtype, mode="r", offset=offset, shape=(count,))
        except ValueError as error:  # the file has become shorter
            raise DataFileError(path, f"cannot be mapped: {shorten(error)}") from error
