"""What commands print: tables for people, JSON for machines."""

import json
import math
import sys
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np


def print_text(text: str) -> None:
    """Print lines on stdout."""
    sys.stdout.write(f"{text}\n")


def print_json(document: Mapping[str, Any], *, indent: int | None = None) -> None:
    """Print a document on stdout, in one line; what is not finite is null."""
    print_text(json.dumps(_plain(document), indent=indent, allow_nan=False))


def format_table(header: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    """Return a table whose columns are as wide as what they hold.

    Words stand to the left and numbers to the right. Floats have six digits; what is
    None or not finite is a dash.
    """
    columns = [
        _column(name, values)
        for name, values in zip(header, zip(*rows, strict=True), strict=True)
    ]
    return "\n".join("  ".join(line).rstrip() for line in zip(*columns, strict=True))


def _column(name: str, values: Sequence[Any]) -> list[str]:
    cells = [name, *map(_cell, values)]
    width = max(map(len, cells))
    if any(isinstance(value, str) for value in values):
        return [cell.ljust(width) for cell in cells]
    return [cell.rjust(width) for cell in cells]


def _cell(value: Any) -> str:
    if value is None or (isinstance(value, float) and not math.isfinite(value)):
        return "-"
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def _plain(value: Any) -> Any:
    """Return a value as JSON has it."""
    if isinstance(value, Mapping):
        return {key: _plain(part) for key, part in value.items()}
    if isinstance(value, np.ndarray | np.generic):
        return _plain(value.tolist())
    if isinstance(value, list | tuple):
        return [_plain(part) for part in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
