"""Parameters as text, in the query or in metadata, parsed to the values of JSON.

Numbers in a list are separated by commas, names have no quotes, and objects are JSON.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from django.http import QueryDict
from rest_framework.exceptions import ErrorDetail, ValidationError

from noising.api.fields import format_value


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """How a parameter is written.

    Attributes:
        rule: what its text must be, in messages.
        parse: the text to the value; raises ValueError for any other text.
    """

    rule: str
    parse: Callable[[str], Any]


def _parse_numbers(text: str) -> Any:
    values = orjson.loads(f"[{text}]")
    return values if len(values) != 1 else _parse_number(text)


def _parse_number(text: str) -> Any:
    [value] = orjson.loads(f"[{text}]")
    if value is None:  # not a number, though fields take it as not given
        raise ValueError("null")
    return value


def _parse_name_or_object(text: str) -> Any:
    return orjson.loads(text) if text.lstrip().startswith("{") else text


FLAG = Format(rule="true or false", parse=_parse_number)
NUMBER = Format(rule="a number", parse=_parse_number)
NUMBERS = Format(rule="numbers separated by commas", parse=_parse_numbers)
ROW = Format(
    rule="numbers separated by commas", parse=lambda text: orjson.loads(f"[{text}]")
)
NAME = Format(rule="a name", parse=str)
NAMES = Format(rule="names separated by commas", parse=lambda text: text.split(","))
OBJECT = Format(rule="a JSON object", parse=orjson.loads)
NAME_OR_OBJECT = Format(rule="a name or a JSON object", parse=_parse_name_or_object)


def read_texts(
    pairs: Iterable[tuple[str, str]], formats: Mapping[str, Format]
) -> dict[str, Any]:
    """Return the values of parameters by name; those of unknown names as text.

    Args:
        pairs: name and text of each.
        formats: how each name is written.

    Raises:
        ValidationError: a text cannot be parsed, or a name occurs twice.
    """
    values: dict[str, Any] = {}
    errors: dict[str, Any] = {}
    for name, text in pairs:
        if name in values:
            errors[name] = [ErrorDetail(f"`{name}` must be given once.", "twice")]
            continue
        try:
            values[name] = formats[name].parse(text) if name in formats else text
        except ValueError:
            values[name] = text
            detail = f"`{name}` must be {formats[name].rule}, got {format_value(text)}."
            errors[name] = [ErrorDetail(detail, "malformed")]
    if errors:
        raise ValidationError(errors)
    return values


def add_query(values: Any, query: QueryDict, formats: Mapping[str, Format]) -> Any:
    """Return the values of a body and of a query together.

    Raises:
        ValidationError: a parameter cannot be read, or is in both.
    """
    pairs = [(name, text) for name, texts in query.lists() for text in texts]
    if not pairs or not isinstance(values, dict):
        return values
    return merge_values(values, read_texts(pairs, formats))


def merge_values(values: dict[str, Any], others: dict[str, Any]) -> dict[str, Any]:
    """Return the values of two places together.

    Raises:
        ValidationError: a name is in both.
    """
    both = values.keys() & others.keys()
    if both:
        raise ValidationError(
            {
                name: [ErrorDetail(f"`{name}` must be given once.", "twice")]
                for name in sorted(both)
            }
        )
    return values | others
