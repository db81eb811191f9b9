"""What all forms of data files have in common: errors, names, digests and ids."""

import hashlib
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, NamedTuple, TypeAlias

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
