"""Tokens in responses."""

from typing import Any

from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers

from noising.models import AccessToken


class TokenSerializer(serializers.ModelSerializer[AccessToken]):
    """A token, without its secret."""

    begins_with = serializers.CharField(
        source="token_key",
        read_only=True,
        help_text="Beginning of the secret, to recognise the token.",
    )
    created_at = serializers.DateTimeField(source="created", read_only=True)
    expires_at = serializers.DateTimeField(source="expiry", read_only=True)
    last_used_at = serializers.DateTimeField(
        source="last_used",
        read_only=True,
        allow_null=True,
        help_text="To the minute; null if it was never used.",
    )

    class Meta:
        """The keys, in the order of the response."""

        model = AccessToken
        fields: tuple[str, ...] = (
            "id",
            "name",
            "scope",
            "begins_with",
            "created_at",
            "expires_at",
            "last_used_at",
        )
        read_only_fields = fields
        extra_kwargs = {"id": {"min_value": 1}}


class NewTokenSerializer(TokenSerializer):
    """A new token with its secret."""

    token = serializers.SerializerMethodField(
        help_text="The secret; it is not shown again."
    )

    class Meta(TokenSerializer.Meta):
        """The same keys, and the secret."""

        fields = (*TokenSerializer.Meta.fields, "token")

    def get_token(self, _token: AccessToken) -> str:
        """Return the secret, of which only a digest is stored."""
        return str(self.context["secret"])


@extend_schema_serializer(many=False)
class TokenListSerializer(serializers.Serializer[Any]):
    """All tokens of the account, which always fit on one page."""

    count = serializers.IntegerField(min_value=0)
    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
    results = TokenSerializer(many=True)
