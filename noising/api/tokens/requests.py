"""The body of POST /api/v1/tokens."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from noising.api.fields import (
    StrictField,
    StrictSerializer,
    WholeNumberField,
    format_value,
)
from noising.models import LONGEST_TOKEN_NAME, TOKEN_NAME, Scope
from noising.services import DEFAULT_DAYS, MOST_DAYS


@extend_schema_field(
    {
        "type": "string",
        "minLength": 1,
        "maxLength": LONGEST_TOKEN_NAME,
        "pattern": TOKEN_NAME.pattern,
    }
)
class TokenNameField(StrictField):
    """A line of text."""

    default_error_messages = {
        "not_text": "`{name}` must be a string, got {received}.",
        "not_a_name": "`{name}` must be 1 to {most} characters without control "
        "characters and without spaces around them, got {received}.",
    }

    def to_internal_value(self, data: Any) -> str:
        """Return the name."""
        if not isinstance(data, str):
            self.fail("not_text", received=format_value(data))
        if len(data) > LONGEST_TOKEN_NAME or not TOKEN_NAME.fullmatch(data):
            most = LONGEST_TOKEN_NAME
            self.fail("not_a_name", most=most, received=format_value(data))
        return data


@extend_schema_field(serializers.ChoiceField(Scope.choices))
class ScopeField(StrictField):
    """What a token may do at most."""

    default_error_messages = {
        "unknown": "`{name}` must be one of {known}, got {received}.",
    }

    def to_internal_value(self, data: Any) -> Scope:
        """Return the scope."""
        if data not in Scope.values:
            known = ", ".join(Scope.values)
            self.fail("unknown", known=known, received=format_value(data))
        return Scope(data)


class TokenRequestSerializer(StrictSerializer):
    """The body of POST /api/v1/tokens."""

    name = TokenNameField(help_text="To recognise the token in the list.")
    scope = ScopeField(
        default=Scope.READ,
        help_text="What the token may do at most, within the account's rights.",
    )
    days = WholeNumberField(
        default=DEFAULT_DAYS,
        least=1,
        most=lambda: MOST_DAYS,
        help_text="Days until the token expires.",
    )
