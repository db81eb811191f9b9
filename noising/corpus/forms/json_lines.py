"""Rows of a .jsonl file: a list of token ids, or an object with `input_ids`, a line."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final, NoReturn

import numpy as np

from noising.engine.errors import format_value
from noising.replay.forms.files import DataFileError, Row, convert_errors, find_size

IDS_KEY: Final = "input_ids"
MASK_KEY: Final = "attention_mask"
MAX_LINE_BYTES: Final = 1 << 24

_MAX_ID: Final = (1 << 63) - 1


class JsonRows:
    """Reads lines, which need not be equally long. Blank lines are no rows.

    Args:
        path: the file.

    Raises:
        DataFileError: it is no regular file.
    """

    def __init__(self, path: Path) -> None:
        find_size(path)
        self._path = path

    def count_rows(self) -> int:
        """Return the number of rows, after a look at each.

        Raises:
            DataFileError: a line has another form, or there is none.
        """
        rows = 0
        for number, line in self._lines():
            self._parse(number, line)
            rows += 1
        if not rows:
            raise DataFileError(self._path, "must have a row, it has none")
        return rows

    def read(self, numbers: Sequence[int]) -> list[Row]:
        """Return the rows with some numbers.

        Raises:
            DataFileError: the file lacks a row, or a line has another form.
        """
        wanted, last = set(numbers), max(numbers)
        found: dict[int, Row] = {}
        for row, (number, line) in enumerate(self._lines()):
            if row in wanted:
                found[row] = np.array(self._parse(number, line), np.int64)
            if row == last:
                return [found[each] for each in numbers]
        raise DataFileError(self._path, f"must have a row {last}, counted from 0")

    def _lines(self) -> Iterator[tuple[int, bytes]]:
        """Yield the lines that are not blank, each with its number from 1."""
        number = 0
        with convert_errors(self._path), self._path.open("rb") as file:
            while line := file.readline(MAX_LINE_BYTES + 1):
                number += 1
                if len(line) > MAX_LINE_BYTES:
                    self._fail(number, f"must have at most {MAX_LINE_BYTES} bytes")
                if line := line.strip():
                    yield number, line

    def _parse(self, number: int, line: bytes) -> list[int]:
        """Return the token ids of a line, without padding."""
        try:
            # Some editors put a byte order mark before the first line.
            record = json.loads(line.decode("utf-8-sig" if number == 1 else "utf-8"))
        except (ValueError, RecursionError):  # UnicodeDecodeError is a ValueError
            self._fail(number, f"must be JSON, got {format_value(line)}")
        if isinstance(record, list):
            return self._check_ids(number, record)
        if not isinstance(record, dict) or IDS_KEY not in record:
            rule = f"must be a list of ids or an object with `{IDS_KEY}`"
            self._fail(number, f"{rule}, got {format_value(record)}")
        ids = self._check_ids(number, record[IDS_KEY])
        mask = record.get(MASK_KEY)
        if mask is None:
            return ids
        is_mask = isinstance(mask, list) and all(type(x) is int for x in mask)
        real = mask.count(1) if is_mask and len(mask) == len(ids) else 0
        if not is_mask or mask != [1] * real + [0] * (len(ids) - real):
            rule = f"must have a 1 for each of the {len(ids)} ids, or 0 at padding"
            received = format_value(mask)
            self._fail(number, f"`{MASK_KEY}` {rule} at the end, got {received}")
        return ids[:real]

    def _check_ids(self, number: int, ids: Any) -> list[int]:
        if not isinstance(ids, list):
            self._fail(number, f"must have a list of ids, got {format_value(ids)}")
        for token in ids:
            if type(token) is not int or not 0 <= token <= _MAX_ID:  # true is an int
                self._fail(number, f"must have token ids, got {format_value(token)}")
        checked: list[int] = ids
        return checked

    def _fail(self, number: int, message: str) -> NoReturn:
        raise DataFileError(self._path, f"line {number} {message}")
