"""Fields of what people write beside what is kept: names, notes, tags."""

import re
from collections.abc import Collection
from typing import Any

from django.core.exceptions import ValidationError as ModelError
from drf_spectacular.drainage import set_override
from drf_spectacular.utils import extend_schema_field
from rest_framework.exceptions import ErrorDetail, ValidationError

from noising.api.fields import StrictField, format_value
from noising.api.problems import shorten
from noising.filters import NO_NUL
from noising.models.tags import MAX_TAG_LENGTH, MAX_TAGS, check_tags

LONGEST_NOTES = 20_000
LONGEST_NAME = 100
NAME = re.compile(r"[-a-zA-Z0-9_]+")
_INNER = r"\u0000-\u001f\u007f-\u009f"
TAG = re.compile(rf"[^\s{_INNER}]([^{_INNER}]*[^\s{_INNER}])?")
"""Neither control characters nor white space around."""


class TextField(StrictField):
    """A string of at most `longest` characters, none of them NUL."""

    default_error_messages = {
        "not_a_text": "`{name}` must be a string, got {received}.",
        "too_long": "`{name}` must have at most {longest} characters, got {length}.",
        "nul": "`{name}` must not hold the character NUL.",
    }
    longest: int

    def to_internal_value(self, data: Any) -> str:
        """Return the text."""
        if not isinstance(data, str):
            self.fail("not_a_text", received=format_value(data))
        if len(data) > self.longest:
            self.fail("too_long", longest=self.longest, length=len(data))
        if "\x00" in data:
            self.fail("nul")
        return data


@extend_schema_field({"type": "string", "maxLength": LONGEST_NOTES, "pattern": NO_NUL})
class NotesField(TextField):
    """Free text."""

    longest = LONGEST_NOTES


class NameField(TextField):
    """A name that can stand in an address.

    Args:
        reserved: names that are taken by addresses of the service.
    """

    longest = LONGEST_NAME
    default_error_messages = {
        "malformed": "`{name}` must be letters, digits, `-` and `_`, got {received}.",
        "reserved": "`{name}` must not be {received}, which is an address of the "
        "service: choose another one.",
    }

    def __init__(self, *, reserved: Collection[str], **options: Any) -> None:
        """Keep the names that are taken."""
        self.reserved = reserved
        schema = {
            "type": "string",
            "pattern": f"^{NAME.pattern}$",
            "maxLength": LONGEST_NAME,
            "not": {"enum": list(reserved)},
        }
        set_override(self, "field", schema)
        super().__init__(**options)

    def to_internal_value(self, data: Any) -> str:
        """Return the name."""
        text = super().to_internal_value(data)
        if not NAME.fullmatch(text):
            self.fail("malformed", received=format_value(text))
        if text in self.reserved:
            self.fail("reserved", received=format_value(text))
        return text


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
