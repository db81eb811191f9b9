"""Fields of request bodies: strict about JSON's types, quick with long lists.

A long list is judged in a few vectorised passes. Only one that fails is walked item
by item, until enough offenders are found to answer with.
"""

from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import Any, Never

import numpy as np
import orjson
from django.conf import settings
from drf_spectacular.drainage import set_override
from drf_spectacular.utils import extend_schema_field
from numpy.typing import NDArray
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail, ValidationError

from noising.api.arrays import integers, outside, reals
from noising.api.openapi.specifications import HYPERSCHEDULE
from noising.api.problems import MOST_ERRORS, ContentTooLarge, convert_engine_error
from noising.configured import default_process
from noising.engine import (
    TYPE_WEIGHTS,
    EngineError,
    ForwardProcess,
    with_hyperschedule,
)
from noising.engine.parameters import whole

SHOWN_CHARACTERS = 60
"""How much of a refused value its message repeats."""

EXTRAS = ("alphas", "seed", "masks")
"""What an answer to POST /noise may carry beside its three keys."""

WHOLE_NUMBERS = {"type": "array", "items": {"type": "integer", "minimum": 0}}
WEIGHTS = {
    "type": "array",
    "items": {"type": "number", "exclusiveMinimum": 0},
    "minItems": 1,
}
TOKEN_TYPES = {
    "type": "object",
    "properties": dict.fromkeys(TYPE_WEIGHTS, WHOLE_NUMBERS),
    "additionalProperties": False,
}


def format_value(value: Any) -> str:
    """Return a JSON value as a message may repeat it."""
    if isinstance(value, (list, dict)):
        kind = "a list" if isinstance(value, list) else "an object"
        return f"{kind} of {len(value)} items"
    if isinstance(value, str):
        value = value[:SHOWN_CHARACTERS]
    return orjson.dumps(value).decode()


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
        """Raise the ValidationError worded in the table under this key."""
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
    """A JSON integer in least..most; 7.0 is one, true, 7.5 and "7" are none.

    Args:
        most: the greatest value, or what tells it at each use.
        least: the smallest.
    """

    default_error_messages = {
        "not_an_integer": "`{name}` must be a whole number, got {received}.",
        "out_of_range": "`{name}` must lie in {least}..{most}, got {received}.",
    }

    def __init__(
        self, *, most: int | Callable[[], int], least: int = 0, **options: Any
    ) -> None:
        """Keep the range."""
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
                "out_of_range", least=self.least, most=most, received=format_value(data)
            )
        return number


class ListField(StrictField):
    """A list of numbers that becomes a one-dimensional array."""

    default_error_messages = {
        "not_a_list": "`{name}` must be a list, got {received}.",
        "empty": "`{name}` must not be empty.",
    }

    def __init__(self, *, allow_empty: bool = False, **options: Any) -> None:
        """Keep whether the list may be empty."""
        self.allow_empty = allow_empty
        super().__init__(**options)

    def checked(self, data: Any) -> list[Any]:
        """Return the data if it is a list of a length that can be used."""
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
    """A list of JSON integers in 0..most, as int64."""

    def __init__(self, *, most: Callable[[], int], **options: Any) -> None:
        """Keep the greatest value of an item, which is asked for at each use."""
        self.most = most
        super().__init__(**options)

    def to_internal_value(self, data: Any) -> NDArray[np.int64]:
        """Return the integers."""
        items, most = self.checked(data), self.most()
        numbers = integers(items)
        if numbers is not None and not outside(numbers, most).size:
            return numbers
        offenders = bad_whole_numbers(items, most=most)
        raise ValidationError(item_errors(self.name, offenders))


@extend_schema_field(WEIGHTS)
class WeightsField(ListField):
    """A list of finite JSON numbers above zero, as float64."""

    def to_internal_value(self, data: Any) -> NDArray[np.float64]:
        """Return the weights."""
        items = self.checked(data)
        weights = reals(items)
        if weights is not None and weights.min() > 0.0:
            return weights
        raise ValidationError(item_errors(self.name, bad_weights(items)))


Offenders = Iterator[tuple[int, str, str]]
"""Of each item that is refused: its index, the code, the rule and what it is."""


def item_errors(name: str, offenders: Offenders) -> dict[str, list[ErrorDetail]]:
    """Return the detail of a ValidationError about the first offenders of a list."""
    return {
        str(index): [ErrorDetail(f"`{name}[{index}]` {rule}.", code)]
        for index, code, rule in islice(offenders, MOST_ERRORS)
    }


def bad_whole_numbers(items: Sequence[Any], *, most: int) -> Offenders:
    """Find the items that are no JSON integers in 0..most."""
    for index, item in enumerate(items):
        number = whole(item)
        if number is None:
            rule = f"must be a whole number, got {format_value(item)}"
            yield index, "not_an_integer", rule
        elif not 0 <= number <= most:
            yield index, "out_of_range", f"must lie in 0..{most}, got {item}"


def bad_weights(items: Sequence[Any]) -> Offenders:
    """Find the items that are no JSON numbers above zero."""
    for index, item in enumerate(items):
        if type(item) not in {int, float}:
            yield index, "not_a_number", f"must be a number, got {format_value(item)}"
        elif not item > 0:
            yield index, "out_of_range", f"must be above 0, got {format_value(item)}"


class ExtrasField(StrictField):
    """Names of what an answer may carry beside the keys it always has, as a set."""

    default_error_messages = {
        "not_a_list": "`{name}` must be a list, got {received}.",
        "unknown": "`{name}` may hold {known}, got {received}.",
    }

    def __init__(self, *, known: Sequence[str] = EXTRAS, **options: Any) -> None:
        """Keep the names that there are."""
        self.known = known
        items = {"type": "string", "enum": list(known)}
        set_override(self, "field", {"type": "array", "items": items})
        super().__init__(**options)

    def to_internal_value(self, data: Any) -> frozenset[str]:
        """Return the names chosen."""
        if not isinstance(data, list):
            self.fail("not_a_list", received=format_value(data))
        for item in data:
            if item not in self.known:
                known = ", ".join(self.known)
                self.fail("unknown", known=known, received=format_value(item))
        return frozenset(data)


@extend_schema_field(HYPERSCHEDULE)
class HyperscheduleField(StrictField):
    """The specification of a hyperschedule, as the server's process under it."""

    default_error_messages = {
        "not_an_object": "`{name}` must be an object, got {received}.",
    }

    def to_internal_value(self, data: Any) -> ForwardProcess:
        """Return the server's process under it."""
        return self.applied(default_process(), data)

    def applied(self, process: ForwardProcess, data: Any) -> ForwardProcess:
        """Return a process under the hyperschedule that the data stands for."""
        if not isinstance(data, dict):
            self.fail("not_an_object", received=format_value(data))
        try:
            return with_hyperschedule(process, self.specification(data))
        except EngineError as error:
            raise convert_engine_error(error, self.origin, self.name) from None

    origin = "hyperschedule"
    """Where the engine finds what this field holds."""

    def specification(self, data: dict[str, Any]) -> dict[str, Any]:
        """Return the specification that the data stands for."""
        return data


@extend_schema_field(TOKEN_TYPES)
class TokenTypesField(HyperscheduleField):
    """The tokenizer service's token types, as the process that weighs by them."""

    origin = "hyperschedule.classes"

    def specification(self, data: dict[str, Any]) -> dict[str, Any]:
        """Return a hyperschedule with the server's weight for each type."""
        return type_weighting(data)


def type_weighting(token_types: dict[str, Any]) -> dict[str, Any]:
    """Return the hyperschedule that gives each type of token the server's weight."""
    return {
        "type": "token_types",
        "classes": token_types,
        "weights": settings.TOKEN_TYPE_WEIGHTS,
    }
