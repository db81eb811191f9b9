"""Rows of a .jsonl file: a list of token ids, or an object with `input_ids`, a line."""

import json
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from noising.corpus.forms.files import (
    IDS_KEY,
    MASK_KEY,
    SPECIAL_KEY,
    TOKEN_TYPES,
    TYPES_KEY,
    Row,
)
from noising.corpus.forms.lines import LineError, LineRows
from noising.engine.errors import format_value

TEXT_KEY: Final = "text"

_MAX_ID: Final = (1 << 63) - 1


class JsonRows(LineRows):
    """Reads lines of JSON. `attention_mask` marks padding at the end of a row."""

    def parse(self, line: str) -> Row:
        """Return the row of a line, without padding.

        Raises:
            LineError: it is no row.
        """
        record = parse_json(line)
        if isinstance(record, list):
            return Row(_check_ids(record))
        if not isinstance(record, dict) or IDS_KEY not in record:
            rule = f"must be a list of ids or an object with `{IDS_KEY}`"
            way_out = ""
            if isinstance(record, dict) and TEXT_KEY in record:
                way_out = f"; name a tokenizer for its `{TEXT_KEY}`"
            raise LineError(f"{rule}, got {format_value(record)}{way_out}")
        ids = _check_ids(record[IDS_KEY])
        special = _check_special(record.get(SPECIAL_KEY), ids.size)
        types = _check_types(record.get(TYPES_KEY), ids.size)
        mask = record.get(MASK_KEY)
        if mask is None:
            return Row(ids, special, types)
        is_mask = isinstance(mask, list) and all(type(x) is int for x in mask)
        real = mask.count(1) if is_mask and len(mask) == ids.size else 0
        if not is_mask or mask != [1] * real + [0] * (ids.size - real):
            rule = f"must have a 1 for each of the {ids.size} ids, or 0 at padding"
            received = format_value(mask)
            raise LineError(f"`{MASK_KEY}` {rule} at the end, got {received}")
        special = None if special is None else special[:real]
        return Row(ids[:real], special, None if types is None else types[:real])


def parse_json(line: str) -> Any:
    """Return the value of a line.

    Raises:
        LineError: it is not JSON.
    """
    try:
        return json.loads(line)
    except (ValueError, RecursionError) as error:
        raise LineError(f"must be JSON, got {format_value(line)}") from error


def _check_ids(ids: Any) -> NDArray[np.int64]:
    if not isinstance(ids, list):
        raise LineError(f"must have a list of ids, got {format_value(ids)}")
    for token in ids:
        if type(token) is not int or not 0 <= token <= _MAX_ID:  # true is an int
            raise LineError(f"must have token ids, got {format_value(token)}")
    return np.array(ids, np.int64)


def _check_special(mask: Any, count: int) -> NDArray[np.bool_] | None:
    if mask is None:
        return None
    is_mask = isinstance(mask, list) and all(type(x) is int for x in mask)
    if not is_mask or len(mask) != count or not set(mask) <= {0, 1}:
        rule = f"`{SPECIAL_KEY}` must have a 0 or 1 for each of the {count} ids"
        raise LineError(f"{rule}, got {format_value(mask)}")
    return np.array(mask, np.bool_)


def _check_types(types: Any, count: int) -> NDArray[np.uint8] | None:
    if types is None:
        return None
    numbers: list[Any] = []
    if isinstance(types, list):
        known = {name: number for number, name in enumerate(TOKEN_TYPES)}
        numbers = [known.get(x, x) if isinstance(x, str) else x for x in types]
    is_valid = all(type(x) is int and 0 <= x < len(TOKEN_TYPES) for x in numbers)
    if not isinstance(types, list) or len(types) != count or not is_valid:
        allowed = f"{', '.join(TOKEN_TYPES)}, or 0, 1, 2"
        rule = f"`{TYPES_KEY}` must have {allowed} for each of the {count} ids"
        raise LineError(f"{rule}, got {format_value(types)}")
    return np.array(numbers, np.uint8)
