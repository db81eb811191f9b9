"""How noise replaces a token: an id as a function of the position's word v."""

import abc
import functools
import math
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from noising.engine.arrays import FloatArray, WordArray

_GUIDE_BITS: Final = 18  # at most: 2^18 entries of 4 bytes fit into the cache
_SHIFT_TO_40_BITS: Final = np.array(24, np.uint64)  # ufuncs accept 0-d arrays fastest
_SHIFT_FROM_40_BITS: Final = np.array(40, np.uint64)
_CHUNK: Final = 1 << 13  # words per lookup, which bounds the size of temporaries


@functools.lru_cache(maxsize=64)
def _as_word(value: int) -> WordArray:
    return np.array(value, np.uint64)


# Without eq, which would make instances without fields equal.
@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Replacement(abc.ABC):
    """A distribution over ids, sampled by 64-bit words."""

    @abc.abstractmethod
    def ids(self, words: WordArray) -> WordArray:
        """Replace random words by ids, in place; (N,) or (R, C) uint64."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Even(Replacement):
    """The ids 0..size-1, equally likely: the leading 40 bits of v times size.

    Attributes:
        size: 1..2^24, so that the product fits and the bias is at most 2^-16.
    """

    size: int

    def ids(self, words: WordArray) -> WordArray:
        """Return ((v >> 24)·size) >> 40, in place."""
        words >>= _SHIFT_TO_40_BITS
        words *= _as_word(self.size)
        words >>= _SHIFT_FROM_40_BITS
        return words


@dataclass(frozen=True, slots=True, kw_only=True)
class EvenWithout(Replacement):
    """The ids 0..size without one of them, equally likely.

    Attributes:
        size: 1..2^24, the number of ids that are drawn.
        left_out: the id that is never drawn.
    """

    size: int
    left_out: int

    def ids(self, words: WordArray) -> WordArray:
        """Return a draw from `size` ids, plus 1 from `left_out` on, in place."""
        Even(size=self.size).ids(words)
        words += words >= _as_word(self.left_out)
        return words


@dataclass(frozen=True, slots=True, kw_only=True)
class Constant(Replacement):
    """A single id.

    Attributes:
        token: the id.
    """

    token: int

    def ids(self, words: WordArray) -> WordArray:
        """Return the id everywhere, in place."""
        words.fill(self.token)
        return words


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Table(Replacement):
    """The inverse of a distribution function in units of 2^-64, with a guide table.

    A word v gives the id whose index is the number of edges <= v. The guide holds
    that number for the smallest word with each pattern of leading bits, so that the
    search starts close to its end. Source: Chen and Asau 1974 (guide tables).

    Attributes:
        present: (N,) ascending ids of positive probability.
        edges: (N,) cumulative probabilities in units of 2^-64; the last one, 2^64 - 1,
            is not an edge.
        guide: (2^bits,) number of edges at or below each pattern of leading bits.
        shift: 64 - bits.
    """

    present: NDArray[np.int64]
    edges: WordArray
    guide: NDArray[np.int32]
    shift: int

    @classmethod
    def of(cls, probabilities: FloatArray) -> "Table":
        """Return the table of a distribution.

        Probabilities are rounded to multiples of 2^-64, and the largest one takes up
        the difference to 1. Edges are integers, so that they are the same on every
        machine.

        Args:
            probabilities: (V,) numbers >= 0 with a finite positive sum.
        """
        largest = int(np.argmax(probabilities))
        shares = probabilities / probabilities[largest]
        shares /= math.fsum(shares)  # fsum rounds only once
        shares[largest] = 0.0
        weights = np.rint(np.ldexp(shares, 64)).astype(np.uint64)
        weights[largest] = (1 << 64) - 1 - int(weights.sum())
        present = np.flatnonzero(weights)
        edges = np.cumsum(weights[present], dtype=np.uint64)
        edges[present.searchsorted(largest) : -1] += np.uint64(1)
        bits = min(_GUIDE_BITS, int(edges.size).bit_length() + 2)
        shift = 64 - bits
        patterns = np.arange(1 << bits, dtype=np.uint64) << np.uint64(shift)
        guide = np.searchsorted(edges[:-1], patterns, side="right").astype(np.int32)
        return cls(present=present, edges=edges, guide=guide, shift=shift)

    def ids(self, words: WordArray) -> WordArray:
        """Return the ids, found by a search that starts at the guide, in place."""
        flat = words.reshape(-1)
        for start in range(0, flat.size, _CHUNK):
            part = flat[start : start + _CHUNK]
            part[...] = self.present.take(self._places(part), mode="clip")
        return words

    def _places(self, words: WordArray) -> NDArray[np.integer[Any]]:
        """Return how many edges lie at or below each of (N,) words."""
        leading = (words >> np.uint64(self.shift)).view(np.int64)
        places = self.guide.take(leading, mode="clip")
        beyond = (self.edges.take(places, mode="clip") <= words).nonzero()[0]
        places[beyond] += 1
        still = self.edges.take(places[beyond], mode="clip") <= words[beyond]
        beyond = beyond[still]
        places[beyond] = np.searchsorted(self.edges, words[beyond], side="right")
        return np.minimum(places, self.edges.size - 1, out=places)
