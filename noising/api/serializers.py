"""The base class of strict request bodies, and fields that exclude each other."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, islice
from typing import Any, ClassVar, cast

from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail, ValidationError

from noising.api.fields import (
    format_value,
)
from noising.api.problems import MOST_ERRORS, shorten

NON_FIELD_ERRORS_KEY = "non_field_errors"
"""DRF's key for what concerns the body as a whole."""

NULL = {"type": "null"}


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

    def excluded(self) -> list[dict[str, Any]]:
        """Return schemas of bodies that break the rule."""
        excluded: list[dict[str, Any]] = [
            {"required": list(two), "properties": {name: {"not": NULL} for name in two}}
            for two in combinations(self.names, 2)
        ]
        if self.least and not self.elsewhere:
            excluded.append({"properties": dict.fromkeys(self.names, NULL)})
        return excluded


class StrictSerializer(serializers.Serializer[Any]):
    """A serializer that refuses what is no object, and keys that it does not know."""

    one_of: ClassVar[Sequence[OneOf]] = ()
    """Fields that exclude each other."""

    default_error_messages = {"null": "The body must be a JSON object, got null."}

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        """Return the values by field, or raise one error for all that is wrong."""
        if not isinstance(data, dict):
            text = f"The body must be a JSON object, got {format_value(data)}."
            raise ValidationError(
                {NON_FIELD_ERRORS_KEY: [ErrorDetail(text, "not_an_object")]}
            )
        errors: dict[str, Any] = {}
        strangers = (key for key in data if key not in self.fields)
        for key in islice(strangers, MOST_ERRORS):
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
