"""The random coordinates of a block's tokens, as inputs of the hash of their words.

A word is mix64(key + (counter + 1)·gamma), where position i owns the counters 4i to
4i + 3. A grid computes what is hashed; `Hasher` hashes it.
"""

import functools
import sys
from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np

from noising.engine.arrays import IntArray, WordArray
from noising.engine.randomness import COUNTERS_PER_POSITION, Stream
from noising.engine.sampler.thresholds import ByteArray

IS_BIG_ENDIAN: Final = sys.byteorder == "big"
"""Whether the low byte of a word, which is position 0's, comes last in memory."""
_STEP: Final = np.array(COUNTERS_PER_POSITION, np.uint64)
_EIGHT_SHIFT: Final = np.array(3, np.uint64)
_PLACE_IN_EIGHT: Final = np.array(7, np.uint64)


class Places:
    """Some positions of a grid.

    Attributes:
        flat: (N,) ascending flat indices.
        counts: (R,) number of positions in each row, or None in a grid of one row.
    """

    __slots__ = ("counts", "flat")

    def __init__(self, flat: IntArray, shape: tuple[int, ...]) -> None:
        rows, columns = shape
        self.flat = flat
        self.counts: IntArray | None = None
        if rows > 1:
            edges = flat.searchsorted(_list_row_edges(rows, columns))
            self.counts = edges[1:] - edges[:-1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """R sequences by C consecutive positions: each row is one sequence.

    Attributes:
        keys: (R, 1) uint64.
        gammas: (R, 1) uint64.
        first: position of the first column, a multiple of 8.
        columns: C.
    """

    keys: WordArray
    gammas: WordArray
    first: int
    columns: int

    @property
    def rows(self) -> int:
        """R."""
        return int(self.keys.shape[0])

    def cut(self, rows: slice, columns: slice) -> "Grid":
        """Return a part of the grid."""
        return Grid(
            keys=self.keys[rows],
            gammas=self.gammas[rows],
            first=self.first + columns.start,
            columns=columns.stop - columns.start,
        )

    def shape_words(self, stream: Stream) -> tuple[int, int]:
        """Return the shape of the words; eight positions share one of KEEP."""
        columns = self.columns
        return self.rows, (columns + 7) // 8 if stream is Stream.KEEP else columns

    def write_inputs(self, stream: Stream, out: WordArray) -> None:
        """Write the inputs of all words to `out`, in the shape of `shape_words`."""
        first = self.first // 8 if stream is Stream.KEEP else self.first
        counters = _list_counters(first, out.shape[1], stream)
        np.multiply(counters, self.gammas, out=out)
        np.add(out, self.keys, out=out)

    def write_inputs_at(self, places: Places, stream: Stream, out: WordArray) -> None:
        """Write the inputs of the words of some positions to `out`, (N,)."""
        flat = places.flat.view(np.uint64)
        gammas = self.gammas[:, 0]
        steps = gammas * _STEP
        # The first position's counter minus the counters of all rows before.
        start = COUNTERS_PER_POSITION * self.first + stream + 1
        origins = gammas * _list_origins(self.rows, self.columns, start)
        origins += self.keys[:, 0]
        if places.counts is None:
            np.multiply(flat, steps, out=out)
            np.add(out, origins, out=out)
        else:
            np.multiply(flat, steps.repeat(places.counts), out=out)
            np.add(out, origins.repeat(places.counts), out=out)

    def find_leading_bytes(self, words: WordArray) -> ByteArray:
        """Return each position's byte of the words of KEEP, (R, C)."""
        return _view_bytes(words)[:, : self.columns]


@dataclass(frozen=True, slots=True, kw_only=True)
class RunGrid:
    """R by C tokens, read row by row as N runs.

    A run holds consecutive positions of one sequence. A packed row has several of
    them, and tokens in random order are runs of one token.

    Attributes:
        rows: R.
        columns: C.
        keys: (N,) uint64.
        gammas: (N,) uint64.
        firsts: (N,) positions of the runs' first tokens, uint64.
        starts: (N,) ascending flat indices of the runs' first tokens.
        counts: (N,) number of tokens of each run.
        eights: (N,) number of groups of eight that each run has a part of.
        first_eights: (N,) how many such groups are in the runs before.
    """

    rows: int
    columns: int
    keys: WordArray
    gammas: WordArray
    firsts: WordArray
    starts: IntArray
    counts: IntArray
    eights: IntArray
    first_eights: IntArray

    @classmethod
    def of(
        cls,
        shape: tuple[int, int],
        keys: WordArray,
        gammas: WordArray,
        firsts: WordArray,
        starts: IntArray,
    ) -> "RunGrid":
        """Return the grid of N runs; `RunGrid` describes the arguments."""
        rows, columns = shape
        counts = _find_differences(starts, rows * columns)
        eights = (firsts & _PLACE_IN_EIGHT).view(np.int64)
        eights += counts
        eights += 7
        eights >>= 3
        return cls(
            rows=rows,
            columns=columns,
            keys=keys,
            gammas=gammas,
            firsts=firsts,
            starts=starts,
            counts=counts,
            eights=eights,
            first_eights=eights.cumsum() - eights,
        )

    def cut(self, rows: slice, columns: slice) -> "RunGrid":
        """Return a part of the grid: whole rows, or a part of a single row."""
        start = rows.start * self.columns + columns.start
        stop = (rows.stop - 1) * self.columns + columns.stop
        begin = int(self.starts.searchsorted(start, side="right")) - 1
        runs = slice(begin, int(self.starts.searchsorted(stop)))
        starts, firsts = self.starts[runs] - start, self.firsts[runs].copy()
        firsts[0] += np.uint64(-starts[0])  # the first run may start before the part
        starts[0] = 0
        shape = rows.stop - rows.start, columns.stop - columns.start
        return RunGrid.of(shape, self.keys[runs], self.gammas[runs], firsts, starts)

    def shape_words(self, stream: Stream) -> tuple[int, int]:
        """Return the shape of the words; those of KEEP are in one row."""
        if stream is Stream.KEEP:
            return 1, int(self.first_eights[-1] + self.eights[-1])
        return self.rows, self.columns

    def write_inputs(self, stream: Stream, out: WordArray) -> None:
        """Write the inputs of all words to `out`, in the shape of `shape_words`."""
        flat = out.reshape(-1)
        index = _list_indices(flat.size)
        if stream is Stream.KEEP:
            firsts = self.firsts >> _EIGHT_SHIFT
            starts, counts = self.first_eights, self.eights
        else:
            firsts, starts, counts = self.firsts, self.starts, self.counts
        self._write(index, firsts, starts, counts, stream, flat)

    def write_inputs_at(self, places: Places, stream: Stream, out: WordArray) -> None:
        """Write the inputs of the words of some positions to `out`, (N,)."""
        flat = places.flat
        counts = _find_differences(flat.searchsorted(self.starts), flat.size)
        index = flat.view(np.uint64)
        self._write(index, self.firsts, self.starts, counts, stream, out)

    def find_leading_bytes(self, words: WordArray) -> ByteArray:
        """Return each position's byte of the words of KEEP, (R, C)."""
        starts = (self.firsts & _PLACE_IN_EIGHT).view(np.int64)
        starts += 8 * self.first_eights
        starts -= self.starts
        places = starts.repeat(self.counts)
        places += _list_indices(places.size).view(np.int64)
        found = _view_bytes(words).reshape(-1).take(places, mode="clip")
        return found.reshape(self.rows, self.columns)

    def _write(
        self,
        index: WordArray,
        firsts: WordArray,
        starts: IntArray,
        counts: IntArray,
        stream: Stream,
        out: WordArray,
    ) -> None:
        """Write key + (counter + 1)·gamma of positions, or of groups of eight.

        Args:
            index: (M,) ascending flat indices.
            firsts: (N,) position or group of each run's first index.
            starts: (N,) first index of each run.
            counts: (N,) number of indices in each run.
            stream: the counter of a position.
            out: (M,) result.
        """
        origins = (firsts - starts.view(np.uint64)) * _STEP
        origins += np.uint64(stream + 1)
        origins *= self.gammas
        origins += self.keys
        np.multiply(index, (self.gammas * _STEP).repeat(counts), out=out)
        np.add(out, origins.repeat(counts), out=out)


AnyGrid: TypeAlias = Grid | RunGrid


def _view_bytes(words: WordArray) -> ByteArray:
    """Return the bytes of words, the lowest first, in eight times the columns."""
    if IS_BIG_ENDIAN:  # pragma: no cover
        words = words.byteswap()
    return words.view(np.uint8)


def _find_differences(starts: IntArray, end: int) -> IntArray:
    """Return the differences of neighbours; `end` follows the last one."""
    differences = np.empty_like(starts)
    np.subtract(starts[1:], starts[:-1], out=differences[:-1])
    differences[-1] = end - starts[-1]
    return differences


# The results of these functions are cached: do not change them.
@functools.lru_cache(maxsize=8)
def _list_counters(first: int, columns: int, stream: Stream) -> WordArray:
    """Return the counters of some columns plus one, (C,)."""
    start = COUNTERS_PER_POSITION * first + stream + 1
    stop = start + COUNTERS_PER_POSITION * columns
    return np.arange(start, stop, COUNTERS_PER_POSITION, dtype=np.uint64)


@functools.lru_cache(maxsize=8)
def _list_origins(rows: int, columns: int, start: int) -> WordArray:
    """Return `start` minus the counters of all rows before, (R,), modulo 2^64."""
    before = COUNTERS_PER_POSITION * columns * np.arange(rows, dtype=np.uint64)
    return np.uint64(start) - before


@functools.lru_cache(maxsize=8)
def _list_row_edges(rows: int, columns: int) -> IntArray:
    """Return the flat indices of the starts of rows, and of the end, (R+1,)."""
    return np.arange(0, rows * columns + 1, columns)


@functools.lru_cache(maxsize=8)
def _list_indices(count: int) -> WordArray:
    """Return 0..count-1."""
    return np.arange(count, dtype=np.uint64)
