"""What the OpenAPI document says of every operation that asks who it is.

Views document what is theirs. How one signs in, and the refusals of those who may
not, follow from the view's own classes, so that no view can forget them.
"""

from collections.abc import Iterator
from typing import Any

from django.conf import settings
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import Direction, OpenApiResponse
from rest_framework.permissions import SAFE_METHODS

from noising.api.access import AccountToWrite, is_closed
from noising.api.openapi.responses import ProblemSerializer
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
        """Return how machines sign in."""
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
        """Return how pages sign in."""
        return {
            "type": "apiKey",
            "in": "cookie",
            "name": settings.SESSION_COOKIE_NAME,
            "description": "The session that the login page starts. Writes also need "
            "the CSRF token in `X-CSRFToken`.",
        }


class ServiceSchema(AutoSchema):
    """drf-spectacular's view inspector, which also reads who may ask."""

    def get_auth(self) -> list[dict[str, Any]]:
        """Return the ways to sign in; an empty one where nobody has to."""
        ways: list[dict[str, Any]] = super().get_auth()
        guards = self.view.get_permissions()
        is_read = self.method in SAFE_METHODS
        if is_read and not is_closed():
            ways += [{} for guard in guards if isinstance(guard, AccountToWrite)]
        return ways

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
        """Yield the codes with which this operation may refuse who asks."""
        if not self.view.get_authenticators():
            return
        yield 401
        if self.method not in SAFE_METHODS:
            yield 403
            if self.view.get_throttles():
                yield 429
