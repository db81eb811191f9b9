"""Parameters as text, in the query or in metadata, as the values that JSON would hold.

Numbers and lists of numbers are written with commas, names without quotes, and what is
an object in JSON is the same JSON.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from rest_framework.exceptions import ErrorDetail, ValidationError

from noising.api.fields import format_value


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """How a parameter is written.

    Attributes:
        rule: what its text must be, in messages.
        read: from the text to the value; ValueError where it has none.
    """

    rule: str
    read: Callable[[str], Any]


def _numbers(text: str) -> Any:
    values = orjson.loads(f"[{text}]")
    return values[0] if len(values) == 1 else values


def _number(text: str) -> Any:
    [value] = orjson.loads(f"[{text}]")
    return value


def _name_or_object(text: str) -> Any:
    return orjson.loads(text) if text.lstrip().startswith("{") else text


NUMBER = Form(rule="a number", read=_number)
NUMBERS = Form(rule="numbers separated by commas", read=_numbers)
ROW = Form(
    rule="numbers separated by commas", read=lambda text: orjson.loads(f"[{text}]")
)
NAME = Form(rule="a name", read=str)
NAMES = Form(rule="names separated by commas", read=lambda text: text.split(","))
OBJECT = Form(rule="a JSON object", read=orjson.loads)
NAME_OR_OBJECT = Form(rule="a name or a JSON object", read=_name_or_object)


def read_texts(
    pairs: Iterable[tuple[str, str]], forms: Mapping[str, Form]
) -> dict[str, Any]:
    """Return the values of parameters by name; those of unknown names as they are.

    Args:
        pairs: name and text of each.
        forms: how each name is written.

    Raises:
        ValidationError: a text has no value, or a name comes twice.
    """
    values: dict[str, Any] = {}
    errors: dict[str, Any] = {}
    for name, text in pairs:
        if name in values:
            errors[name] = [ErrorDetail(f"`{name}` must be given once.", "twice")]
            continue
        try:
            values[name] = forms[name].read(text) if name in forms else text
        except ValueError:
            values[name] = text
            detail = f"`{name}` must be {forms[name].rule}, got {format_value(text)}."
            errors[name] = [ErrorDetail(detail, "malformed")]
    if errors:
        raise ValidationError(errors)
    return values
