"""One short sequence at one timestep, in as few NumPy calls as that takes.

A NumPy call costs about as much as hashing fifty words: words that may not be needed
are hashed with those that are, and constants and counters are made once. The result
is the kernel's, token for token.
"""

import functools
from typing import Any, Final

import numpy as np

from noising.engine.arrays import BoolArray, IntArray, TokenArray, WordArray
from noising.engine.randomness import (
    COUNTERS_PER_POSITION,
    MAX_DRAW,
    MAX_SEED,
    MIX_FACTORS,
    MIX_SHIFTS,
    Stream,
    sequence_key,
    word,
)
from noising.engine.replacements import Constant, Even
from noising.engine.sampler.noise_levels import NoiseLevels
from noising.engine.sampler.thresholds import LEADING_SHIFT

EIGHT: Final = 8
"""Tokens up to which Python's integers are faster than NumPy's calls."""
LONGEST: Final = 2048
"""Tokens of the longest sequence for which calls matter more than words."""

# Looked up once: a lookup in a module costs a tenth of a call on a short array.
_WORD: Final = np.uint64
_array: Final = np.array
_add, _multiply, _less = np.add, np.multiply, np.less
_shift, _xor, _putmask = np.right_shift, np.bitwise_xor, np.putmask

_BELOW_40_BITS: Final = np.array(24, np.uint64)
_40_BITS: Final = np.array(40, np.uint64)


class ShortSequences:
    """Noises short sequences of one process whose graph has one event.

    Args:
        levels: the process's thresholds.
    """

    def __init__(self, levels: NoiseLevels) -> None:
        replacement = levels.outcome.replacement
        self._table = levels.table
        self._leading = levels.table.leading.tobytes()
        self._vocab_size = levels.graph.vocab_size
        self._size: WordArray | None = None
        self._constant = np.zeros((), np.uint64)
        self._ids = self._token = 0
        if isinstance(replacement, Even):
            self._size = np.array(replacement.size, np.uint64)
            self._ids = replacement.size
        if isinstance(replacement, Constant):
            self._constant = np.array(replacement.token, np.uint64)
            self._token = replacement.token
        self._unsigned = {
            np.dtype(f"{kind}{size}"): np.dtype(f"u{size}")
            for kind in "iu"
            for size in (1, 2, 4, 8)
            if np.iinfo(f"{kind}{size}").max >= levels.graph.num_states - 1
        }

    @staticmethod
    def serves(levels: NoiseLevels) -> bool:
        """Tell whether a process's graph is one that this class knows."""
        known = isinstance(levels.outcome.replacement, (Even, Constant))
        return known and levels.table.mask is None

    def noise(
        self, tokens: Any, timestep: Any, seed: Any, draw: Any
    ) -> tuple[TokenArray, BoolArray] | None:
        """Return noised tokens and where noise struck, both (L,).

        Args:
            tokens: clean ids.
            timestep: integer timestep.
            seed: 0..2^64-1.
            draw: 0..2^32-1.

        Returns:
            None unless every argument is of the plainest kind and in order: the
            kernel knows the other kinds, and says what is out of order.
        """
        if not (type(timestep) is int and 0 <= timestep < len(self._leading)):
            return None
        if not (type(seed) is int and 0 <= seed <= MAX_SEED):
            return None
        if not (type(draw) is int and 0 <= draw <= MAX_DRAW):
            return None
        if type(tokens) is list:
            tokens = _converted(tokens)
        if not (isinstance(tokens, np.ndarray) and tokens.ndim == 1):
            return None
        unsigned = self._unsigned.get(tokens.dtype)
        if unsigned is None or not 0 < tokens.size <= LONGEST:
            return None
        ids = tokens.view(unsigned)  # a negative id is a huge one
        if ids.item(ids.argmax()) >= self._vocab_size:
            return None
        key, gamma = sequence_key(seed, 0, draw)
        if tokens.size <= EIGHT:
            return self._noise_few(tokens, timestep, key, gamma)
        return self._noise(tokens, timestep, key, gamma)

    def _noise_few(
        self, tokens: TokenArray, timestep: int, key: int, gamma: int
    ) -> tuple[TokenArray, BoolArray]:
        """Noise up to eight tokens, whose leading bytes are one word."""
        noised = tokens.copy()
        moved = np.zeros(tokens.size, np.bool_)
        leading = word(key, gamma, 0, Stream.KEEP)
        limit = self._leading[timestep]
        for place in range(tokens.size):
            byte = leading >> 8 * place & 0xFF
            if byte < limit or (
                byte == limit and self._tie(byte, place, timestep, key, gamma)
            ):
                moved[place] = True
                noised[place] = self._drawn(word(key, gamma, place, Stream.REPLACE))
        return noised, moved

    def _drawn(self, v: int) -> int:
        """Return what a moved token becomes."""
        return self._token if self._size is None else (v >> 24) * self._ids >> 40

    def _tie(self, byte: int, place: int, timestep: int, key: int, gamma: int) -> bool:
        """Return whether u lies below its threshold where leading bytes tie."""
        rest = word(key, gamma, place, Stream.REFINE) >> (64 - LEADING_SHIFT)
        return byte << LEADING_SHIFT | rest < int(self._table.move[timestep])

    def _noise(
        self, tokens: TokenArray, timestep: int, key: int, gamma: int
    ) -> tuple[TokenArray, BoolArray]:
        size = tokens.size
        groups = -(-size // 8)
        even = self._size
        counters = _counters(groups, 0 if even is None else size)
        words = _multiply(counters, _array(gamma, _WORD))
        _add(words, _array(key, _WORD), words)
        spare = _shift(words, MIX_SHIFTS[0])
        _xor(words, spare, words)
        _multiply(words, MIX_FACTORS[0], words)
        _shift(words, MIX_SHIFTS[1], spare)
        _xor(words, spare, words)
        _multiply(words, MIX_FACTORS[1], words)
        _shift(words, MIX_SHIFTS[2], spare)
        _xor(words, spare, words)
        leading = words.astype("<u8", copy=False).view(np.uint8)[:size]
        moved = _less(leading, self._table.leading[timestep, ...])
        if leading.tobytes().find(self._leading[timestep]) >= 0:
            self._decide(moved, leading.tobytes(), timestep, key, gamma)
        noised = tokens.copy()
        others = self._constant
        if even is not None:
            others = words[groups:]
            _shift(others, _BELOW_40_BITS, others)
            _multiply(others, even, others)
            _shift(others, _40_BITS, others)
        same = others.itemsize == noised.itemsize
        fitting = others.view(noised.dtype) if same else others.astype(noised.dtype)
        _putmask(noised, moved, fitting)
        return noised, moved

    def _decide(
        self, moved: BoolArray, leading: bytes, timestep: int, key: int, gamma: int
    ) -> None:
        """Set `moved` where leading bytes tie, by the uniforms' other 45 bits."""
        byte = self._leading[timestep]
        place = leading.find(byte)
        while place >= 0:
            moved[place] = self._tie(byte, place, timestep, key, gamma)
            place = leading.find(byte, place + 1)


def _converted(tokens: list[Any]) -> TokenArray | None:
    try:
        array = np.array(tokens)
    except (ValueError, OverflowError):
        return None
    return array


@functools.lru_cache(maxsize=64)
def _counters(groups: int, drawn: int) -> WordArray:
    """Return the counters of the KEEP words, then of `drawn` REPLACE words."""
    places = np.concatenate([np.arange(groups), np.arange(drawn)])
    streams = np.repeat([Stream.KEEP, Stream.REPLACE], [groups, drawn])
    counters: IntArray = COUNTERS_PER_POSITION * places + streams + 1
    return counters.astype(np.uint64)
