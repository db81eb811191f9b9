"""Values by row and position: one sequence, rows of one length, or ragged rows."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

Convert = Callable[[Sequence[Any]], NDArray[Any] | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """Values of one or several sequences, in the form in which they came.

    Attributes:
        values: (L,) of one sequence, (B, L) of rows of one length, or (N,) of ragged
            rows, one after the other.
        lengths: (B,) lengths of ragged rows, else None.
    """

    values: NDArray[Any]
    lengths: NDArray[np.int64] | None = None

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape once padded, (L,) or (B, L)."""
        if self.lengths is None:
            return self.values.shape
        return len(self.lengths), int(self.lengths.max())

    def padded(self, fill: Any) -> NDArray[Any]:
        """Return the values, ragged rows filled up to the longest: (L,) or (B, L)."""
        if self.lengths is None:
            return self.values
        padded = np.full(self.shape, fill, self.values.dtype)
        padded[np.arange(self.shape[1]) < self.lengths[:, None]] = self.values
        return padded

    def place(self, flat: int) -> tuple[int, ...]:
        """Return row and position, or position, of a flat index into the values."""
        if self.lengths is None:
            if not self.values.ndim:
                return ()
            found = np.unravel_index(flat, self.values.shape)
            return tuple(int(index) for index in found)
        ends = np.cumsum(self.lengths)
        row = int(np.searchsorted(ends, flat, side="right"))
        return row, flat - int(ends[row] - self.lengths[row])

    def fits(self, other: "Rows") -> bool:
        """Tell whether there is a value for each of another's, or one a position."""
        if self.lengths is None:
            return self.values.shape in (other.shape, other.shape[-1:]) and (
                other.lengths is None or self.values.ndim == 1
            )
        return other.lengths is not None and np.array_equal(self.lengths, other.lengths)


def are_nested(items: Sequence[Any]) -> bool:
    """Tell whether a list is one of rows, as its first item says."""
    return isinstance(items[0], list)


def rows_of(items: list[Any], convert: Convert) -> Rows | None:
    """Return a list of values, or of rows of them; None if one cannot be used.

    Args:
        items: a list that is not empty.
        convert: a list of values to an array, or to None.
    """
    if not are_nested(items):
        values = convert(items)
        return None if values is None else Rows(values=values)
    if set(map(type, items)) != {list}:
        return None
    lengths = list(map(len, items))
    values = convert(list(chain.from_iterable(items)))
    if values is None:
        return None
    if min(lengths) == max(lengths):
        return Rows(values=values.reshape(len(lengths), -1))
    return Rows(values=values, lengths=np.array(lengths, np.int64))
