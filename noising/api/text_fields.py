"""Fields of texts: names, notes, tags, and one of a few names."""

import re
from collections.abc import Callable, Collection, Sequence
from typing import Any

from django.core.exceptions import ValidationError as ModelError
from drf_spectacular.drainage import set_override
from drf_spectacular.utils import extend_schema_field
from rest_framework.exceptions import ErrorDetail, ValidationError

from benchmarks.names import LONGEST_RUN_NAME, explain_refusal
from noising.api.fields import StrictField, format_value
from noising.api.problems import shorten
from noising.filters import NO_NUL
from noising.models.tags import MAX_TAG_LENGTH, MAX_TAGS, check_tags

LONGEST_NOTES = 20_000
LONGEST_NAME = 100
NAME = re.compile(r"[-a-zA-Z0-9_]+")
_INNER = r"\u0000-\u001f\u007f-\u009f"
TAG = re.compile(rf"[^\s{_INNER}]([^{_INNER}]*[^\s{_INNER}])?")
"""Text without control characters and surrounding white space."""


class TextField(StrictField):
    """A string up to a length.

    Args:
        most: the greatest number of characters, or a function that returns it.
    """

    default_error_messages = {
        "not_a_text": "`{name}` must be a string, got {received}.",
        "too_long": "`{name}` must have at most {most} characters, got {count}.",
    }

    def __init__(self, *, most: int | Callable[[], int], **options: Any) -> None:
        self.most = most
        set_override(self, "field", self.schema())
        super().__init__(**options)

    def longest(self) -> int:
        """Return the greatest number of characters."""
        return self.most if isinstance(self.most, int) else self.most()

    def schema(self) -> dict[str, Any]:
        """Return the schema of the text."""
        return {"type": "string", "maxLength": self.longest()}

    def to_internal_value(self, data: Any) -> str:
        """Return the text."""
        if not isinstance(data, str):
            self.fail("not_a_text", received=format_value(data))
        if len(data) > self.longest():
            self.fail("too_long", most=self.longest(), count=len(data))
        return data


class StoredTextField(TextField):
    """A string that every database can store: PostgreSQL refuses NUL."""

    default_error_messages = {"nul": "`{name}` must not hold the character NUL."}

    def to_internal_value(self, data: Any) -> str:
        """Return the text."""
        text = super().to_internal_value(data)
        if "\x00" in text:
            self.fail("nul")
        return text


class NotesField(StoredTextField):
    """Free text."""

    def __init__(self, **options: Any) -> None:
        super().__init__(most=LONGEST_NOTES, **options)

    def schema(self) -> dict[str, Any]:
        """Return the schema of the text."""
        return super().schema() | {"pattern": NO_NUL}


class RunNameField(StoredTextField):
    """The name of a run: a line of text, without surrounding white space."""

    default_error_messages = {"refused": "`{name}` {reason}."}

    def __init__(self, **options: Any) -> None:
        super().__init__(most=LONGEST_RUN_NAME, **options)

    def schema(self) -> dict[str, Any]:
        """Return the schema of the name."""
        return super().schema() | {"pattern": f"^[^{_INNER}]*$"}

    def to_internal_value(self, data: Any) -> str:
        """Return the name."""
        text = super().to_internal_value(data)
        if reason := explain_refusal(text):
            self.fail("refused", reason=reason)
        return text.strip()


class NameField(StoredTextField):
    """A name that can be part of a URL.

    Args:
        reserved: names that are URLs of the service.
    """

    default_error_messages = {
        "malformed": "`{name}` must be letters, digits, `-` and `_`, got {received}.",
        "reserved": "`{name}` must not be {received}, which is a URL of the service: "
        "choose another one.",
    }

    def __init__(self, *, reserved: Collection[str], **options: Any) -> None:
        self.reserved = reserved
        super().__init__(most=LONGEST_NAME, **options)

    def schema(self) -> dict[str, Any]:
        """Return the schema of the name."""
        return super().schema() | {
            "pattern": f"^{NAME.pattern}$",
            "not": {"enum": list(self.reserved)},
        }

    def to_internal_value(self, data: Any) -> str:
        """Return the name."""
        text = super().to_internal_value(data)
        if not NAME.fullmatch(text):
            self.fail("malformed", received=format_value(text))
        if text in self.reserved:
            self.fail("reserved", received=format_value(text))
        return text


class ChoiceField(StrictField):
    """One of a few names.

    Args:
        choices: the names, or a function that returns them.
    """

    default_error_messages = {
        "unknown": "`{name}` must be one of {known}, got {received}.",
    }

    def __init__(
        self, *, choices: Sequence[str] | Callable[[], Sequence[str]], **options: Any
    ) -> None:
        self.choices = choices
        self.null = [None] if options.get("allow_null") else []
        set_override(self, "field", self.schema())
        super().__init__(**options)

    def names(self) -> Sequence[str]:
        """Return the names."""
        return self.choices() if callable(self.choices) else self.choices

    def schema(self) -> dict[str, Any]:
        """Return the schema of the value."""
        # drf-spectacular gives enumerations names of their own, and would lose a null
        # that is not one of the values.
        return {"type": "string", "enum": [*self.names(), *self.null]}

    def to_internal_value(self, data: Any) -> Any:
        """Return the name."""
        return self.check_name(data)

    def check_name(self, value: Any) -> str:
        """Return a name that is one of them."""
        names = self.names()
        if not isinstance(value, str) or value not in names:
            self.fail("unknown", known=", ".join(names), received=format_value(value))
        return value


@extend_schema_field(
    {
        "type": "array",
        "maxItems": MAX_TAGS,
        "uniqueItems": True,
        "items": {
            "type": "string",
            "minLength": 1,
            "maxLength": MAX_TAG_LENGTH,
            "pattern": f"^{TAG.pattern}$",
        },
    }
)
class TagsField(StrictField):
    """Short labels, each once."""

    default_error_messages = {
        "not_a_list": "`{name}` must be a list of strings, got {received}.",
    }

    def to_internal_value(self, data: Any) -> list[str]:
        """Return the tags."""
        if not isinstance(data, list):
            self.fail("not_a_list", received=format_value(data))
        try:
            check_tags(data)
        except ModelError as error:
            [reason] = error.error_dict["tags"]
            text = shorten(" ".join(error.messages))
            code = reason.code or "invalid"
            raise ValidationError([ErrorDetail(text, code)]) from None
        return data
