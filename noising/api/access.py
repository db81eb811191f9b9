"""Who asks, and what they may do: the one place where the API decides on it.

A request acts for an account by a session or by a token. A session may do what its
account may; a token may do the part of it that its scope covers.
"""

from typing import Any

from django.conf import settings
from django.contrib.auth.models import AnonymousUser, User
from rest_framework import authentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request

from noising.models import AccessToken, Scope, is_owner
from noising.services import token_use

SCHEME = "Bearer"


def is_closed() -> bool:
    """Tell whether reads and stateless calls need an account too (ACCESS=closed)."""
    return bool(settings.ACCESS == "closed")


class TokenAuthentication(authentication.BaseAuthentication):
    """``Authorization: Bearer <token>``.

    knox's own class reads all tokens of the account at every request, deletes those
    that have expired, and fails on a header that is not UTF-8.
    """

    CHALLENGE = f'{SCHEME} realm="Noising Service"'
    """What a 401 asks for; RFC 6750 wants a parameter."""

    def authenticate(self, request: Request) -> tuple[User, AccessToken] | None:
        """Return the account and the token, or None where none is shown."""
        header = request.META.get("HTTP_AUTHORIZATION", "")
        scheme, _, secret = header.strip().partition(" ")
        if scheme.lower() != SCHEME.lower():
            return None
        token = token_use(secret=secret.strip())
        if token is None:
            raise AuthenticationFailed(
                "The token is unknown, revoked or expired: make a new one on the "
                "account page or with `manage.py token create`."
            )
        return token.user, token

    def authenticate_header(self, request: Request) -> str:
        """Return the challenge of a 401."""
        return self.CHALLENGE


class SessionAuthentication(authentication.SessionAuthentication):
    """The session of a browser; what is not a read shows its CSRF token too."""

    def enforce_csrf(self, request: Request) -> None:
        """Refuse a write without the token.

        DRF looks for it in the parsed body as well, so that a view that reads its
        body itself would find nothing left. Django's own request keeps out of JSON.
        """
        super().enforce_csrf(request._request)  # type: ignore[arg-type]  # see above


def scope_of(request: Request) -> Scope:
    """Return how far the request may go within its account's rights."""
    token = request.auth
    return Scope(token.scope) if isinstance(token, AccessToken) else Scope.ADMIN


class AccountRequired(BasePermission):
    """Everything needs an account, and what changes something a scope as well.

    What may be changed is what the account owns. Staff may change all, by a session
    or by a token of scope ``admin``; what nobody owns is theirs alone.
    """

    message = ""

    def has_permission(self, request: Request, view: Any) -> bool:
        """Judge the request before anything is looked up."""
        if not request.user.is_authenticated:
            return False
        needed = Scope.READ if request.method in SAFE_METHODS else view.write_scope
        return self._is_covered(request, needed)

    def has_object_permission(self, request: Request, view: Any, obj: Any) -> bool:
        """Judge the request by what it wants to change: anything with an owner."""
        if request.method in SAFE_METHODS:
            return True
        user: User | AnonymousUser = request.user
        if is_owner(user, obj):
            return True
        if user.is_staff:
            return self._is_covered(request, Scope.ADMIN)
        self.message = "Only its owner and staff may change this."
        return False

    def _is_covered(self, request: Request, needed: Scope) -> bool:
        scope = scope_of(request)
        self.message = f"This needs a token of scope {needed}, not {scope}."
        return scope.covers(needed)


class AccountToWrite(AccountRequired):
    """Everyone may read, unless ACCESS is closed; an account may write."""

    def has_permission(self, request: Request, view: Any) -> bool:
        """Judge the request before anything is looked up."""
        if request.method in SAFE_METHODS and not is_closed():
            return True
        return super().has_permission(request, view)
