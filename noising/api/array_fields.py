"""Fields of arrays: rows of values, and one number or many.

A value is JSON, or an array if the body is binary; both become arrays.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, ClassVar, Final

import numpy as np
from django.conf import settings
from drf_spectacular.utils import extend_schema_field
from numpy.typing import NDArray
from rest_framework.exceptions import ValidationError

from noising.api.fields import (
    GREATEST_INT64,
    ItemErrors,
    StrictField,
    build_error_detail,
    find_outside,
    find_weight_errors,
    find_whole_number_errors,
    format_value,
    parse_integers,
    parse_reals,
)
from noising.api.problems import MOST_ERRORS, ContentTooLarge
from noising.engine.randomness import MAX_POSITION


def parse_booleans(items: Sequence[Any]) -> NDArray[np.bool_] | None:
    """Return JSON truth values, (N,), read-only; None if an item is not."""
    if set(map(type, items)) <= {bool}:
        return np.frombuffer(bytes(items), np.bool_)
    return None


ParseList = Callable[[Sequence[Any]], NDArray[Any] | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """Values of one or several sequences, in the form of the request.

    Attributes:
        values: (L,) of one sequence, (B, L) of rows of one length, or (N,) of ragged
            rows, one after the other.
        lengths: (B,) lengths of ragged rows, else None.
    """

    values: NDArray[Any]
    lengths: NDArray[np.int64] | None = None

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape once padded, (L,) or (B, L)."""
        if self.lengths is None:
            return self.values.shape
        return len(self.lengths), int(self.lengths.max())

    def pad(self, fill: Any) -> NDArray[Any]:
        """Return the values, ragged rows padded to the longest: (L,) or (B, L)."""
        if self.lengths is None:
            return self.values
        padded = np.full(self.shape, fill, self.values.dtype)
        padded[np.arange(self.shape[1]) < self.lengths[:, None]] = self.values
        return padded

    def path(self, flat: int) -> tuple[int, ...]:
        """Return row and position, or position, of a flat index into the values."""
        if self.lengths is None:
            if not self.values.ndim:
                return ()
            found = np.unravel_index(flat, self.values.shape)
            return tuple(int(index) for index in found)
        ends = np.cumsum(self.lengths)
        row = int(np.searchsorted(ends, flat, side="right"))
        return row, flat - int(ends[row] - self.lengths[row])

    def fits(self, other: "Rows") -> bool:
        """Tell whether each value of `other`, or each position, has one here."""
        if self.lengths is None:
            return self.values.shape in (other.shape, other.shape[-1:]) and (
                other.lengths is None or self.values.ndim == 1
            )
        return other.lengths is not None and np.array_equal(self.lengths, other.lengths)


def are_nested(items: Sequence[Any]) -> bool:
    """Tell whether a list is one of rows, as its first item says."""
    return isinstance(items[0], list)


def parse_rows(items: list[Any], parse: ParseList) -> Rows | None:
    """Return a list of values, or of rows of them; None if one has another type.

    Args:
        items: a list that is not empty.
        parse: a list of values to an array, or to None.
    """
    if not are_nested(items):
        values = parse(items)
        return None if values is None else Rows(values=values)
    if set(map(type, items)) != {list}:
        return None
    lengths = list(map(len, items))
    values = parse(list(chain.from_iterable(items)))
    if values is None:
        return None
    if min(lengths) == max(lengths):
        return Rows(values=values.reshape(len(lengths), -1))
    return Rows(values=values, lengths=np.array(lengths, np.int64))


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemType:
    """One type of items.

    Attributes:
        name: in messages.
        letters: NumPy's kinds of the dtypes that arrays of it may have.
        parse: a list of JSON values to an array, or None if one has another type.
        find_errors: the values of another type.
    """

    name: str
    letters: str
    parse: ParseList
    find_errors: Callable[[Sequence[Any]], ItemErrors]


def find_integer_errors(items: Sequence[Any]) -> ItemErrors:
    """Find the items that are not JSON integers of 64 bits."""
    for path, code, rule in find_whole_number_errors(items, most=GREATEST_INT64):
        if code != "out_of_range" or items[path[0]] > GREATEST_INT64:
            yield path, code, rule


def find_number_errors(items: Sequence[Any]) -> ItemErrors:
    """Find the items that are not JSON numbers."""
    for index, item in enumerate(items):
        if type(item) not in {int, float}:
            rule = f"must be a number, got {format_value(item)}"
            yield (index,), "not_a_number", rule


def find_boolean_errors(items: Sequence[Any]) -> ItemErrors:
    """Find the items that are neither true nor false."""
    for index, item in enumerate(items):
        if not isinstance(item, bool):
            rule = f"must be true or false, got {format_value(item)}"
            yield (index,), "not_a_flag", rule


INTEGERS: Final = ItemType(
    name="integers", letters="iu", parse=parse_integers, find_errors=find_integer_errors
)
REALS: Final = ItemType(
    name="numbers", letters="fiu", parse=parse_reals, find_errors=find_number_errors
)
WEIGHTS: Final = ItemType(
    name="numbers", letters="fiu", parse=parse_reals, find_errors=find_weight_errors
)
BOOLEANS: Final = ItemType(
    name="booleans", letters="b", parse=parse_booleans, find_errors=find_boolean_errors
)


def describe_errors(
    rows: Rows, indices: NDArray[np.int64], code: str, rule: str
) -> ItemErrors:
    """Describe values of rows that break a rule.

    Args:
        rows: all of the values.
        indices: flat indices of those that break it.
        code: the rule's.
        rule: what each must be.
    """
    flat = rows.values.reshape(-1)
    for index in indices[:MOST_ERRORS].tolist():
        yield rows.path(index), code, f"{rule}, got {flat[index].item()}"


def find_range_errors(name: str, values: Rows | NDArray[Any], *, most: int) -> Any:
    """Return the error detail about integers outside 0..most; empty without any."""
    rows = values if isinstance(values, Rows) else Rows(values=values)
    outside = find_outside(rows.values, most)
    errors = describe_errors(rows, outside, "out_of_range", f"must lie in 0..{most}")
    return build_error_detail(name, errors)


def one_of_schema(*schemas: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of a value of one of several kinds."""
    return {"oneOf": list(schemas)}


def list_schema(items: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of a list that is not empty."""
    return {"type": "array", "items": items, "minItems": 1}


def rows_schema(items: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of one sequence or of rows, which may be ragged."""
    rows = {"type": "array", "items": items}
    return one_of_schema(list_schema(items), list_schema(rows))


class ArrayField(StrictField):
    """A field whose value is an array, or becomes one."""

    default_error_messages = {
        "not_a_list": "`{name}` must be {form}, got {received}.",
        "empty": "`{name}` must not be empty.",
        "wrong_dtype": "`{name}` must hold {items}, got {received}.",
        "wrong_shape": "`{name}` must be {form}, got {received}.",
    }
    item_type: ClassVar[ItemType]
    form: ClassVar[str]
    """What the value must be, in messages."""

    dimensions: ClassVar[range]
    """How many axes an array may have."""

    def check_array(self, array: NDArray[Any]) -> NDArray[Any]:
        """Return an array of the right dtype, shape and size."""
        about = f"{array.dtype.name} of shape {list(array.shape)}"
        if array.dtype.kind not in self.item_type.letters:
            self.fail("wrong_dtype", items=self.item_type.name, received=about)
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

    def parse_one(self, data: Any) -> NDArray[Any]:
        """Return one value as an array without axes."""
        array = self.item_type.parse([data])
        if array is None:
            errors = self.item_type.find_errors([data])
            self.raise_errors(((), code, rule) for _, code, rule in errors)
        return np.asarray(array).reshape(())

    def raise_errors(self, errors: ItemErrors) -> None:
        """Raise a ValidationError about the errors, if there are any."""
        detail = build_error_detail(self.name, errors)
        if detail:
            raise ValidationError(detail)


class RowsField(ArrayField):
    """One sequence of values, or rows of them."""

    dimensions = range(1, 3)

    def to_internal_value(self, data: Any) -> Rows:
        """Return the values."""
        if isinstance(data, np.ndarray):
            return Rows(values=self.check_array(data))
        if not isinstance(data, list):
            self.fail("not_a_list", form=self.form, received=format_value(data))
        self._check_sizes(data)
        rows = parse_rows(data, self.item_type.parse)
        if rows is None:
            raise ValidationError(
                build_error_detail(self.name, self._find_errors(data))
            )
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

    def _find_errors(self, data: list[Any]) -> ItemErrors:
        find = self.item_type.find_errors
        if not are_nested(data):
            yield from find(data)
            return
        for index, row in enumerate(data):
            if not isinstance(row, list):
                rule = f"must be a list as the first row is, got {format_value(row)}"
                yield (index,), "not_a_list", rule
                continue
            for path, code, rule in find(row):
                yield (index, *path), code, rule


@extend_schema_field(rows_schema({"type": "integer", "minimum": 0}))
class TokensField(RowsField):
    """Token ids of one sequence or of rows, as integers of any dtype."""

    item_type = INTEGERS
    form = "a list of token ids or of rows of them"


@extend_schema_field(rows_schema({"type": "number", "exclusiveMinimum": 0}))
class WeightRowsField(RowsField):
    """One weight above zero for each token, or for each position of all rows."""

    item_type = WEIGHTS
    form = "a list of weights or of rows of them"

    def to_internal_value(self, data: Any) -> Rows:
        """Return the weights."""
        rows = super().to_internal_value(data)
        bad = np.flatnonzero(~(rows.values.reshape(-1) > 0.0))
        self.raise_errors(describe_errors(rows, bad, "out_of_range", "must be above 0"))
        return rows


@extend_schema_field(rows_schema({"type": "boolean"}))
class MaskRowsField(RowsField):
    """One truth value for each token, or for each position of all rows."""

    item_type = BOOLEANS
    form = "a list of booleans or of rows of them"


@extend_schema_field(
    rows_schema({"type": "integer", "minimum": 0, "maximum": MAX_POSITION})
)
class PositionRowsField(RowsField):
    """One position for each token, or for each column of all rows."""

    item_type = INTEGERS
    form = "a list of positions or of rows of them"

    def to_internal_value(self, data: Any) -> Rows:
        """Return the positions."""
        rows = super().to_internal_value(data)
        detail = find_range_errors(self.name, rows, most=MAX_POSITION)
        if detail:
            raise ValidationError(detail)
        return rows


class OneOrRowsField(RowsField):
    """One value, or values of one sequence or of rows."""

    dimensions = range(3)

    def to_internal_value(self, data: Any) -> Rows:
        """Return the values; one value has no axis."""
        if not isinstance(data, (np.ndarray, list)):
            return self.check_rows(Rows(values=self.parse_one(data)))
        return self.check_rows(super().to_internal_value(data))

    def check_rows(self, rows: Rows) -> Rows:
        """Return values of the right type, or refuse those out of range."""
        return rows


class OneOrManyField(ArrayField):
    """One number, or a list of numbers, as an array of no or one axis."""

    dimensions = range(2)

    def to_internal_value(self, data: Any) -> NDArray[Any]:
        """Return the numbers."""
        if isinstance(data, np.ndarray):
            return self.check_values(self.check_array(data))
        if not isinstance(data, list):
            return self.check_values(self.parse_one(data))
        if not data:
            self.fail("empty")
        self.check_size(len(data))
        array = self.item_type.parse(data)
        if array is None:
            errors = self.item_type.find_errors(data)
            raise ValidationError(build_error_detail(self.name, errors))
        return self.check_values(array)

    def check_values(self, array: NDArray[Any]) -> NDArray[Any]:
        """Return numbers of the right type, or refuse those out of range."""
        return array


WHOLE = {"type": "integer", "minimum": 0, "maximum": GREATEST_INT64}


@extend_schema_field(one_of_schema(WHOLE, list_schema(WHOLE)))
class WholeField(OneOrManyField):
    """Integers >= 0 of 63 bits, one or many; a request sets lower limits itself."""

    item_type = INTEGERS
    form = "a whole number or a list of them"

    def check_values(self, array: NDArray[Any]) -> NDArray[Any]:
        """Return the integers if none is out of range."""
        detail = find_range_errors(self.name, array, most=GREATEST_INT64)
        if detail:
            raise ValidationError(detail)
        return array


@extend_schema_field(list_schema(WHOLE))
class WholeListField(WholeField):
    """A list of such integers."""

    form = "a list of whole numbers"

    def to_internal_value(self, data: Any) -> NDArray[Any]:
        """Return the integers."""
        if not isinstance(data, list):
            self.fail("not_a_list", form=self.form, received=format_value(data))
        return super().to_internal_value(data)


@extend_schema_field(one_of_schema(WHOLE, *rows_schema(WHOLE)["oneOf"]))
class WholeRowsField(OneOrRowsField):
    """Integers >= 0 of 63 bits: one, one for each row, or one for each token."""

    item_type = INTEGERS
    form = "a whole number, a list of them or rows of them"

    def check_rows(self, rows: Rows) -> Rows:
        """Return the integers if none is out of range."""
        detail = find_range_errors(self.name, rows, most=GREATEST_INT64)
        if detail:
            raise ValidationError(detail)
        return rows


TIME = {"type": "number", "minimum": 0, "maximum": 1}


def find_time_errors(rows: Rows) -> ItemErrors:
    """Find the times that do not lie in [0, 1], such as NaN."""
    flat = rows.values.reshape(-1)
    bad = np.flatnonzero(~((flat >= 0.0) & (flat <= 1.0)))
    return describe_errors(rows, bad, "out_of_range", "must lie in [0, 1]")


@extend_schema_field(one_of_schema(TIME, list_schema(TIME)))
class TimesField(OneOrManyField):
    """Times in [0, 1], one or many; not NaN."""

    item_type = REALS
    form = "a number or a list of them"

    def check_values(self, array: NDArray[Any]) -> NDArray[Any]:
        """Return the times if all lie in [0, 1]."""
        self.raise_errors(find_time_errors(Rows(values=array)))
        return array


@extend_schema_field(TIME)
class TimeField(TimesField):
    """One time in [0, 1]."""

    form = "a number"

    def to_internal_value(self, data: Any) -> Any:
        """Return the time as a float."""
        return self.check_values(self.parse_one(data)).item()


@extend_schema_field(one_of_schema(TIME, *rows_schema(TIME)["oneOf"]))
class TimeRowsField(OneOrRowsField):
    """Times in [0, 1]: one, one for each row, or one for each token; not NaN."""

    item_type = REALS
    form = "a number, a list of them or rows of them"

    def check_rows(self, rows: Rows) -> Rows:
        """Return the times if all lie in [0, 1]."""
        self.raise_errors(find_time_errors(rows))
        return rows
