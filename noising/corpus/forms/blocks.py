"""Blocks of consecutive rows, which are checked, noised and counted at once."""

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from noising.corpus.forms.files import BadRowError, Ids, Row, Scanned

BLOCK_ROWS: Final = 1 << 10
"""Rows of a block at most."""

BLOCK_TOKENS: Final = 1 << 19
"""Tokens of a block, unless its first row alone has more."""


class Block(NamedTuple):
    """Consecutive rows of token ids.

    Attributes:
        tokens: (N,) ids of all rows, one row after the other, without padding.
        lengths: (B,) int64 numbers of tokens of the rows.
        special: (N,) bool, True at special tokens; None if no row says it.
        types: (N,) uint8 indices into TOKEN_TYPES; None if not every row says it.
    """

    tokens: Ids
    lengths: NDArray[np.int64]
    special: NDArray[np.bool_] | None = None
    types: NDArray[np.uint8] | None = None

    def cut(self, start: int, stop: int) -> "Block":
        """Return some of the rows, without a copy."""
        first = int(self.lengths[:start].sum())
        part = slice(first, first + int(self.lengths[start:stop].sum()))
        return Block(
            self.tokens[part],
            self.lengths[start:stop],
            None if self.special is None else self.special[part],
            None if self.types is None else self.types[part],
        )

    def split(self) -> Iterator[Row]:
        """Yield the rows as copies, which do not keep the block in memory."""
        first = 0
        for length in self.lengths.tolist():
            part = slice(first, first + length)
            first += length
            yield Row(
                np.array(self.tokens[part]),
                None if self.special is None else np.array(self.special[part]),
                None if self.types is None else np.array(self.types[part]),
            )


ScannedBlock: TypeAlias = Block | BadRowError
"""A block of rows, or the error that says what is wrong with one row."""


def join_rows(rows: Sequence[Row]) -> Block:
    """Return rows, of which at least one is given, as a block."""
    lengths = np.array([row.tokens.size for row in rows], np.int64)
    return Block(np.concatenate([row.tokens for row in rows]), lengths, *_join(rows))


def join_blocks(blocks: Sequence[Block]) -> Block:
    """Return blocks, of which at least one is given, as one."""
    if len(blocks) == 1:
        return blocks[0]
    tokens = np.concatenate([block.tokens for block in blocks])
    lengths = np.concatenate([block.lengths for block in blocks])
    return Block(tokens, lengths, *_join(blocks))


def _join(
    parts: Sequence[Row | Block],
) -> tuple[NDArray[np.bool_] | None, NDArray[np.uint8] | None]:
    """Return the masks of special tokens and the types of some parts as arrays."""
    special = types = None
    if any(part.special is not None for part in parts):
        special = np.concatenate(
            [
                np.zeros(part.tokens.size, np.bool_)
                if part.special is None
                else part.special
                for part in parts
            ]
        )
    known = [part.types for part in parts if part.types is not None]
    if len(known) == len(parts):
        types = np.concatenate(known)
    return special, types


def group_rows(scanned: Iterator[Scanned]) -> Iterator[ScannedBlock]:
    """Yield single rows in blocks, and errors in their places.

    Either all rows of a block have types, or none.
    """
    rows: list[Row] = []
    tokens = 0
    for item in scanned:
        if isinstance(item, BadRowError):
            if rows:
                yield join_rows(rows)
            rows, tokens = [], 0
            yield item
            continue
        size = item.tokens.size
        is_full = len(rows) == BLOCK_ROWS or tokens + size > BLOCK_TOKENS
        if rows and (is_full or (rows[0].types is None) != (item.types is None)):
            yield join_rows(rows)
            rows, tokens = [], 0
        rows.append(item)
        tokens += size
    if rows:
        yield join_rows(rows)


def split_blocks(blocks: Iterator[ScannedBlock]) -> Iterator[Scanned]:
    """Yield the rows of blocks one by one, and errors in their places."""
    for item in blocks:
        if isinstance(item, BadRowError):
            yield item
        else:
            yield from item.split()


def clip_blocks(
    blocks: Iterator[ScannedBlock], first: int, start: int, stop: int
) -> Iterator[ScannedBlock]:
    """Yield what blocks have of the rows `start` to `stop` - 1.

    Args:
        blocks: consecutive rows.
        first: number of their first row.
        start: number of the first row that is wanted.
        stop: number of the last one plus one.
    """
    for item in blocks:
        if first >= stop:
            return
        if isinstance(item, BadRowError):
            if first >= start:
                yield item
            first += 1
            continue
        rows = item.lengths.size
        if first + rows > start:
            low, high = max(start - first, 0), min(stop - first, rows)
            yield item if (low, high) == (0, rows) else item.cut(low, high)
        first += rows
