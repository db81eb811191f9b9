"""Counts of token ids from text or an array."""

import csv
import io
import json
import re
from collections.abc import Iterator
from typing import Any, Final

import numpy as np

from noising.engine.arrays import IntArray
from noising.engine.errors import format_value

LARGEST_COUNT: Final = 2**48
"""The sum of 2^14 such counts still fits into an int64."""

FORMS: Final = (
    "counts are a line `id,count` for each id, a count a line for ids 0, 1, 2, ..., a "
    "JSON object or list, or a .npy array (V,), as `noising corpus count --out` writes"
)

_NUMBER: Final = re.compile(r"[0-9]{1,15}", re.ASCII)
_SEPARATOR: Final = re.compile(r"[\s,;:]+")


class CountsError(ValueError):
    """Counts cannot be read; the message is a sentence without its end."""


def read_counts(content: bytes, *, suffix: str, max_vocab_size: int) -> IntArray:
    """Return the counts in a file, (V,), up to the largest id that is named.

    Args:
        content: the file.
        suffix: the end of its name, which tells arrays and JSON apart from lines.
        max_vocab_size: most ids.

    Raises:
        CountsError: the file is no list of counts; names the line.
    """
    if suffix == ".npy":
        return _check_array(_load_array(content), max_vocab_size)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise CountsError(f"must be UTF-8 text (byte {error.start + 1})") from error
    is_json = text.lstrip()[:1] in ("{", "[")
    pairs = _read_json(text) if is_json else _read_lines(text)
    return _fill(pairs, max_vocab_size)


def _read_json(text: str) -> Iterator[tuple[str, Any, Any]]:
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise CountsError(f"is not JSON that can be read: {error}") from error
    if isinstance(document, list):
        document = dict(enumerate(document))
    for token, count in document.items():
        yield f"id {format_value(token)}", token, count


def _read_lines(text: str) -> Iterator[tuple[str, Any, Any]]:
    position = 0
    for number, line in enumerate(io.StringIO(text), start=1):
        words = [word for word in _SEPARATOR.split(line.strip()) if word]
        if not words or (number == 1 and _is_head(line)):
            continue
        if len(words) > 2:
            rule = f"has {len(words)} values"
            raise CountsError(f"line {number} {rule}; {FORMS}")
        token = words[0] if len(words) == 2 else position
        position += 1
        yield f"line {number}", token, words[-1]


def _is_head(line: str) -> bool:
    names = next(csv.reader([line]), [])
    return len(names) == 2 and names[1].strip().lower() in ("count", "counts")


def _fill(pairs: Iterator[tuple[str, Any, Any]], max_vocab_size: int) -> IntArray:
    found: dict[int, int] = {}
    for where, token, count in pairs:
        place = _parse(token, f"{where}: the id", max_vocab_size - 1)
        if place in found:
            raise CountsError(f"{where}: id {place} has a count already")
        found[place] = _parse(count, f"{where}: the count", LARGEST_COUNT)
    if not found:
        raise CountsError(f"has no counts; {FORMS}")
    counts = np.zeros(max(found) + 1, np.int64)
    counts[list(found)] = list(found.values())
    return counts


def _parse(value: Any, what: str, most: int) -> int:
    is_number = isinstance(value, int) and not isinstance(value, bool)
    if isinstance(value, str) and _NUMBER.fullmatch(value):
        value, is_number = int(value), True
    if not is_number or not 0 <= value <= most:
        rule = f"must be an integer in 0..{most}, got {format_value(value)}"
        raise CountsError(f"{what} {rule}")
    return int(value)


def _load_array(content: bytes) -> Any:
    try:
        return np.lib.format.read_array(io.BytesIO(content), allow_pickle=False)
    except (ValueError, EOFError, MemoryError, OverflowError) as error:
        raise CountsError("is not a .npy array") from error


def _check_array(array: Any, max_vocab_size: int) -> IntArray:
    if array.ndim != 1 or array.dtype.kind not in "iu":
        rule = f"it is {array.dtype} of the shape {list(array.shape)}"
        raise CountsError(f"must be integers of the shape (V,), {rule}")
    if not 2 <= array.size <= max_vocab_size:
        rule = f"must have 2 to {max_vocab_size:,} counts, it has {array.size:,}"
        raise CountsError(rule)
    low, high = int(array.min()), int(array.max())
    if low < 0 or high > LARGEST_COUNT:
        wrong = low if low < 0 else high
        raise CountsError(f"must have counts in 0..{LARGEST_COUNT}, has {wrong}")
    counts: IntArray = array.astype(np.int64)
    return counts
