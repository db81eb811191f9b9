"""Parameters of schedules, graphs and hyperschedules: declaration and checks.

A schedule, graph or hyperschedule lists its parameters in a table from name to
`Parameter`; `parse_parameters` checks a JSON object against the table and returns
canonical Python values.
"""

import abc
import contextlib
import difflib
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Final, Protocol, TypeVar, cast

import numpy as np

from noising.engine.errors import EngineError

MAX_LIST: Final = 1 << 24
EXACT_FLOATS: Final = 1 << 53
"""float64 represents every integer below this bound exactly."""
_NOT_NUMBERS: Final = (bool, np.timedelta64)  # subclasses of int and np.integer


class _Required:
    """Marks a parameter that has no default."""

    def __repr__(self) -> str:
        return "required"


REQUIRED: Final = _Required()


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter(abc.ABC):
    """One named value of a specification.

    Attributes:
        default: canonical value if the specification gives none, or REQUIRED.
        help: description with the unit, for pages and documentation.
        hides_default: whether the canonical specification leaves out the default. It
            is set for parameters that were added later, so that fingerprints stay.
    """

    default: Any = REQUIRED
    help: str
    hides_default: bool = False

    @abc.abstractmethod
    def parse(self, value: Any, field: str) -> Any:
        """Return the canonical value.

        Raises:
            EngineError: `value` is of the wrong type or out of range.
        """

    @abc.abstractmethod
    def schema(self) -> dict[str, Any]:
        """Return a JSON Schema (2020-12) of the values that `parse` accepts.

        It accepts more than `parse` where JSON Schema cannot express a rule.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class Number(Parameter):
    """A finite float64 between `low` and `high`, each open or closed."""

    low: float = -math.inf
    high: float = math.inf
    open_low: bool = False
    open_high: bool = False

    def parse(self, value: Any, field: str) -> float:
        """Return `value` as a float."""
        number = _parse_float(value, field)
        if not self.accepts(number):
            raise EngineError(field, "out_of_range", f"must lie in {self.range}", value)
        return number

    def schema(self) -> dict[str, Any]:
        """Return a number in the interval."""
        schema: dict[str, Any] = {"type": "number"}
        if math.isfinite(self.low):
            schema["exclusiveMinimum" if self.open_low else "minimum"] = self.low
        if math.isfinite(self.high):
            schema["exclusiveMaximum" if self.open_high else "maximum"] = self.high
        return schema

    def accepts(self, number: float) -> bool:
        """Return whether `number` is finite and in range."""
        above = number > self.low if self.open_low else number >= self.low
        below = number < self.high if self.open_high else number <= self.high
        return math.isfinite(number) and above and below

    @property
    def range(self) -> str:
        """The interval in mathematical notation, such as ``[0, 1)``."""
        left = "(" if self.open_low or math.isinf(self.low) else "["
        right = ")" if self.open_high or math.isinf(self.high) else "]"
        return f"{left}{self.low:g}, {self.high:g}{right}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Integer(Parameter):
    """An integer in low..high; as in JSON Schema, 7.0 counts as an integer."""

    low: int
    high: int

    def parse(self, value: Any, field: str) -> int:
        """Return `value` as an int."""
        number = whole(value)
        if number is None:
            raise EngineError(field, "not_an_integer", "must be an integer", value)
        if not self.low <= number <= self.high:
            rule = f"must lie in {self.low}..{self.high}"
            raise EngineError(field, "out_of_range", rule, value)
        return number

    def schema(self) -> dict[str, Any]:
        """Return an integer in the range."""
        return {"type": "integer", "minimum": self.low, "maximum": self.high}


@dataclass(frozen=True, slots=True, kw_only=True)
class Flag(Parameter):
    """True or false."""

    def parse(self, value: Any, field: str) -> bool:
        """Return `value` as a bool."""
        if not isinstance(value, bool):
            raise EngineError(field, "not_a_flag", "must be true or false", value)
        return value

    def schema(self) -> dict[str, Any]:
        """Return a boolean."""
        return {"type": "boolean"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice(Parameter):
    """One of a few names."""

    options: tuple[str, ...]

    def parse(self, value: Any, field: str) -> str:
        """Return `value` if it is one of the options."""
        if not isinstance(value, str) or value not in self.options:
            rule = f"must be one of {', '.join(self.options)}"
            hint = nearest(value, self.options) if isinstance(value, str) else ""
            raise EngineError(field, "unknown_name", rule, value, hint)
        return value

    def schema(self) -> dict[str, Any]:
        """Return the options."""
        return {"type": "string", "enum": list(self.options)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbers(Parameter):
    """A list of numbers, each checked by `item`."""

    item: Number
    min_length: int = 1

    def parse(self, value: Any, field: str) -> list[float]:
        """Return `value` as a list of floats."""
        values = listed(value, field, min_length=self.min_length)
        if set(map(type, values)) <= {int, float}:  # the common case, in one pass
            with contextlib.suppress(OverflowError):
                array = np.array(values, np.float64)
                if self.item.accepts(array.min()) and self.item.accepts(array.max()):
                    return cast(list[float], (array + 0.0).tolist())
        return [self.item.parse(v, f"{field}[{i}]") for i, v in enumerate(values)]

    def schema(self) -> dict[str, Any]:
        """Return a list of such numbers."""
        return array_schema(self.item, min_length=self.min_length)


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval(Parameter):
    """Two ascending numbers, each checked by `item`."""

    item: Number

    def parse(self, value: Any, field: str) -> list[float]:
        """Return `value` as a list of two floats, the first below the second."""
        ends = listed(value, field)
        if len(ends) != 2:
            rule = "must be two numbers, the start and the end"
            raise EngineError(field, "wrong_length", rule, ends)
        low, high = (self.item.parse(v, f"{field}[{i}]") for i, v in enumerate(ends))
        if not low < high:
            rule = "must start below its end"
            way_out = "swap the two" if low > high else ""
            raise EngineError(field, "out_of_order", rule, [low, high], way_out)
        return [low, high]

    def schema(self) -> dict[str, Any]:
        """Return a list of two such numbers."""
        return array_schema(self.item, min_length=2) | {"maxItems": 2}


@dataclass(frozen=True, slots=True, kw_only=True)
class Optional(Parameter):
    """A value that `inner` accepts, or null."""

    inner: Parameter

    def parse(self, value: Any, field: str) -> Any:
        """Return None or the inner parameter's value."""
        return None if value is None else self.inner.parse(value, field)

    def schema(self) -> dict[str, Any]:
        """Return the inner parameter's schema, or null."""
        return {"oneOf": [self.inner.schema(), {"type": "null"}]}


def array_schema(item: Parameter, *, min_length: int = 0) -> dict[str, Any]:
    """Return the JSON Schema of a list of values that a parameter accepts."""
    schema = {"type": "array", "items": item.schema()}
    return schema | {"minItems": min_length} if min_length else schema


def whole(value: Any) -> int | None:
    """Return `value` as an int, also if it is written as 7.0; else None.

    Floats from 2^53 on give None, since they may stand for several integers.
    """
    if isinstance(value, _NOT_NUMBERS):
        return None
    if isinstance(value, (int, np.integer)):
        return int(value)
    if isinstance(value, (float, np.floating)):
        number = float(value)
        is_exact = number.is_integer() and abs(number) < EXACT_FLOATS
        return int(number) if is_exact else None
    return None


def _parse_float(value: Any, field: str) -> float:
    numeric = isinstance(value, (int, float, np.integer, np.floating))
    if isinstance(value, _NOT_NUMBERS) or not numeric:
        raise EngineError(field, "not_a_number", "must be a number", value)
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise EngineError(field, "not_finite", "must be a finite number", value)
    return number + 0.0  # turns -0 into 0, so that both give one fingerprint


def listed(value: Any, field: str, *, min_length: int = 0) -> list[Any]:
    """Return a list, tuple or array as a list.

    Raises:
        EngineError: `value` has another type, or is too short or too long.
    """
    if isinstance(value, np.ndarray):
        value = value.tolist()
    if not isinstance(value, (list, tuple)):
        raise EngineError(field, "not_a_list", "must be a list", value)
    if not min_length <= len(value) <= MAX_LIST:
        rule = f"must have {min_length}..{MAX_LIST} items"
        raise EngineError(field, "wrong_length", rule, len(value))
    return list(value)


def mapping(value: Any, field: str) -> Mapping[str, Any]:
    """Return `value` as a JSON object.

    Raises:
        EngineError: `value` is not a mapping with string keys.
    """
    if not isinstance(value, Mapping) or not all(isinstance(k, str) for k in value):
        raise EngineError(field, "not_an_object", "must be an object", value)
    return value


def check_keys(keys: Iterable[str], known: Iterable[str], field: str) -> None:
    """Check that all keys are known.

    Raises:
        EngineError: a key is unknown; suggests the known key closest to it.
    """
    names = list(known)
    for key in keys:
        if key not in names:
            path = f"{field}.{key}" if field else key
            rule = f"is unknown; known are {', '.join(names) or 'none'}"
            raise EngineError(path, "unknown_key", rule, key, nearest(key, names))


def check_integer(value: Any, field: str, low: int, high: int, why: str = "") -> None:
    """Check that a value is one integer in low..high.

    Raises:
        EngineError: it is not.
    """
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)):
        raise EngineError(field, "not_an_integer", "must be an integer", value)
    if not low <= value <= high:
        rule = f"must lie in {low}..{high}"
        raise EngineError(field, "out_of_range", rule, value, why)


def nearest(name: str, known: Iterable[str]) -> str:
    """Return a hint such as "did you mean `cosine`?", or an empty string."""
    close = difflib.get_close_matches(name[:80], list(known), n=1)
    return f"did you mean `{close[0]}`?" if close else ""


def canonical_parameters(
    table: Mapping[str, Parameter], values: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the values of `parse_parameters` that a canonical specification names."""
    return {
        name: value
        for name, value in values.items()
        if not (table[name].hides_default and value == table[name].default)
    }


def parse_parameters(
    table: Mapping[str, Parameter], given: Mapping[str, Any], field: str
) -> dict[str, Any]:
    """Return the canonical value of every parameter of `table`.

    Args:
        table: the declared parameters by name.
        given: the JSON object without its ``type``.
        field: dotted path of the object, such as ``schedule``.

    Raises:
        EngineError: an unknown key, a missing value or a value out of range.
    """
    check_keys(given, table, field)
    values: dict[str, Any] = {}
    for name, parameter in table.items():
        path = f"{field}.{name}"
        if name in given:
            values[name] = parameter.parse(given[name], path)
        elif parameter.default is REQUIRED:
            raise EngineError(path, "missing", "is required", None, parameter.help)
        else:
            values[name] = parameter.default
    return values


class Declared(Protocol):
    """A class that declares its parameters."""

    PARAMETERS: ClassVar[Mapping[str, Parameter]]


_Type = TypeVar("_Type", bound=Declared)


def parse_typed(
    table: Mapping[str, type[_Type]], spec: Any, field: str
) -> tuple[type[_Type], dict[str, Any], dict[str, Any]]:
    """Return the class, its checked parameters and the canonical object.

    Args:
        table: the classes by name.
        spec: a JSON object with a ``type``, one of the names, and its parameters.
        field: dotted path of the object.

    Raises:
        EngineError: an unknown type, or parameters that are invalid.
    """
    given = mapping(spec, field)
    name = given.get("type")
    path = f"{field}.type"
    if not isinstance(name, str) or name not in table:
        hint = nearest(name, table) if isinstance(name, str) else ""
        raise EngineError(
            path, "unknown_type", f"must be one of {', '.join(table)}", name, hint
        )
    kind = table[name]
    rest = {key: value for key, value in given.items() if key != "type"}
    parameters = parse_parameters(kind.PARAMETERS, rest, field)
    canonical = canonical_parameters(kind.PARAMETERS, parameters)
    return kind, parameters, {"type": name, **canonical}
