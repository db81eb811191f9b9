"""What the items of a list or an array may be, and how those that are not are named."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rest_framework.exceptions import ErrorDetail

from noising.api.errors import MOST_ERRORS
from noising.api.fields import (
    Offenders,
    bad_weights,
    bad_whole_numbers,
    received,
)
from noising.api.numbers import flags, integers, outside, reals
from noising.api.v1.rows import Convert, Rows

GREATEST = 2**63 - 1
"""The greatest int64."""

Placed = Iterator[tuple[Sequence[int], str, str]]
"""Of each item that is refused: its path, the code, the rule and what it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One kind of items.

    Attributes:
        name: in messages.
        letters: NumPy's letters for the dtypes of arrays of it.
        convert: a list of JSON values to an array, or None where one is of another
            kind.
        offenders: those that are.
    """

    name: str
    letters: str
    convert: Convert
    offenders: Callable[[Sequence[Any]], Offenders]


def no_integers(items: Sequence[Any]) -> Offenders:
    """Find the items that are no JSON integers of 64 bits."""
    for place, code, rule in bad_whole_numbers(items, most=GREATEST):
        if code != "out_of_range" or items[place] > GREATEST:
            yield place, code, rule


def no_reals(items: Sequence[Any]) -> Offenders:
    """Find the items that are no JSON numbers."""
    for index, item in enumerate(items):
        if type(item) not in {int, float}:
            yield index, "not_a_number", f"must be a number, got {received(item)}"


def no_flags(items: Sequence[Any]) -> Offenders:
    """Find the items that are neither true nor false."""
    for index, item in enumerate(items):
        if not isinstance(item, bool):
            yield index, "not_a_flag", f"must be true or false, got {received(item)}"


INTEGERS = Kind(name="integers", letters="iu", convert=integers, offenders=no_integers)
REALS = Kind(name="numbers", letters="fiu", convert=reals, offenders=no_reals)
WEIGHTS = Kind(name="numbers", letters="fiu", convert=reals, offenders=bad_weights)
FLAGS = Kind(name="booleans", letters="b", convert=flags, offenders=no_flags)


def placed(rows: Rows, places: NDArray[np.int64], code: str, rule: str) -> Placed:
    """Name values of rows that break a rule.

    Args:
        rows: all of the values.
        places: flat places of those that do.
        code: the rule's.
        rule: what each must be.
    """
    flat = rows.values.reshape(-1)
    for at in places[:MOST_ERRORS].tolist():
        yield rows.place(at), code, f"{rule}, got {flat[at].item()}"


def named(name: str, offenders: Placed) -> Any:
    """Return the detail of a ValidationError about the first offenders of a field."""
    detail: dict[str, Any] = {}
    for path, code, rule in islice(offenders, MOST_ERRORS):
        subscript = "".join(f"[{index}]" for index in path)
        error = [ErrorDetail(f"`{name}{subscript}` {rule}.", code)]
        if not path:
            return error
        branch = detail
        for index in path[:-1]:
            branch = branch.setdefault(str(index), {})
        branch[str(path[-1])] = error
    return detail


def range_detail(name: str, values: Rows | NDArray[Any], *, most: int) -> Any:
    """Return the detail about integers outside 0..most; empty if there are none."""
    rows = values if isinstance(values, Rows) else Rows(values=values)
    places = outside(rows.values, most)
    rule = f"must lie in 0..{most}"
    return named(name, placed(rows, places, "out_of_range", rule))
