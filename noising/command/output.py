"""Output of the commands: tables for people and JSON for programs."""

import json
import math
import sys
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np


def print_text(text: str) -> None:
    """Print text and a newline on stdout."""
    sys.stdout.write(f"{text}\n")


def print_json(document: Mapping[str, Any], *, indent: int | None = None) -> None:
    """Print a document on stdout, with null for numbers that are not finite."""
    print_text(json.dumps(_convert(document), indent=indent, allow_nan=False))


def format_table(header: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    """Return a table with columns that fit their contents.

    Text is aligned left and numbers right. Floats have six digits; None and numbers
    that are not finite are shown as a dash.
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


def _convert(value: Any) -> Any:
    """Return a JSON value."""
    if isinstance(value, Mapping):
        return {key: _convert(part) for key, part in value.items()}
    if isinstance(value, np.ndarray | np.generic):
        return _convert(value.tolist())
    if isinstance(value, list | tuple):
        return [_convert(part) for part in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
