"""Reading a corpus file line by line, within bounds, hashed on the way."""

from __future__ import annotations

import gzip
import json
import stat
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final

from benchmarks.corpora.corpus import CorpusError, shown

if TYPE_CHECKING:
    from hashlib import _Hash

MAX_LINE_BYTES: Final = 2**24
# Bounds what a few kilobytes of gzip can unpack to.
MAX_BYTES: Final = 2**30


def check_regular_file(path: Path) -> None:
    """Refuse what is no readable file, before anything is opened.

    A named pipe would block for ever and a device never end.

    Raises:
        CorpusError: the path is missing, a directory, a device or out of reach.
    """
    with named_errors(path):
        try:
            mode = path.stat().st_mode
        except ValueError as error:  # a NUL, a lone surrogate
            message = f"corpus {shown(path)} cannot be a file's name"
            raise CorpusError(message) from error
    if stat.S_ISDIR(mode):
        raise CorpusError(f"corpus {shown(path)} is a directory; name a file in it")
    if not stat.S_ISREG(mode):
        raise CorpusError(f"corpus {shown(path)} is not a regular file")


def read_lines(path: Path, digest: _Hash) -> Iterator[tuple[int, str]]:
    """Yield the numbered lines of a UTF-8 file that hold more than blanks.

    Args:
        path: a text file, unpacked on the way if its name ends in ".gz".
        digest: is fed the uncompressed bytes.

    Yields:
        (line number from 1, the line without surrounding blanks).

    Raises:
        CorpusError: the file cannot be read, is not UTF-8, is a damaged gzip file, or
            has a line over 16 MiB or more than 1 GiB in all.
    """
    total = 0
    with named_errors(path), path.open("rb") as file:
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
                raise CorpusError(f"{at(path, number)}: the corpus is beyond 1 GiB")
            digest.update(line)
            text = _decoded(line, path, number).strip()
            if text:
                yield number, text


def parse_json(line: str, where: str) -> Any:
    """Return what a line of JSON holds.

    Raises:
        CorpusError: it is not JSON.
    """
    try:
        return json.loads(line)
    except json.JSONDecodeError as error:
        problem = f"{error.msg} (column {error.colno})"
        raise CorpusError(f"{where}: not JSON: {problem}") from error
    except (ValueError, RecursionError) as error:
        # Numbers of thousands of digits, thousands of nested brackets.
        raise CorpusError(f"{where}: not JSON that can be read: {error}") from error


def at(path: Path, number: int) -> str:
    """Name a line of a corpus in a message."""
    return f"corpus {shown(path)}, line {number}"


@contextmanager
def named_errors(path: Path) -> Iterator[None]:
    """Turn what the operating system or gzip says into a CorpusError.

    Raises:
        CorpusError: instead of OSError, EOFError, zlib.error.
    """
    try:
        yield
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise CorpusError(
            f"corpus {shown(path)} is not a whole gzip file: {error}"
        ) from error
    except OSError as error:
        reason = error.strerror or str(error)
        raise CorpusError(f"corpus {shown(path)} cannot be read: {reason}") from error


def _decoded(line: bytes, path: Path, number: int) -> str:
    try:
        # Some editors put a byte order mark before the first line.
        return line.decode("utf-8-sig" if number == 1 else "utf-8")
    except UnicodeDecodeError as error:
        raise CorpusError(
            f"{at(path, number)}: not UTF-8 text (byte {error.start + 1}); numbers that"
            " are not text are read as a .npy array (numpy.save)"
        ) from error
