"""Which positions of a grid some flags mark: found fast, and counted by row."""

import functools
from typing import Final

import numpy as np

from noising.engine.arrays import BoolArray, IntArray

_SPARSE: Final = 50
_DENSE: Final = 10


class Flags:
    """Truth values of a grid's positions, in memory that every grid overwrites.

    NumPy searches without a branch where more than a tenth are true, and else flag by
    flag, which mispredicts at nearly each one: at a share of 9 % that takes four times
    as long. Room behind the flags is therefore filled with true ones until there is a
    tenth of them, unless there are too few to matter.

    Args:
        capacity: most positions of a grid.
    """

    def __init__(self, capacity: int) -> None:
        self._room = np.empty(capacity + capacity // (_DENSE - 1) + 1, np.bool_)

    def of(self, shape: tuple[int, ...]) -> BoolArray:
        """Return the flags of a grid, (R, C), to be written."""
        rows, columns = shape
        return self._room[: rows * columns].reshape(shape)

    def places(self, size: int, count: int) -> IntArray:
        """Return the ascending flat indices of the true ones.

        Args:
            size: positions of the grid.
            count: how many are true.
        """
        if _DENSE * count > size or _SPARSE * count < size:
            return self._room[:size].nonzero()[0]
        more = (size - _DENSE * count) // (_DENSE - 1) + 1
        self._room[size : size + more] = True
        return self._room[: size + more].nonzero()[0][:count]


class Places:
    """Some positions of a grid.

    Attributes:
        flat: (N,) ascending flat indices.
        counts: (R,) how many lie in each row, or None in a grid of one row.
    """

    __slots__ = ("counts", "flat")

    def __init__(self, flat: IntArray, shape: tuple[int, ...]) -> None:
        rows, columns = shape
        self.flat = flat
        self.counts: IntArray | None = None
        if rows > 1:
            edges = flat.searchsorted(multiples(rows + 1, columns))
            self.counts = edges[1:] - edges[:-1]


@functools.lru_cache(maxsize=64)
def multiples(count: int, step: int) -> IntArray:
    """Return 0, step, 2·step, ...: (count,), not to be altered."""
    return np.arange(0, count * step, step)
