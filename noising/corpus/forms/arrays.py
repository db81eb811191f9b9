"""Rows of a .npy file with integers: (rows, length), or one list that is cut."""

import warnings
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from noising.corpus.forms.files import (
    DataFileError,
    Row,
    convert_errors,
    find_size,
    shorten,
)
from noising.corpus.forms.readers import MappedRows


class ArrayRows(MappedRows):
    """Reads an array, which is mapped and not loaded. Pickles are never loaded.

    Args:
        path: the file.
        length: number of tokens of a row of an array (N,). Tokens behind the last
            whole row are left out.

    Raises:
        DataFileError: it is not a (rows, length) array of integers, nor (N,) with
            `length`, or it is shorter than its header says.
    """

    def __init__(self, path: Path, length: int | None = None) -> None:
        find_size(path)
        array = _map_array(path)
        if array.dtype.kind not in "iu":
            dtype = str(array.dtype)[:80]
            raise DataFileError(path, f"must hold integers, its dtype is {dtype}")
        if length is not None:
            if array.ndim != 1 or array.size < length:
                rule = f"must be a list of at least {length} tokens to be cut"
                raise DataFileError(path, f"{rule}, its shape is {list(array.shape)}")
            rows = array.size // length
            array = array[: rows * length].reshape(rows, length)
        if array.ndim != 2 or not array.size:
            rule = "must have the shape (rows, length)"
            way_out = ""
            if array.ndim == 1 and array.size:
                way_out = "; a list of tokens needs the `length` of its rows"
            raise DataFileError(
                path, f"{rule}, its shape is {list(array.shape)}{way_out}"
            )
        self._array = array

    def count_rows(self) -> int:
        """Return the number of rows."""
        return int(self._array.shape[0])

    def find_row(self, number: int) -> Row:
        """Return a row."""
        return Row(np.asarray(self._array[number]))


def count_listed(path: Path) -> int | None:
    """Return the number of tokens of an array (N,), or None for other shapes.

    Raises:
        DataFileError: it is not a .npy array.
    """
    find_size(path)
    array = _map_array(path)
    return int(array.size) if array.ndim == 1 else None


def _map_array(path: Path) -> NDArray[Any]:
    # Mapping fails if the header claims a larger array than the file has. The warnings
    # are about old but readable headers.
    with warnings.catch_warnings(action="ignore"), convert_errors(path):
        try:
            return np.lib.format.open_memmap(path, mode="r")
        except (ValueError, TypeError, OverflowError, MemoryError, RecursionError) as e:
            raise DataFileError(path, f"is not a .npy array: {shorten(e)}") from e
