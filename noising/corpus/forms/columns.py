"""Rows in tables of Apache Arrow: lists of ids, and masks of them."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from noising.corpus.forms.blocks import (
    BLOCK_ROWS,
    BLOCK_TOKENS,
    Block,
    ScannedBlock,
    group_rows,
)
from noising.corpus.forms.files import (
    IDS_KEY,
    MASK_KEY,
    SPECIAL_KEY,
    TOKEN_TYPES,
    TYPES_KEY,
    BadRowError,
    DataFileError,
    Row,
    Scanned,
)

OPTIONAL: Final = (MASK_KEY, SPECIAL_KEY, TYPES_KEY)


def choose_columns(path: Path, schema: Any) -> list[str]:
    """Return the columns of a table that are read.

    Raises:
        DataFileError: it has no lists of integers as `input_ids`, or a mask of another
            type.
    """
    names = list(schema.names)
    if IDS_KEY not in names:
        way_out = ""
        if "text" in names:
            way_out = "; tokenize its column `text` first (datasets.map)"
        shown = ", ".join(name[:60] for name in names[:8])
        rule = f"must have a column `{IDS_KEY}`, has {shown}"
        raise DataFileError(path, f"{rule}{way_out}")
    chosen = [IDS_KEY, *(name for name in OPTIONAL if name in names)]
    for name in chosen:
        kind = schema.field(name).type
        if not _is_readable(kind, name):
            values = "integers or names" if name == TYPES_KEY else "integers"
            rule = f"`{name}` must be lists of {values}, is {str(kind)[:60]}"
            raise DataFileError(path, rule)
    return chosen


def _is_readable(kind: Any, name: str) -> bool:
    import pyarrow.types as types

    kinds = (types.is_list, types.is_large_list, types.is_fixed_size_list)
    if not any(is_kind(kind) for is_kind in kinds):
        return False
    value = kind.value_type
    is_flag = name in (MASK_KEY, SPECIAL_KEY) and types.is_boolean(value)
    is_name = name == TYPES_KEY and _has_names(value)
    return bool(types.is_integer(value) or is_flag or is_name)


def _has_names(kind: Any) -> bool:
    import pyarrow.types as types

    if types.is_dictionary(kind):
        kind = kind.value_type
    return bool(types.is_string(kind) or types.is_large_string(kind))


def make_blocks(
    path: Path, batch: Any, first: int, where: str
) -> Iterator[ScannedBlock]:
    """Yield the rows of a record batch in blocks, without padding.

    Args:
        path: the file.
        batch: the chosen columns of some rows.
        first: number of the first row in the file.
        where: the part of the file for messages, such as "row group 3, ".
    """
    lists = {name: _Lists(batch.column(name)) for name in batch.schema.names}
    for start, stop in lists[IDS_KEY].find_spans():
        block = _make_block(lists, start, stop)
        if block is not None:
            yield block
        else:
            rows = _make_rows(path, lists, range(start, stop), first, where)
            yield from group_rows(rows)


def _make_rows(
    path: Path, lists: dict[str, "_Lists"], places: range, first: int, where: str
) -> Iterator[Scanned]:
    """Yield rows one by one, with an error for each bad one."""
    for place in places:
        try:
            yield _make_row({name: each.at(place) for name, each in lists.items()})
        except _ListError as error:
            number = first + place
            yield BadRowError(path, number, f"{where}row {number}: {error}")


def _make_block(lists: dict[str, "_Lists"], start: int, stop: int) -> Block | None:
    """Return some rows as a block, or None if one of them may be bad."""
    spans = {name: each.find_values(start, stop) for name, each in lists.items()}
    known = {name: span for name, span in spans.items() if span is not None}
    ids, lengths = known.get(IDS_KEY, (np.empty(0, np.int64), np.empty(0, np.int64)))
    if len(known) < len(spans):
        return None
    for name, (values, others) in known.items():
        if not np.array_equal(others, lengths):
            return None
        count = len(TOKEN_TYPES) if name == TYPES_KEY else 2
        if name != IDS_KEY and not ((values >= 0) & (values < count)).all():
            return None
    special = types = None
    if SPECIAL_KEY in known:
        special = known[SPECIAL_KEY][0].astype(np.bool_)
    if TYPES_KEY in known:
        types = known[TYPES_KEY][0].astype(np.uint8)
    if MASK_KEY not in known or known[MASK_KEY][0].all():
        return Block(ids, lengths, special, types)
    mask = known[MASK_KEY][0].astype(np.bool_)
    ends = np.cumsum(lengths)
    counted = np.concatenate([[0], np.cumsum(mask)])
    real = counted[ends] - counted[ends - lengths]
    places = np.arange(ids.size) - np.repeat(ends - lengths, lengths)
    if not np.array_equal(mask, places < np.repeat(real, lengths)):
        return None
    return Block(
        ids[mask],
        real,
        None if special is None else special[mask],
        None if types is None else types[mask],
    )


class _ListError(ValueError):
    """A row is not as it should be; the message says why."""


class _Lists:
    """The lists of a column as views of one array."""

    def __init__(self, column: Any) -> None:
        width = getattr(column.type, "list_size", None)
        if width is None:
            self._offsets = np.asarray(column.offsets)
        else:
            start = column.offset
            self._offsets = width * np.arange(start, start + len(column) + 1)
        values = column.values
        if _has_names(values.type):
            values = _number_names(values)
        self._values = values.to_numpy(zero_copy_only=False)
        self._are_gaps = None
        if column.null_count:
            self._are_gaps = column.is_null().to_numpy(zero_copy_only=False)
        self._has_gaps = bool(values.null_count)

    def find_spans(self) -> Iterator[tuple[int, int]]:
        """Yield the first and the last place plus one of parts for a block."""
        start, rows = 0, self._offsets.size - 1
        while start < rows:
            limit = int(self._offsets[start]) + BLOCK_TOKENS
            stop = int(np.searchsorted(self._offsets, limit, side="right")) - 1
            stop = min(max(stop, start + 1), start + BLOCK_ROWS, rows)
            yield start, stop
            start = stop

    def find_values(
        self, start: int, stop: int
    ) -> tuple[NDArray[Any], NDArray[np.int64]] | None:
        """Return the values of some lists and their lengths; None if any is missing."""
        if self._has_gaps:
            return None
        if self._are_gaps is not None and self._are_gaps[start:stop].any():
            return None
        offsets = self._offsets[start : stop + 1]
        values = self._values[offsets[0] : offsets[-1]]
        return values, np.diff(offsets).astype(np.int64)

    def at(self, place: int) -> NDArray[Any] | None:
        """Return a list, or None where the table has none."""
        if self._are_gaps is not None and self._are_gaps[place]:
            return None
        found: NDArray[Any] = self._values[
            self._offsets[place] : self._offsets[place + 1]
        ]
        if self._has_gaps and found.dtype.kind not in "iub":
            # With gaps, integers come as floats with NaN and flags as objects.
            if any(value is None or value != value for value in found.tolist()):
                raise _ListError("must not have missing values in a list")
            found = found.astype(np.int64)
        return found


def _number_names(values: Any) -> Any:
    """Return the numbers of types by their names; -1 where a name is unknown."""
    import pyarrow
    import pyarrow.compute

    names = pyarrow.array(TOKEN_TYPES)
    numbers = pyarrow.compute.index_in(values.cast(pyarrow.string()), value_set=names)
    return numbers.fill_null(-1)


def _make_row(lists: dict[str, NDArray[Any] | None]) -> Row:
    ids = lists[IDS_KEY]
    if ids is None:
        raise _ListError(f"`{IDS_KEY}` must not be missing")
    mask, special = lists.get(MASK_KEY), lists.get(SPECIAL_KEY)
    types = lists.get(TYPES_KEY)
    for name, values in ((MASK_KEY, mask), (SPECIAL_KEY, special), (TYPES_KEY, types)):
        if values is None:
            continue
        if values.size != ids.size:
            rule = f"`{name}` must have one value for each of the {ids.size} ids"
            raise _ListError(f"{rule}, has {values.size}")
        count = len(TOKEN_TYPES) if name == TYPES_KEY else 2
        if values.size and not ((values >= 0) & (values < count)).all():
            allowed = "0 and 1"
            if name == TYPES_KEY:
                allowed = f"{', '.join(TOKEN_TYPES)}, or 0, 1, 2"
            raise _ListError(f"`{name}` must have only {allowed}")
    real = ids.size
    if mask is not None:
        real = int(np.count_nonzero(mask))
        if not mask[:real].all():
            raise _ListError(f"`{MASK_KEY}` must have its 0s, the padding, at the end")
    flags = None if special is None else special[:real].astype(np.bool_)
    # A copy, so that the row does not keep the whole batch in memory.
    kinds = None if types is None else types[:real].astype(np.uint8)
    return Row(np.array(ids[:real]), flags, kinds)
