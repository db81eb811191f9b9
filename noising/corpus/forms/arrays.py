"""Rows of a .npy file with a (rows, length) array of integers."""

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from noising.replay.forms.files import (
    DataFileError,
    Row,
    convert_errors,
    find_size,
    shorten,
)


class ArrayRows:
    """Reads an array, which is mapped and not loaded. Pickles are never loaded.

    Args:
        path: the file.

    Raises:
        DataFileError: it is not a (rows, length) array of integers, or shorter than its
            header says.
    """

    def __init__(self, path: Path) -> None:
        find_size(path)
        self._array = _map_array(path)
        if self._array.dtype.kind not in "iu":
            dtype = str(self._array.dtype)[:80]
            raise DataFileError(path, f"must hold integers, its dtype is {dtype}")
        if self._array.ndim != 2 or not self._array.size:
            shape = list(self._array.shape)
            rule = f"must have the shape (rows, length), its shape is {shape}"
            raise DataFileError(path, rule)

    def count_rows(self) -> int:
        """Return the number of rows."""
        return int(self._array.shape[0])

    def read(self, numbers: Sequence[int]) -> list[Row]:
        """Return the rows with some numbers."""
        return [np.array(self._array[number]) for number in numbers]


def _map_array(path: Path) -> NDArray[Any]:
    # Mapping fails if the header claims a larger array than the file has. The warnings
    # are about old but readable headers.
    with warnings.catch_warnings(action="ignore"), convert_errors(path):
        try:
            return np.lib.format.open_memmap(path, mode="r")
        except (ValueError, TypeError, OverflowError, MemoryError, RecursionError) as e:
            raise DataFileError(path, f"is not a .npy array: {shorten(e)}") from e
