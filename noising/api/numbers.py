"""Lists of JSON values as arrays: strict about types, in a few passes over the list."""

import struct
from collections.abc import Sequence
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
