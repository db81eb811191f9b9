"""Fields of arrays: rows of values, and one number or many.

A value comes as JSON, or as an array where the body is binary; both end as arrays.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, ClassVar

import numpy as np
from django.conf import settings
from drf_spectacular.utils import extend_schema_field
from numpy.typing import NDArray
from rest_framework.exceptions import ErrorDetail, ValidationError

from noising.api.arrays import (
    Convert,
    Rows,
    are_nested,
    flags,
    integers,
    outside,
    reals,
    rows_of,
)
from noising.api.fields import (
    Offenders,
    StrictField,
    bad_weights,
    bad_whole_numbers,
    format_value,
)
from noising.api.problems import MOST_ERRORS, ContentTooLarge

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
            yield index, "not_a_number", f"must be a number, got {format_value(item)}"


def no_flags(items: Sequence[Any]) -> Offenders:
    """Find the items that are neither true nor false."""
    for index, item in enumerate(items):
        if not isinstance(item, bool):
            rule = f"must be true or false, got {format_value(item)}"
            yield index, "not_a_flag", rule


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


def either(*schemas: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of a value of one of several kinds."""
    return {"oneOf": list(schemas)}


def listed(items: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of a list that is not empty."""
    return {"type": "array", "items": items, "minItems": 1}


def nested(items: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of one sequence or of rows, which may be ragged."""
    rows = {"type": "array", "items": items}
    return either(listed(items), listed(rows))


class ArrayField(StrictField):
    """A field whose value is an array, or becomes one."""

    default_error_messages = {
        "not_a_list": "`{name}` must be {form}, got {received}.",
        "empty": "`{name}` must not be empty.",
        "wrong_dtype": "`{name}` must hold {items}, got {received}.",
        "wrong_shape": "`{name}` must be {form}, got {received}.",
    }
    kind: ClassVar[Kind]
    form: ClassVar[str]
    """What the value must be, in messages."""

    dimensions: ClassVar[range]
    """How many axes an array may have."""

    def checked_array(self, array: NDArray[Any]) -> NDArray[Any]:
        """Return an array of the right kind, shape and size."""
        about = f"{array.dtype.name} of shape {list(array.shape)}"
        if array.dtype.kind not in self.kind.letters:
            self.fail("wrong_dtype", items=self.kind.name, received=about)
        if array.ndim not in self.dimensions:
            self.fail("wrong_shape", form=self.form, received=about)
        if not array.size:
            self.fail("empty")
        self.check_size(array.size)
        return array

    def check_size(self, size: int) -> None:
        """Refuse more items than a request may have."""
        if size > settings.MAX_TOKENS:
            raise ContentTooLarge(
                f"`{self.name}` must not have more than {settings.MAX_TOKENS} items, "
                f"rows padded to the longest, got {size}."
            )

    def fail_by(self, offenders: Placed) -> None:
        """Raise the error about offenders, if there are any."""
        detail = named(self.name, offenders)
        if detail:
            raise ValidationError(detail)


class RowsField(ArrayField):
    """One sequence of values, or rows of them."""

    dimensions = range(1, 3)

    def to_internal_value(self, data: Any) -> Rows:
        """Return the values."""
        if isinstance(data, np.ndarray):
            return Rows(values=self.checked_array(data))
        if not isinstance(data, list):
            self.fail("not_a_list", form=self.form, received=format_value(data))
        self._check_sizes(data)
        rows = rows_of(data, self.kind.convert)
        if rows is None:
            raise ValidationError(named(self.name, self._offenders(data)))
        return rows

    def _check_sizes(self, data: list[Any]) -> None:
        if not data:
            self.fail("empty")
        if not are_nested(data):
            self.check_size(len(data))
            return
        lengths = [len(row) for row in data if isinstance(row, list)]
        if len(lengths) == len(data) and not any(lengths):
            self.fail("empty")
        self.check_size(len(data) * max(lengths))

    def _offenders(self, data: list[Any]) -> Placed:
        find = self.kind.offenders
        if not are_nested(data):
            yield from (((place,), code, rule) for place, code, rule in find(data))
            return
        for index, row in enumerate(data):
            if not isinstance(row, list):
                rule = f"must be a list as the first row is, got {format_value(row)}"
                yield (index,), "not_a_list", rule
                continue
            for place, code, rule in find(row):
                yield (index, place), code, rule


@extend_schema_field(nested({"type": "integer", "minimum": 0}))
class TokensField(RowsField):
    """Token ids of one sequence or of rows, as integers of any dtype."""

    kind = INTEGERS
    form = "a list of token ids or of rows of them"


@extend_schema_field(nested({"type": "number", "exclusiveMinimum": 0}))
class WeightRowsField(RowsField):
    """One weight above zero for each token, or for each position of all rows."""

    kind = WEIGHTS
    form = "a list of weights or of rows of them"

    def to_internal_value(self, data: Any) -> Rows:
        """Return the weights."""
        rows = super().to_internal_value(data)
        bad = np.flatnonzero(~(rows.values.reshape(-1) > 0.0))
        self.fail_by(placed(rows, bad, "out_of_range", "must be above 0"))
        return rows


class MaskRowsField(RowsField):
    """One truth value for each token, or for each position of all rows."""

    kind = FLAGS
    form = "a list of booleans or of rows of them"


class OneOrManyField(ArrayField):
    """One number, or a list of numbers, as an array of no or one axis."""

    dimensions = range(2)

    def to_internal_value(self, data: Any) -> NDArray[Any]:
        """Return the numbers."""
        if isinstance(data, np.ndarray):
            return self.judged(self.checked_array(data))
        items = data if isinstance(data, list) else [data]
        if not items:
            self.fail("empty")
        self.check_size(len(items))
        array = self.kind.convert(items)
        if array is None:
            steps = (lambda at: (at,)) if items is data else (lambda _: ())
            offenders = self.kind.offenders(items)
            paths = ((steps(at), code, rule) for at, code, rule in offenders)
            raise ValidationError(named(self.name, paths))
        return self.judged(array if items is data else array.reshape(()))

    def judged(self, array: NDArray[Any]) -> NDArray[Any]:
        """Return numbers of the right kind, or refuse those out of range."""
        return array


WHOLE = {"type": "integer", "minimum": 0, "maximum": GREATEST}


@extend_schema_field(either(WHOLE, listed(WHOLE)))
class WholeField(OneOrManyField):
    """Integers >= 0 of 63 bits, one or many; less is judged by whoever asks."""

    kind = INTEGERS
    form = "a whole number or a list of them"

    def judged(self, array: NDArray[Any]) -> NDArray[Any]:
        """Return the integers if none is out of range."""
        detail = range_detail(self.name, array, most=GREATEST)
        if detail:
            raise ValidationError(detail)
        return array


@extend_schema_field(listed(WHOLE))
class WholeListField(WholeField):
    """A list of such integers."""

    form = "a list of whole numbers"

    def to_internal_value(self, data: Any) -> NDArray[Any]:
        """Return the integers."""
        if not isinstance(data, list):
            self.fail("not_a_list", form=self.form, received=format_value(data))
        return super().to_internal_value(data)


TIME = {"type": "number", "minimum": 0, "maximum": 1}


@extend_schema_field(either(TIME, listed(TIME)))
class TimesField(OneOrManyField):
    """Times in [0, 1], one or many; NaN is none."""

    kind = REALS
    form = "a number or a list of them"

    def judged(self, array: NDArray[Any]) -> NDArray[Any]:
        """Return the times if all lie in [0, 1]."""
        flat = array.reshape(-1)
        bad = np.flatnonzero(~((flat >= 0.0) & (flat <= 1.0)))
        rows = Rows(values=array)
        self.fail_by(placed(rows, bad, "out_of_range", "must lie in [0, 1]"))
        return array
