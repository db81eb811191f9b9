"""Rows of a .bin file of nanoGPT: token ids without a header, cut at a fixed length."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

import numpy as np

from noising.corpus.forms.files import (
    DataFileError,
    Row,
    find_size,
    map_numbers,
)
from noising.corpus.forms.readers import MappedRows

DTYPES: Final[Mapping[str, str]] = {"uint16": "<u2", "uint32": "<u4"}
"""Token types by the names in manifests."""


class RawRows(MappedRows):
    """Reads a flat file: row i has the tokens i·length..(i+1)·length-1.

    Tokens behind the last whole row are left out.

    Args:
        path: the file.
        dtype: a key of DTYPES.
        length: number of tokens of a row.

    Raises:
        DataFileError: the file is no whole number of tokens, or shorter than a row.
    """

    def __init__(self, path: Path, dtype: str, length: int) -> None:
        size, width = find_size(path), np.dtype(DTYPES[dtype]).itemsize
        if size % width:
            rule = f"must hold a whole number of {dtype} tokens, it has {size} bytes"
            raise DataFileError(path, rule)
        self._rows = size // width // length
        if not self._rows:
            tokens = size // width
            rule = f"must hold a row of {length} tokens, it has {tokens} tokens"
            raise DataFileError(path, rule)
        self._tokens = map_numbers(path, DTYPES[dtype], count=self._rows * length)
        self._length = length

    def count_rows(self) -> int:
        """Return the number of rows."""
        return self._rows

    def find_row(self, number: int) -> Row:
        """Return a row."""
        first = number * self._length
        return Row(np.asarray(self._tokens[first : first + self._length]))
