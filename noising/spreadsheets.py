"""Tables as CSV in which spreadsheets take no text for a formula."""

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Any, Final

FORMULA_STARTS: Final = ("=", "+", "-", "@", "\t", "\r")
"""First characters by which spreadsheets recognize a formula."""


def format_csv(rows: Iterable[Sequence[Any]]) -> str:
    """Return rows as CSV; texts that look like formulas get a quote in front."""
    stream = io.StringIO()
    csv.writer(stream).writerows([_cell(value) for value in row] for row in rows)
    return stream.getvalue()


def _cell(value: Any) -> Any:
    if isinstance(value, str) and value.startswith(FORMULA_STARTS):
        return f"'{value}"
    return value
