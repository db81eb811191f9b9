"""Reads token ids from lines of text or from a NumPy array."""

import io
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from noising.command.specifications import read_argument
from noising.command.usage import STANDARD_INPUT, CommandLineError, describe_file
from noising.engine.arrays import IntArray

Tokens: TypeAlias = NDArray[np.integer[Any]]

ARRAY: Final = ".npy"
FORMS: Final = (
    "a text file with a sequence of token ids per line, separated by blanks or commas, "
    f"or a {ARRAY} file with an integer array; - for the standard input"
)


def read_lines(path: str) -> Iterator[IntArray]:
    """Yield the sequence of each line of a text; a blank line has no tokens.

    Raises:
        CommandLineError: the file cannot be read, or a line contains something else.
    """
    if path == STANDARD_INPUT:
        yield from _sequences(sys.stdin.buffer, path)
        return
    try:
        with Path(path).open("rb") as stream:
            yield from _sequences(stream, path)
    except OSError as error:
        raise CommandLineError(f"{path}: cannot be read: {error.strerror}") from error


def read_array(path: str) -> Tokens:
    """Return the array of token ids in a .npy file.

    Raises:
        CommandLineError: the file cannot be read or does not contain integers.
    """
    return _load(path, kinds="iu", what="integers")


def read_times(path: str) -> NDArray[Any]:
    """Return the array of times in a .npy file.

    Raises:
        CommandLineError: the file cannot be read or does not contain numbers.
    """
    return _load(path, kinds="fiu", what="numbers")


def _load(path: str, *, kinds: str, what: str) -> NDArray[Any]:
    try:
        array = np.load(io.BytesIO(read_argument(path)), allow_pickle=False)
    except FileNotFoundError as error:
        raise CommandLineError(f"{path}: cannot be read: {error.strerror}") from error
    except (ValueError, EOFError) as error:
        raise CommandLineError(f"{path}: must be a NumPy array ({error})") from error
    if not isinstance(array, np.ndarray) or array.dtype.kind not in kinds:
        raise CommandLineError(f"{path}: must hold {what}")
    return array


def read_tokens(path: str) -> Tokens:
    """Return all ids of a text or an array as one sequence.

    Raises:
        CommandLineError: the file cannot be read, or contains something else.
    """
    if path.endswith(ARRAY):
        return read_array(path).ravel()
    return np.concatenate([np.empty(0, np.int64), *read_lines(path)])


def _sequences(stream: BinaryIO, path: str) -> Iterator[IntArray]:
    for number, line in enumerate(stream, 1):
        parts = line.replace(b",", b" ").strip(b" \t\r\n[]").split()
        try:
            yield np.array([int(part) for part in parts], np.int64)
        except (ValueError, OverflowError) as error:
            reason = " ".join(str(error).split())[:80]
            raise CommandLineError(
                f"{describe_file(path)}: line {number} must hold token ids, separated "
                f"by blanks or commas ({reason})"
            ) from error
