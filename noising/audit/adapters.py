"""Adapters that make a corruption function of what training codes have."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from noising.audit.function import Function, to_array
from noising.engine import EngineError


def from_collator(
    collate: Callable[[list[dict[str, Any]]], Mapping[str, Any]],
    names: Mapping[str, str],
    *,
    column: str = "input_ids",
    id_column: str | None = None,
) -> Function:
    """Return the corruption function of a collator.

    Args:
        collate: takes a list of rows, mappings with the ids in `column`.
        names: maps ``xt``, ``t`` and the like to the collator's keys:
            ``{"xt": "input_ids", "t": "t"}``.
        column: the rows' key for the clean ids.
        id_column: the rows' key for a number of the row, or None.
    """

    def function(x0: Any, seed: Any, rank: int, step: int) -> dict[str, Any]:
        rows: list[dict[str, Any]] = [{column: row.tolist()} for row in x0]
        if id_column is not None:
            for number, row in enumerate(rows):
                row[id_column] = (step * 4096 + rank) * len(rows) + number
        return _select(collate(rows), names)

    return function


def from_row_function(
    noise: Callable[[dict[str, Any]], Mapping[str, Any]],
    names: Mapping[str, str],
    *,
    column: str = "input_ids",
) -> Function:
    """Return the corruption function of one for ``datasets.map``.

    Args:
        noise: takes a row, a mapping with the ids in `column`.
        names: maps ``xt``, ``t`` and the like to the keys that it returns.
        column: the row's key for the clean ids.
    """

    def function(x0: Any, seed: Any, rank: int, step: int) -> dict[str, Any]:
        rows = [_select(noise({column: row.tolist()}), names) for row in x0]
        return {
            name: np.stack([np.asarray(row[name]) for row in rows]) for name in names
        }

    return function


def from_method(
    method: Callable[..., Any], names: Sequence[str], *, convert: Callable[[Any], Any]
) -> Function:
    """Return the corruption function of a trainer's method.

    Args:
        method: takes the clean ids, and returns one value or a tuple.
        names: what the values are, in their order: ``("xt", "t", "moved")``; a name
            that is empty skips the value.
        convert: makes the method's input of an int64 array, such as
            ``torch.from_numpy``.
    """

    def function(x0: Any, seed: Any, rank: int, step: int) -> dict[str, Any]:
        result = method(convert(x0))
        values = result if isinstance(result, tuple | list) else (result,)
        pairs = zip(names, values, strict=False)
        return {name: to_array(value) for name, value in pairs if name}

    return function


def _select(given: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    """Return the values of a mapping under the names of an audit.

    Raises:
        EngineError: a key is missing.
    """
    for name, key in names.items():
        if key not in given:
            rule = f"must be a key of the result: {', '.join(map(str, given))}"
            raise EngineError(f"names[{name!r}]", "missing", rule, key)
    return {name: to_array(given[key]) for name, key in names.items()}
