"""A fast path for small batches at one timestep, with the same result.

It only checks whether the arguments are of the simplest kind, and leaves all others to
the driver.
"""

from typing import Any, Final, TypeAlias

import numpy as np

from noising.engine.arrays import BoolArray, TokenArray, holds_flags
from noising.engine.randomness import (
    MAX_DRAW,
    MAX_SEED,
    Stream,
    sequence_key,
    sequence_keys,
    word,
)
from noising.engine.replacements import Constant, Even
from noising.engine.sampler.backends import chosen_kernel
from noising.engine.sampler.blocks import UNSIGNED, can_hold
from noising.engine.sampler.noise_levels import NoiseLevels
from noising.engine.sampler.small_blocks import MOST_TOKENS, noise_small
from noising.engine.sampler.thresholds import LEADING_SHIFT

Small: TypeAlias = tuple[TokenArray, BoolArray]
"""Noised tokens, and which of them were resampled."""

EIGHT: Final = 8
"""Number of tokens up to which Python's integers are faster than NumPy."""
MOST_WITH_NUMBA: Final = 1 << 10
"""Number of tokens up to which this is faster than the compiled kernel with a plan."""
_REST_SHIFT: Final = 64 - LEADING_SHIFT


class SmallBatches:
    """Noises small batches of one process whose graph has one event.

    Args:
        levels: the process's thresholds.
    """

    def __init__(self, levels: NoiseLevels) -> None:
        self._replacement = replacement = levels.outcome.replacement
        self._ids = replacement.size if isinstance(replacement, Even) else 0
        self._token = replacement.token if isinstance(replacement, Constant) else 0
        self._limits = levels.table.move
        self._least = levels.table.leading
        self._bytes = levels.table.leading.tobytes()
        self._vocab_size = levels.graph.vocab_size
        self._unsigned = {
            np.dtype(f"{kind}{size}"): unsigned
            for kind in "iu"
            for size, unsigned in UNSIGNED.items()
            if np.iinfo(f"{kind}{size}").max >= levels.graph.num_states - 1
        }

    @staticmethod
    def serves(levels: NoiseLevels) -> bool:
        """Return whether this class supports the graph of a process."""
        is_simple = isinstance(levels.outcome.replacement, (Even, Constant))
        return is_simple and levels.table.mask is None

    def noise(
        self, tokens: Any, timestep: Any, seed: Any, draw: Any, out: Any = None
    ) -> Small | None:
        """Return noised tokens and which were resampled, in the tokens' shape.

        Args:
            tokens: clean ids, (L,) or (B, L).
            timestep: integer timestep.
            seed: 0..2^64-1.
            draw: 0..2^32-1.
            out: array to write to, or None for a new one.

        Returns:
            None if an argument is invalid or not of the simplest kind; the driver
            supports the other kinds and raises the errors.
        """
        if not (type(timestep) is int and 0 <= timestep < len(self._bytes)):
            return None
        if not (type(seed) is int and 0 <= seed <= MAX_SEED):
            return None
        if not (type(draw) is int and 0 <= draw <= MAX_DRAW):
            return None
        if type(tokens) is list:
            tokens = _convert(tokens)
        if not (isinstance(tokens, np.ndarray) and 0 < tokens.size <= MOST_TOKENS):
            return None
        if tokens.size > MOST_WITH_NUMBA and chosen_kernel() == "numba":
            return None
        unsigned = self._unsigned.get(tokens.dtype)
        if unsigned is None or tokens.ndim > 2:
            return None
        ids = tokens.view(unsigned)  # negative ids become very large
        if ids.item(ids.argmax()) >= self._vocab_size:
            return None
        if out is not None and (
            not can_hold(out, tokens.shape, tokens.dtype)
            or np.may_share_memory(out, tokens)
        ):
            return None
        if tokens.ndim == 1:
            key, gamma = sequence_key(seed, 0, draw)
            if tokens.size <= EIGHT:
                if out is None:
                    out = tokens.copy()
                else:
                    out[...] = tokens
                return self._noise_few(out, timestep, key, gamma)
            keys, gammas = np.array(key, np.uint64), np.array(gamma, np.uint64)
        else:
            keys, gammas = sequence_keys(seed, np.arange(tokens.shape[0]), draw)
            keys, gammas = keys[:, None], gammas[:, None]
        least, limit = self._least[timestep, ...], self._limits[timestep, ...]
        return noise_small(
            tokens, keys, gammas, least, limit, self._replacement, None, out
        )

    def _noise_few(
        self, noised: TokenArray, timestep: int, key: int, gamma: int
    ) -> Small:
        """Noise up to eight tokens in place; one word has all their leading bytes."""
        moved = np.zeros(noised.size, np.bool_)
        leading = word(key, gamma, 0, Stream.KEEP)
        least, ids = self._bytes[timestep], self._ids
        for place in range(noised.size):
            byte = leading >> 8 * place & 0xFF
            if byte == least:
                rest = word(key, gamma, place, Stream.REFINE) >> _REST_SHIFT
                moves = byte << LEADING_SHIFT | rest < self._limits.item(timestep)
            else:
                moves = byte < least
            if moves:
                moved[place] = True
                if ids:
                    v = word(key, gamma, place, Stream.REPLACE)
                    noised[place] = (v >> 24) * ids >> 40
                else:
                    noised[place] = self._token
        return noised, moved


def _convert(tokens: list[Any]) -> TokenArray | None:
    if holds_flags(tokens):
        return None
    try:
        array = np.array(tokens)
    except (ValueError, OverflowError):
        return None
    return array
