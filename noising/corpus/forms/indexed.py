"""Rows of a .bin file of Megatron with its index, an .idx file.

The index has a header of 34 bytes: MAGIC, the version (uint64), a code of the tokens'
dtype (uint8), the number of sequences and the number of entries of the document index
(uint64 each). Then come the lengths of the sequences (int32), their first bytes in the
.bin file (int64), and the document index (int64): the first sequence of each document
and, last, the number of sequences. All numbers are little-endian.

Source: Megatron-LM, megatron/core/datasets/indexed_dataset.py.
"""

import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Final, NoReturn

import numpy as np

from noising.corpus.forms.files import (
    DataFileError,
    Ids,
    Row,
    convert_errors,
    find_size,
    map_numbers,
)
from noising.corpus.forms.readers import MappedRows

MAGIC: Final = b"MMIDIDX\x00\x00"
VERSION: Final = 1
DTYPES: Final[Mapping[int, str]] = {
    1: "<u1",
    2: "<i1",
    3: "<i2",
    4: "<i4",
    5: "<i8",
    8: "<u2",
}
"""Token types by their codes; 6 and 7 are floats."""

_HEADER: Final = struct.Struct("<9sQBQQ")
_BYTES_PER_SEQUENCE: Final = 12
_BYTES_PER_DOCUMENT: Final = 8
_PART: Final = 1 << 20  # sequences that are checked at once, which bounds the memory


class IndexedRows(MappedRows):
    """Reads sequences, which need not be equally long; each is a row.

    Args:
        path: the index, a file NAME.idx with NAME.bin in the same folder.

    Raises:
        DataFileError: the index is not one of version 1, has another size than its
            header says, or does not describe the whole .bin file.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._rows, documents, dtype = _read_header(path)
        self._dtype = np.dtype(dtype)
        start = _HEADER.size
        self._lengths = map_numbers(path, "<i4", offset=start, count=self._rows)
        start += 4 * self._rows
        self._firsts = map_numbers(path, "<i8", offset=start, count=self._rows)
        start += 8 * self._rows
        self._check_sequences(size := find_size(find_tokens(path)))
        self._check_documents(map_numbers(path, "<i8", offset=start, count=documents))
        count = size // self._dtype.itemsize
        self._tokens = map_numbers(find_tokens(path), dtype, count=count)

    def count_rows(self) -> int:
        """Return the number of rows."""
        return self._rows

    def find_row(self, number: int) -> Row:
        """Return a row."""
        first = int(self._firsts[number]) // self._dtype.itemsize
        return Row(np.asarray(self._tokens[first : first + int(self._lengths[number])]))

    def _check_sequences(self, size: int) -> None:
        """Check that the sequences follow one another and fill the .bin file."""
        end = 0
        for top in range(0, self._rows, _PART):
            lengths = self._lengths[top : top + _PART].astype(np.int64)
            if lengths.min() < 0:
                number = top + int((lengths < 0).argmax())
                problem = f"must not be negative, it is {self._lengths[number]}"
                self._fail(f"the length of sequence {number} {problem}")
            ends = end + np.cumsum(lengths) * self._dtype.itemsize
            firsts = self._firsts[top : top + _PART]
            wrong = firsts != np.concatenate([[end], ends[:-1]])
            if wrong.any():
                number = top + int(wrong.argmax())
                rule = "must start where the sequence before it ends"
                self._fail(f"sequence {number} {rule}")
            end = int(ends[-1])
            if end > size:  # checked in each part, so that no sum overflows
                break
        if end != size:
            name = find_tokens(self._path).name
            self._fail(f"describes at least {end} bytes of {name}, which has {size}")

    def _check_documents(self, documents: Ids) -> None:
        """Check that the document index rises from 0 to the number of sequences."""
        last = 0
        for top in range(0, documents.size, _PART):
            part = documents[top : top + _PART]
            if (top == 0 and part[0]) or (np.diff(part, prepend=last) < 0).any():
                break
            last = int(part[-1])
        else:
            if documents.size and last == self._rows:
                return
        self._fail(f"its document index must rise from 0 to {self._rows}")

    def _fail(self, message: str) -> NoReturn:
        raise DataFileError(self._path, message)


def find_tokens(path: Path) -> Path:
    """Return the path of the .bin file of an index."""
    return path.with_suffix(".bin")


def _read_header(path: Path) -> tuple[int, int, str]:
    """Return the numbers of sequences and of document entries, and the dtype.

    Raises:
        DataFileError: the header is wrong, or the file has another size than it says.
    """
    size = find_size(path)
    with convert_errors(path), path.open("rb") as file:
        header = file.read(_HEADER.size)
    if len(header) < _HEADER.size or not header.startswith(MAGIC):
        raise DataFileError(path, "must start with the header of a Megatron index")
    _, version, code, rows, documents = _HEADER.unpack(header)
    if version != VERSION:
        raise DataFileError(path, f"must have the version {VERSION}, it has {version}")
    if code not in DTYPES:
        known = ", ".join(map(str, DTYPES))
        rule = f"must have an integer dtype, code {known}; it has code {code}"
        raise DataFileError(path, rule)
    if not rows:
        raise DataFileError(path, "must have a sequence, it has none")
    expected = (
        _HEADER.size + rows * _BYTES_PER_SEQUENCE + documents * _BYTES_PER_DOCUMENT
    )
    if size != expected:
        counts = f"{rows} sequences and {documents} document entries"
        raise DataFileError(
            path, f"must have {expected} bytes for {counts}, it has {size}"
        )
    return rows, documents, DTYPES[code]
