"""Fields of requests about text."""

from typing import Any

from django.conf import settings
from drf_spectacular.drainage import set_override

from noising.api.fields import StrictField, format_value
from noising.configured import tokenizer_names


class TextField(StrictField):
    """A text of any characters, up to a length."""

    default_error_messages = {
        "not_a_text": "`{name}` must be a string, got {received}.",
        "too_long": "`{name}` must have at most {most} characters, got {count}.",
    }

    def __init__(self, **options: Any) -> None:
        """Describe the limit of this server."""
        limit = settings.MAX_TEXT_CHARACTERS
        set_override(self, "field", {"type": "string", "maxLength": limit})
        super().__init__(**options)

    def to_internal_value(self, data: Any) -> str:
        """Return the text."""
        if not isinstance(data, str):
            self.fail("not_a_text", received=format_value(data))
        most = settings.MAX_TEXT_CHARACTERS
        if len(data) > most:
            self.fail("too_long", most=most, count=len(data))
        return data


class TokenizerField(StrictField):
    """The name of a tokenizer of this server."""

    default_error_messages = {
        "unknown": "`{name}` must be one of {known}, got {received}.",
    }

    def __init__(self, **options: Any) -> None:
        """Describe which there are."""
        # Without null among them it would be lost where enumerations get names.
        names = [*tokenizer_names(), *([None] if options.get("allow_null") else [])]
        set_override(self, "field", {"type": "string", "enum": names})
        super().__init__(**options)

    def to_internal_value(self, data: Any) -> str:
        """Return the name."""
        known = tokenizer_names()
        if not isinstance(data, str) or data not in known:
            self.fail("unknown", known=", ".join(known), received=format_value(data))
        return data
