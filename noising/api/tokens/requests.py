"""What is asked of /api/v1/tokens, and what it answers."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from noising.api.fields import StrictField, WholeNumberField, received
from noising.api.serializers import StrictSerializer
from noising.models import LONGEST_TOKEN_NAME, TOKEN_NAME, AccessToken, Scope
from noising.services import DEFAULT_DAYS, MOST_DAYS


@extend_schema_field(
    {
        "type": "string",
        "minLength": 1,
        "maxLength": LONGEST_TOKEN_NAME,
        "pattern": TOKEN_NAME.pattern,
    }
)
class NameField(StrictField):
    """A line of text."""

    default_error_messages = {
        "not_text": "`{name}` must be a string, got {received}.",
        "not_a_name": "`{name}` must be 1 to {most} characters without control "
        "characters and without spaces around them, got {received}.",
    }

    def to_internal_value(self, data: Any) -> str:
        """Return the name."""
        if not isinstance(data, str):
            self.fail("not_text", received=received(data))
        if len(data) > LONGEST_TOKEN_NAME or not TOKEN_NAME.fullmatch(data):
            most = LONGEST_TOKEN_NAME
            self.fail("not_a_name", most=most, received=received(data))
        return data


@extend_schema_field({"type": "string", "enum": list(Scope.values)})
class ScopeField(StrictField):
    """What a token may do at most."""

    default_error_messages = {
        "unknown": "`{name}` must be one of {known}, got {received}.",
    }

    def to_internal_value(self, data: Any) -> Scope:
        """Return the scope."""
        if data not in Scope.values:
            known = ", ".join(Scope.values)
            self.fail("unknown", known=known, received=received(data))
        return Scope(data)


class TokenRequestSerializer(StrictSerializer):
    """The body of POST /api/v1/tokens."""

    name = NameField(help_text="To recognise the token in the list.")
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


class TokenSerializer(serializers.Serializer[Any]):
    """A token, without its secret."""

    id = serializers.IntegerField(min_value=1)
    name = serializers.CharField()
    scope = serializers.ChoiceField(choices=Scope.values)
    begins_with = serializers.CharField(
        help_text="Beginning of the secret, to recognise the token."
    )
    created_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField()
    last_used_at = serializers.DateTimeField(
        allow_null=True, help_text="To the minute; null if it was never used."
    )


class NewTokenSerializer(TokenSerializer):
    """A token just created."""

    token = serializers.CharField(help_text="The secret; it is not shown again.")


class TokenListSerializer(serializers.Serializer[Any]):
    """All tokens of the account; one page holds as many as there may be."""

    count = serializers.IntegerField(min_value=0)
    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
    results = TokenSerializer(many=True)


def token_document(token: AccessToken) -> dict[str, Any]:
    """Return what may be known about a token."""
    return {
        "id": token.pk,
        "name": token.name,
        "scope": token.scope,
        "begins_with": token.token_key,
        "created_at": token.created,
        "expires_at": token.expiry,
        "last_used_at": token.last_used,
    }
