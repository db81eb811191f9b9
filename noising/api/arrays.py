"""Lists of JSON values as arrays, and arrays as rows: strict about types."""

import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from noising.engine.parameters import whole


def integers(items: Sequence[Any]) -> NDArray[np.int64] | None:
    """Return JSON integers as int64, (N,), read-only.

    As in JSON Schema, 7.0 is one. None if an item is none, or needs more than 64 bits.
    """
    try:
        packed = struct.pack(f"{len(items)}q", *items)
    except struct.error:  # a float, a string, null, a list, or too large
        return _integers_with_fractions(items)
    numbers = np.frombuffer(packed, np.int64)
    # true and false are packed too, as 1 and 0: only there a type may be wrong.
    doubtful = np.flatnonzero(numbers.view(np.uint64) <= 1)
    few = 4 * doubtful.size < numbers.size
    looked_at = [items[place] for place in doubtful.tolist()] if few else items
    return None if bool in set(map(type, looked_at)) else numbers


def _integers_with_fractions(items: Sequence[Any]) -> NDArray[np.int64] | None:
    types = set(map(type, items))
    if float not in types or not types <= {int, float}:
        return None
    numbers = list(map(whole, items))
    return None if None in numbers else integers(numbers)


def reals(items: Sequence[Any]) -> NDArray[np.float64] | None:
    """Return JSON numbers as float64, (N,); None if an item is none."""
    if set(map(type, items)) <= {int, float}:
        return np.fromiter(items, dtype=np.float64, count=len(items))
    return None


def flags(items: Sequence[Any]) -> NDArray[np.bool_] | None:
    """Return JSON truth values, (N,), read-only; None if an item is none."""
    if set(map(type, items)) <= {bool}:
        return np.frombuffer(bytes(items), np.bool_)
    return None


def outside(numbers: NDArray[np.integer[Any]], most: int) -> NDArray[np.int64]:
    """Return the flat places of integers that do not lie in 0..most, ascending."""
    flat = numbers.reshape(-1)
    unsigned = flat.view(f"u{flat.itemsize}")  # a negative one is huge
    if not flat.size or int(unsigned.max()) <= most:
        return np.empty(0, np.int64)
    return np.flatnonzero(unsigned > np.uint64(min(most, 2**64 - 1)))


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
