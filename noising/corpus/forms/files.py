"""What all forms of data files have in common: errors, names, digests and ids."""

import hashlib
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

Row: TypeAlias = NDArray[np.integer[Any]]
"""The token ids of a row, (L,)."""

_LONGEST_REASON: Final = 120


class DataFileError(ValueError):
    """A data file cannot be read as its form says; the message is one line."""

    def __init__(self, path: Path, message: str) -> None:
        super().__init__(f"{name_file(path)}: {message}")


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
