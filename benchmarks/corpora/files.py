"""Reads and hashes corpus files line by line, with limits."""

from __future__ import annotations

import gzip
import json
import stat
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final

from benchmarks.corpora.corpus import CorpusError, quote

if TYPE_CHECKING:
    from hashlib import _Hash

MAX_LINE_BYTES: Final = 2**24
# Limits the size of unpacked gzip files.
MAX_BYTES: Final = 2**30


def check_regular_file(path: Path) -> None:
    """Check that a path is a regular file before it is opened.

    Reading a named pipe could block forever, and a device might never end.

    Raises:
        CorpusError: the path is missing, a directory, a device or not accessible.
    """
    with convert_errors(path):
        try:
            mode = path.stat().st_mode
        except ValueError as error:  # a NUL, a lone surrogate
            message = f"corpus {quote(path)} is not a valid file name"
            raise CorpusError(message) from error
    if stat.S_ISDIR(mode):
        raise CorpusError(f"corpus {quote(path)} is a directory; name a file in it")
    if not stat.S_ISREG(mode):
        raise CorpusError(f"corpus {quote(path)} is not a regular file")


def read_lines(path: Path, digest: _Hash) -> Iterator[tuple[int, str]]:
    """Yield the numbered lines of a UTF-8 file, except blank lines.

    Args:
        path: a text file, which is unpacked if its name ends in ".gz".
        digest: updated with the uncompressed bytes.

    Yields:
        (line number from 1, the line without surrounding blanks).

    Raises:
        CorpusError: the file cannot be read, is not UTF-8, is a damaged gzip file, has
            a line of more than 16 MiB, or has more than 1 GiB.
    """
    total = 0
    with convert_errors(path), path.open("rb") as file:
        stream: IO[bytes] | gzip.GzipFile = (
            gzip.GzipFile(fileobj=file) if path.name.endswith(".gz") else file
        )
        number = 0
        while line := stream.readline(MAX_LINE_BYTES + 1):
            number += 1
            total += len(line)
            if len(line) > MAX_LINE_BYTES:
                raise CorpusError(f"{at(path, number)}: longer than 16 MiB")
            if total > MAX_BYTES:
                raise CorpusError(f"{at(path, number)}: the corpus exceeds 1 GiB")
            digest.update(line)
            text = _decode(line, path, number).strip()
            if text:
                yield number, text


def parse_json(line: str, where: str) -> Any:
    """Parse a line of JSON.

    Raises:
        CorpusError: it is not JSON.
    """
    try:
        return json.loads(line)
    except json.JSONDecodeError as error:
        problem = f"{error.msg} (column {error.colno})"
        raise CorpusError(f"{where}: not JSON: {problem}") from error
    except (ValueError, RecursionError) as error:
        # Numbers with thousands of digits, or thousands of nested brackets.
        raise CorpusError(f"{where}: not JSON that can be parsed: {error}") from error


def at(path: Path, number: int) -> str:
    """Return the location of a line for messages."""
    return f"corpus {quote(path)}, line {number}"


@contextmanager
def convert_errors(path: Path) -> Iterator[None]:
    """Convert errors of the operating system and of gzip to a CorpusError.

    Raises:
        CorpusError: instead of OSError, EOFError or zlib.error.
    """
    try:
        yield
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise CorpusError(
            f"corpus {quote(path)} is not a complete gzip file: {error}"
        ) from error
    except OSError as error:
        reason = error.strerror or str(error)
        raise CorpusError(f"corpus {quote(path)} cannot be read: {reason}") from error


def _decode(line: bytes, path: Path, number: int) -> str:
    try:
        # Some editors put a byte order mark before the first line.
        return line.decode("utf-8-sig" if number == 1 else "utf-8")
    except UnicodeDecodeError as error:
        raise CorpusError(
            f"{at(path, number)}: not UTF-8 text (byte {error.start + 1}); save binary"
            " numbers as a .npy array (numpy.save)"
        ) from error
