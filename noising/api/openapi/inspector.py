"""How drf-spectacular describes this project's views, serializers and fields.

A view describes its own operation. The ways to sign in, and the errors of clients that
may not use it, are derived from the view's base class.
"""

from collections.abc import Iterator
from typing import Any

from django.conf import settings
from drf_spectacular.extensions import (
    OpenApiAuthenticationExtension,
    OpenApiSerializerExtension,
    OpenApiSerializerFieldExtension,
)
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import Direction, OpenApiResponse
from rest_framework.permissions import SAFE_METHODS
from rest_framework.serializers import ListSerializer

from noising.api.access import AccountToWrite, is_closed
from noising.api.openapi.responses import ProblemSerializer, integer_schema
from noising.api.problems import MEDIA_TYPE

MEANINGS = {
    401: "This needs an account, or the token is not valid.",
    403: "This account or this token may not do that, or the CSRF token is wrong.",
    429: "The account writes too often; retry after Retry-After.",
}
HEADERS = {
    401: {
        "WWW-Authenticate": {
            "description": "The challenge: Bearer.",
            "schema": {"type": "string"},
            "required": True,
        }
    },
    429: {
        "Retry-After": {
            "description": "Seconds until the request may be sent again.",
            "schema": {"type": "integer", "minimum": 1},
            "required": True,
        }
    },
}


class TokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]  # registers itself
    """A token in the Authorization header."""

    target_class = "noising.api.access.TokenAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, Any]:
        """Return the description of access tokens."""
        return {
            "type": "http",
            "scheme": "bearer",
            "description": "An access token from the account page or `manage.py token "
            "create`, with the scope read, write or admin.",
        }


class SessionScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]  # registers itself
    """The session of a browser."""

    target_class = "noising.api.access.SessionAuthentication"
    name = "session"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, Any]:
        """Return the description of sessions."""
        return {
            "type": "apiKey",
            "in": "cookie",
            "name": settings.SESSION_COOKIE_NAME,
            "description": "The session that the login page starts. Writes also need "
            "the CSRF token in `X-CSRFToken`.",
        }


class StrictSerializerExtension(OpenApiSerializerExtension):  # type: ignore[no-untyped-call]  # registers itself
    """Describes that strict serializers refuse other keys and excluded combinations."""

    target_class = "noising.api.fields.StrictSerializer"
    match_subclasses = True

    def map_serializer(
        self, auto_schema: AutoSchema, direction: Direction
    ) -> dict[str, Any]:
        """Return the schema of the body."""
        schema: dict[str, Any] = auto_schema._map_serializer(  # type: ignore[no-untyped-call]  # untyped
            self.target, direction, bypass_extensions=True
        )
        excluded = [
            each for rule in self.target.one_of for each in rule.excluded_schemas()
        ]
        if excluded:
            # Under `not`, since programs that generate clients take `oneOf` or `allOf`
            # at this place for another body.
            schema = schema | {"not": {"anyOf": excluded}}
        return schema | {"additionalProperties": False}


class WholeNumberExtension(OpenApiSerializerFieldExtension):  # type: ignore[no-untyped-call]  # registers itself
    """Describes the range of a whole number with this configuration."""

    target_class = "noising.api.fields.WholeNumberField"

    def map_serializer_field(
        self, auto_schema: AutoSchema, direction: Direction
    ) -> dict[str, Any]:
        """Return the schema of the number."""
        return integer_schema(self.target.greatest(), least=self.target.least)


class WholeNumbersExtension(OpenApiSerializerFieldExtension):  # type: ignore[no-untyped-call]  # registers itself
    """Describes the range of a list's whole numbers, and whether it may be empty."""

    target_class = "noising.api.fields.WholeNumbersField"
    match_subclasses = True

    def map_serializer_field(
        self, auto_schema: AutoSchema, direction: Direction
    ) -> dict[str, Any]:
        """Return the schema of the list."""
        schema = {"type": "array", "items": integer_schema(self.target.most())}
        return schema if self.target.allow_empty else schema | {"minItems": 1}


class ServiceSchema(AutoSchema):
    """drf-spectacular's view inspector, which adds who may use a view."""

    def get_auth(self) -> list[dict[str, Any]]:
        """Return the ways to sign in; one is empty if no account is needed."""
        ways: list[dict[str, Any]] = super().get_auth()
        guards = self.view.get_permissions()
        is_read = self.method in SAFE_METHODS
        if is_read and not is_closed():
            ways += [{} for guard in guards if isinstance(guard, AccountToWrite)]
        return ways

    def _is_list_view(self, serializer: Any = None) -> bool:
        """Paginate only responses that are declared with `many=True`."""
        return isinstance(serializer, ListSerializer)

    def _get_response_bodies(self, direction: Direction = "response") -> dict[str, Any]:
        bodies: dict[str, Any] = super()._get_response_bodies(direction)
        for code in self._refusals():
            body = self._get_response_for_code(  # type: ignore[no-untyped-call]  # untyped
                OpenApiResponse(ProblemSerializer, MEANINGS[code]),
                str(code),
                (MEDIA_TYPE,),
                direction,
            )
            if code in HEADERS:
                body["headers"] = body.get("headers", {}) | HEADERS[code]
            bodies.setdefault(str(code), body)
        return bodies

    def _refusals(self) -> Iterator[int]:
        """Yield the statuses of a client that may not use this operation."""
        if not self.view.get_authenticators():
            return
        yield 401
        if self.method not in SAFE_METHODS:
            yield 403
            if self.view.get_throttles():
                yield 429
