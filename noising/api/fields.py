"""Request bodies: serializers and fields that are strict about JSON's types.

A long list is checked in a few vectorised passes. Only a list that fails is walked item
by item, until enough errors are found for the response.
"""

import struct
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, islice
from typing import Any, ClassVar, Final, Never, cast

import numpy as np
import orjson
from django.conf import settings
from drf_spectacular.drainage import set_override
from drf_spectacular.utils import extend_schema_field
from numpy.typing import NDArray
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail, ValidationError

from noising.api.problems import MOST_ERRORS, ContentTooLarge, shorten
from noising.engine.parameters import whole

SHOWN_CHARACTERS: Final = 60
"""How many characters of a refused value the message repeats."""

EXTRAS: Final = ("alphas", "seed", "masks")
"""Keys that a response with noised tokens has only if `return` names them."""

GREATEST_INT64: Final = 2**63 - 1

NON_FIELD_ERRORS_KEY: Final = "non_field_errors"
"""DRF's key for errors about the body as a whole."""

NULL: Final = {"type": "null"}
WHOLE_NUMBERS: Final = {"type": "array", "items": {"type": "integer", "minimum": 0}}


def parse_integers(items: Sequence[Any]) -> NDArray[np.int64] | None:
    """Return JSON integers as int64, (N,), read-only.

    As in JSON Schema, 7.0 is an integer. None if an item is not, or needs more than
    64 bits.
    """
    try:
        packed = struct.pack(f"{len(items)}q", *items)
    except struct.error:  # a float, a string, null, a list, or too large
        return _parse_integral_floats(items)
    numbers = np.frombuffer(packed, np.int64)
    # true and false are packed too, as 1 and 0, so check the types where these occur.
    doubtful = np.flatnonzero(numbers.view(np.uint64) <= 1)
    few = 4 * doubtful.size < numbers.size
    examined = [items[index] for index in doubtful.tolist()] if few else items
    return None if bool in set(map(type, examined)) else numbers


def _parse_integral_floats(items: Sequence[Any]) -> NDArray[np.int64] | None:
    types = set(map(type, items))
    if float not in types or not types <= {int, float}:
        return None
    numbers = list(map(whole, items))
    return None if None in numbers else parse_integers(numbers)


def parse_reals(items: Sequence[Any]) -> NDArray[np.float64] | None:
    """Return JSON numbers as float64, (N,); None if an item is not a number."""
    if set(map(type, items)) <= {int, float}:
        return np.fromiter(items, dtype=np.float64, count=len(items))
    return None


def find_outside(numbers: NDArray[np.integer[Any]], most: int) -> NDArray[np.int64]:
    """Return the flat indices of integers that do not lie in 0..most, ascending."""
    flat = numbers.reshape(-1)
    unsigned = flat.view(f"u{flat.itemsize}")  # a negative one is huge
    if not flat.size or int(unsigned.max()) <= most:
        return np.empty(0, np.int64)
    return np.flatnonzero(unsigned > np.uint64(min(most, 2**64 - 1)))


def format_value(value: Any) -> str:
    """Return a JSON value as a message may repeat it."""
    if isinstance(value, (list, dict)):
        kind = "a list" if isinstance(value, list) else "an object"
        return f"{kind} of {len(value)} items"
    if isinstance(value, str):
        value = value[:SHOWN_CHARACTERS]
    return orjson.dumps(value).decode()


ItemErrors = Iterator[tuple[tuple[int, ...], str, str]]
"""Of each refused item: its path, the code, and the rule with the value received."""


def build_error_detail(name: str, errors: ItemErrors) -> Any:
    """Return the detail of a ValidationError about the first refused items."""
    detail: dict[str, Any] = {}
    for path, code, rule in islice(errors, MOST_ERRORS):
        subscript = "".join(f"[{index}]" for index in path)
        error = [ErrorDetail(f"`{name}{subscript}` {rule}.", code)]
        if not path:
            return error
        branch = detail
        for index in path[:-1]:
            branch = branch.setdefault(str(index), {})
        branch[str(path[-1])] = error
    return detail


def find_whole_number_errors(items: Sequence[Any], *, most: int) -> ItemErrors:
    """Find the items that are not JSON integers in 0..most."""
    for index, item in enumerate(items):
        number = whole(item)
        if number is None:
            rule = f"must be a whole number, got {format_value(item)}"
            yield (index,), "not_an_integer", rule
        elif not 0 <= number <= most:
            yield (index,), "out_of_range", f"must lie in 0..{most}, got {item}"


def find_weight_errors(items: Sequence[Any]) -> ItemErrors:
    """Find the items that are not JSON numbers above zero."""
    for index, item in enumerate(items):
        if type(item) not in {int, float}:
            rule = f"must be a number, got {format_value(item)}"
            yield (index,), "not_a_number", rule
        elif not item > 0:
            rule = f"must be above 0, got {format_value(item)}"
            yield (index,), "out_of_range", rule


class StrictField(serializers.Field[Any, Any, Any, Any]):
    """A field whose errors name it, the rule, the value received and the way out."""

    default_error_messages = {
        "required": "`{name}` is missing.",
        "null": "`{name}` must not be null.",
    }

    @property
    def name(self) -> str:
        """The key under which the request holds it."""
        return str(self.field_name)

    def fail(self, key: str, **values: Any) -> Never:
        """Raise the ValidationError with the message under this key."""
        super().fail(key, name=self.name, **values)


@extend_schema_field({"type": "boolean"})
class FlagField(StrictField):
    """True or false."""

    default_error_messages = {
        "not_a_flag": "`{name}` must be true or false, got {received}.",
    }

    def to_internal_value(self, data: Any) -> bool:
        """Return the truth value."""
        if not isinstance(data, bool):
            self.fail("not_a_flag", received=format_value(data))
        return data


class WholeNumberField(StrictField):
    """A JSON integer in least..most: 7 or 7.0, but not true, 7.5 or "7".

    Args:
        most: the greatest value, or a function that returns it at each use.
        least: the smallest.
    """

    default_error_messages = {
        "not_an_integer": "`{name}` must be a whole number, got {received}.",
        "out_of_range": "`{name}` must lie in {least}..{most}, got {received}.",
    }

    def __init__(
        self, *, most: int | Callable[[], int], least: int = 0, **options: Any
    ) -> None:
        self.least = least
        self.most = most
        super().__init__(**options)

    def greatest(self) -> int:
        """Return the greatest value, with the configuration in force."""
        return self.most if isinstance(self.most, int) else self.most()

    def to_internal_value(self, data: Any) -> int:
        """Return the integer."""
        number = whole(data)
        if number is None:
            self.fail("not_an_integer", received=format_value(data))
        most = self.greatest()
        if not self.least <= number <= most:
            self.fail(
                "out_of_range",
                least=self.least,
                most=most,
                received=format_value(data),
            )
        return number


class ListField(StrictField):
    """A list of numbers that becomes a one-dimensional array."""

    default_error_messages = {
        "not_a_list": "`{name}` must be a list, got {received}.",
        "empty": "`{name}` must not be empty.",
    }

    def __init__(self, *, allow_empty: bool = False, **options: Any) -> None:
        self.allow_empty = allow_empty
        super().__init__(**options)

    def check_list(self, data: Any) -> list[Any]:
        """Return the data if it is a list of an allowed length."""
        if not isinstance(data, list):
            self.fail("not_a_list", received=format_value(data))
        if not data and not self.allow_empty:
            self.fail("empty")
        if len(data) > settings.MAX_TOKENS:
            raise ContentTooLarge(
                f"`{self.name}` must not have more than "
                f"{settings.MAX_TOKENS} items, got {len(data)}."
            )
        return data


class WholeNumbersField(ListField):
    """A list of JSON integers in 0..most, as int64.

    Args:
        most: returns the greatest value of an item at each use.
    """

    def __init__(self, *, most: Callable[[], int], **options: Any) -> None:
        self.most = most
        super().__init__(**options)

    def to_internal_value(self, data: Any) -> NDArray[np.int64]:
        """Return the integers."""
        items, most = self.check_list(data), self.most()
        numbers = parse_integers(items)
        if numbers is not None and not find_outside(numbers, most).size:
            return numbers
        errors = find_whole_number_errors(items, most=most)
        raise ValidationError(build_error_detail(self.name, errors))


@extend_schema_field(
    {
        "type": "array",
        "items": {"type": "number", "exclusiveMinimum": 0},
        "minItems": 1,
    }
)
class WeightsField(ListField):
    """A list of finite JSON numbers above zero, as float64."""

    def to_internal_value(self, data: Any) -> NDArray[np.float64]:
        """Return the weights."""
        items = self.check_list(data)
        weights = parse_reals(items)
        if weights is not None and weights.min() > 0.0:
            return weights
        errors = find_weight_errors(items)
        raise ValidationError(build_error_detail(self.name, errors))


class ExtrasField(StrictField):
    """Names of keys that a response has only on request, as a set."""

    default_error_messages = {
        "not_a_list": "`{name}` must be a list, got {received}.",
        "unknown": "`{name}` may hold {known}, got {received}.",
    }

    def __init__(self, *, known: Sequence[str], **options: Any) -> None:
        self.known = known
        items = {"type": "string", "enum": list(known)}
        set_override(self, "field", {"type": "array", "items": items})
        super().__init__(**options)

    def to_internal_value(self, data: Any) -> frozenset[str]:
        """Return the names."""
        if not isinstance(data, list):
            self.fail("not_a_list", received=format_value(data))
        for item in data:
            if item not in self.known:
                known = ", ".join(self.known)
                self.fail("unknown", known=known, received=format_value(item))
        return frozenset(data)


@dataclass(frozen=True, slots=True, kw_only=True)
class OneOf:
    """At most one of some fields may be given; null stands for not given.

    Attributes:
        names: the fields.
        least: how many must be given, 0 or 1.
        elsewhere: whether one may be given outside of the body, too.
    """

    names: Sequence[str]
    least: int = 0
    elsewhere: bool = False

    def check(self, values: Mapping[str, Any]) -> None:
        """Refuse values that give too many or too few.

        Raises:
            ValidationError: at each of those that were given, or at the first.
        """
        given = [name for name in self.names if values[name] is not None]
        if self.least <= len(given) <= 1:
            return
        choice = " or ".join(f"`{name}`" for name in self.names)
        received = " and ".join(given) or "none"
        text = f"{'One' if self.least else 'At most one'} of {choice} must be given, "
        text += f"got {received}."
        raise ValidationError(
            {name: [ErrorDetail(text, "one_of")] for name in given or self.names[:1]}
        )

    def excluded_schemas(self) -> list[dict[str, Any]]:
        """Return schemas of bodies that break the rule."""
        excluded: list[dict[str, Any]] = [
            {"required": list(two), "properties": {name: {"not": NULL} for name in two}}
            for two in combinations(self.names, 2)
        ]
        if self.least and not self.elsewhere:
            excluded.append({"properties": dict.fromkeys(self.names, NULL)})
        return excluded


class StrictSerializer(serializers.Serializer[Any]):
    """A serializer that refuses anything but an object, and keys it does not know.

    It keeps no state between calls: one instance serves every request.
    """

    one_of: ClassVar[Sequence[OneOf]] = ()
    """Fields that exclude each other."""

    extras: ClassVar[Sequence[str]] = ()
    """What the field `return` may list; without any, the body has no such field."""

    extras_help: ClassVar[str] = "Further keys of the response."

    default_error_messages = {"null": "The body must be a JSON object, got null."}

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        """Add the field whose name is a keyword of Python."""
        fields = super().get_fields()
        if self.extras:
            fields["return"] = ExtrasField(
                known=self.extras, default=frozenset, help_text=self.extras_help
            )
        return fields

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        """Return the values by field, or raise one error for all that is wrong."""
        if not isinstance(data, dict):
            text = f"The body must be a JSON object, got {format_value(data)}."
            raise ValidationError(
                {NON_FIELD_ERRORS_KEY: [ErrorDetail(text, "not_an_object")]}
            )
        errors: dict[str, Any] = {}
        unknown = (key for key in data if key not in self.fields)
        for key in islice(unknown, MOST_ERRORS):
            text = f"`{shorten(key)}` is not known; known are {', '.join(self.fields)}."
            errors[key] = [ErrorDetail(text, "unknown_key")]
        values: dict[str, Any] = {}
        try:
            values = super().to_internal_value(data)
        except ValidationError as error:
            errors = {**cast(dict[str, Any], error.detail), **errors}
        if errors:
            raise ValidationError(errors)
        for rule in self.one_of:
            rule.check(values)
        return values
