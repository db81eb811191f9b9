"""The type of a token: critical, variable or other."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from noising.engine import TYPE_WEIGHTS

TOKEN_TYPES: Final = tuple(TYPE_WEIGHTS)
"""The types by name; a type is stored as an index into them."""

CRITICAL: Final = TOKEN_TYPES.index("critical")
VARIABLE: Final = TOKEN_TYPES.index("variable")
OTHER: Final = TOKEN_TYPES.index("other")


def declared_types(constants: int, variables: int, others: int) -> NDArray[np.uint8]:
    """Return the types of a vocabulary that declares them, (V,) uint8.

    Args:
        constants: number of ids that come first, all `critical`.
        variables: number of ids that follow, all `variable`.
        others: number of ids after them.
    """
    kinds = np.array([CRITICAL, VARIABLE, OTHER], dtype=np.uint8)
    types: NDArray[np.uint8] = np.repeat(kinds, [constants, variables, others])
    return types


def find_span_types(
    characters: NDArray[np.uint8], offsets: NDArray[np.int64]
) -> NDArray[np.uint8]:
    """Return the type of each span of a text.

    A span is critical if any of its characters is, else variable if any is, else other.
    An empty span is other.

    Args:
        characters: (n,) the type of each character.
        offsets: (L, 2) start and end of each span, in 0..n.

    Returns:
        (L,) uint8.
    """
    # reduceat does not accept the index n, and for an empty span it returns the next
    # character's type.
    padded = np.append(characters, np.uint8(OTHER))
    least = np.minimum.reduceat(padded, offsets.ravel())[::2]
    least[offsets[:, 0] == offsets[:, 1]] = OTHER
    return least


def one_type_each(
    tokens: NDArray[np.int64], types: NDArray[np.uint8]
) -> NDArray[np.uint8]:
    """Give every id the type that it has at most of its positions.

    In a tie, critical takes precedence over variable, and variable over other.

    Args:
        tokens: (L,) ids.
        types: (L,) the type at each position.

    Returns:
        (L,) uint8.
    """
    ids, which = np.unique(tokens, return_inverse=True)
    kinds = len(TOKEN_TYPES)
    cells = np.bincount(which * kinds + types, minlength=ids.size * kinds)
    winners = cells.reshape(ids.size, kinds).argmax(axis=1)
    unified: NDArray[np.uint8] = winners.astype(np.uint8)[which]
    return unified
