"""Noise for few tokens with a single event, in as few NumPy calls as possible.

A NumPy call costs about as much as hashing fifty words. Therefore words are hashed even
if they may not be needed, and tokens are replaced by arithmetic on all of them.
"""

import functools
from typing import Final

import numpy as np

from noising.engine.arrays import BoolArray, TokenArray, WordArray
from noising.engine.randomness import (
    COUNTERS_PER_POSITION,
    Stream,
    mix64_words,
    word,
)
from noising.engine.replacements import Constant, Replacement
from noising.engine.sampler.grids import IS_BIG_ENDIAN
from noising.engine.sampler.thresholds import LEADING_SHIFT, ByteArray
from noising.engine.sampler.words import REST_SHIFT, convert_words

MOST_TOKENS: Final = 1 << 13
"""Number of tokens up to which calls cost more than words."""
_FEW_TOKENS: Final = 1 << 8
"""Number of tokens up to which mispredicted branches cost less than two calls."""
_FEW_TIES: Final = 6
"""Number of ties up to which Python's integers are faster than NumPy."""

_REST_BITS: Final = int(REST_SHIFT)
_STEP: Final = np.array(COUNTERS_PER_POSITION, np.uint64)
_REFINE: Final = np.array(Stream.REFINE + 1, np.uint64)
_LEADING: Final = np.array(LEADING_SHIFT, np.uint64)


def noise_small(
    tokens: TokenArray,
    keys: WordArray,
    gammas: WordArray,
    least: ByteArray,
    limits: WordArray,
    replacement: Replacement,
    fixed: BoolArray | None = None,
    out: TokenArray | None = None,
) -> tuple[TokenArray, BoolArray]:
    """Return noised tokens and which of them moved, in the tokens' shape.

    Args:
        tokens: (C,) or (R, C) clean tokens, the first column at position 0.
        keys: keys of the rows, () or (R, 1).
        gammas: gammas of the rows, () or (R, 1).
        least: leading bytes of the thresholds, () or broadcastable to (R, C).
        limits: the thresholds, in the same shape.
        replacement: draws the id of a token that moves.
        fixed: positions that never move, broadcastable to the tokens, or None.
        out: where to write the noised tokens, or None for a new array.
    """
    columns = tokens.shape[-1]
    groups = (columns + 7) // 8
    # The class is final, and isinstance is slow for subclasses of abstract classes.
    constant = replacement if type(replacement) is Constant else None
    words = np.multiply(_list_counters(columns, constant is None), gammas)
    np.add(words, keys, words)
    mix64_words(words)
    if IS_BIG_ENDIAN:  # pragma: no cover
        words[..., :groups].byteswap(inplace=True)
    leading = words.view(np.uint8)[..., :columns]
    moved = np.less(leading, least)
    if least.ndim:
        _settle_ties(leading, keys, gammas, least, limits, moved)
    elif ties := leading.tobytes().count(least.tobytes()):
        if ties > _FEW_TIES:
            _settle_ties(leading, keys, gammas, least, limits, moved)
        else:
            _settle_few_ties(leading, keys, gammas, int(least), int(limits), moved)
    if fixed is not None:
        np.greater(moved, fixed, moved)
    if constant is not None:
        drawn = np.array(constant.token, tokens.dtype)
    else:
        v = words[..., groups:]
        v = replacement.ids(v if v.ndim == 1 else v.copy())
        drawn = convert_words(v, tokens.dtype)
    if tokens.size <= _FEW_TOKENS and out is None:
        noised = tokens.copy()
        np.putmask(noised, moved, drawn)
    else:  # NumPy's masked copies mispredict a branch per token
        noised = np.subtract(drawn, tokens, out)  # exact modulo 2^bits
        np.multiply(noised, moved, noised)
        np.add(noised, tokens, noised)
    return noised, moved


def _settle_few_ties(
    leading: ByteArray,
    keys: WordArray,
    gammas: WordArray,
    least: int,
    limit: int,
    moved: BoolArray,
) -> None:
    """Set `moved` where the leading byte of u equals that of the threshold."""
    leading_bytes, columns = leading.tobytes(), leading.shape[-1]
    flat = moved.reshape(-1)
    place = leading_bytes.find(least)
    while place >= 0:
        row, column = divmod(place, columns)
        key, gamma = keys.item(row), gammas.item(row)
        rest = word(key, gamma, column, Stream.REFINE) >> _REST_BITS
        flat[place] = least << LEADING_SHIFT | rest < limit
        place = leading_bytes.find(least, place + 1)


def _settle_ties(
    leading: ByteArray,
    keys: WordArray,
    gammas: WordArray,
    least: ByteArray,
    limits: WordArray,
    moved: BoolArray,
) -> None:
    """Do the same for many ties, and for thresholds that differ by position."""
    tied = np.equal(leading, least).reshape(-1).nonzero()[0]
    rows, columns = np.divmod(tied, leading.shape[-1])
    if least.ndim:
        at = (
            rows if least.shape[0] > 1 else 0,
            columns if least.shape[1] > 1 else 0,
        )
        least, limits = least[at], limits[at]
    words = columns.view(np.uint64) * _STEP
    words += _REFINE
    words *= gammas.reshape(-1)[rows]
    words += keys.reshape(-1)[rows]
    mix64_words(words)
    words >>= REST_SHIFT
    words |= least.astype(np.uint64) << _LEADING
    moved.reshape(-1)[tied] = words < limits


@functools.lru_cache(maxsize=64)
def _list_counters(columns: int, replaces: bool) -> WordArray:
    """Return the counters plus one of the KEEP words and, if needed, of REPLACE."""
    positions = np.arange(columns)
    keep = COUNTERS_PER_POSITION * positions[: (columns + 7) // 8] + Stream.KEEP
    replace = COUNTERS_PER_POSITION * positions + Stream.REPLACE
    counters = np.concatenate([keep, replace]) if replaces else keep
    return (counters + 1).astype(np.uint64)
