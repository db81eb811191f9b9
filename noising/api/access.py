"""Who sends a request, what they may do, and how often they may write.

A request acts for an account by a session or by a token. A session may do what its
account may; a token may do the part of it that its scope covers.

Every request that changes something is counted against its account and then recorded:
views of the API by their throttle, pages and admin by the access middleware. The audit
log gets exactly the counted writes, so no account can fill it faster than it may write.
"""

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib.auth.models import AnonymousUser, User
from django.db import DatabaseError
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from rest_framework import authentication
from rest_framework.exceptions import AuthenticationFailed, ErrorDetail, Throttled
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from noising.api.problems import LOGGED_FAILURE
from noising.models import AccessToken, Scope, is_owner
from noising.models.failures import failure_line, is_database_failure
from noising.services import (
    WRITES,
    Origin,
    ThrottledError,
    audit_record,
    throttle_hit,
    token_use,
)

if TYPE_CHECKING:
    # An import at run time would be circular: the settings name this module, so DRF's
    # views import it.
    from rest_framework.views import APIView

logger = logging.getLogger("noising.audit")

SCHEME = "Bearer"

NEEDS_ACCOUNT = (
    "This needs an account: sign in, or send `Authorization: Bearer <token>` with a "
    "valid token of yours."
)
"""The error message of a request without an account."""

WRITER = "noising.writer"
"""The key of the writer in a request's META."""


def is_closed() -> bool:
    """Tell whether reads and stateless calls need an account too (ACCESS=closed)."""
    return bool(settings.ACCESS == "closed")


class TokenAuthentication(authentication.BaseAuthentication):
    """``Authorization: Bearer <token>``.

    knox's own class reads all tokens of the account at every request, deletes those
    that have expired, and fails on a header that is not UTF-8.
    """

    CHALLENGE = f'{SCHEME} realm="Noising Service"'
    """The challenge of a 401 response; RFC 6750 requires a parameter."""

    def authenticate(self, request: Request) -> tuple[User, AccessToken] | None:
        """Return the account and the token, or None without a token."""
        header = request.META.get("HTTP_AUTHORIZATION", "")
        scheme, _, secret = header.strip().partition(" ")
        if scheme.lower() != SCHEME.lower():
            return None
        token = token_use(secret=secret.strip())
        if token is None:
            raise AuthenticationFailed(
                "The token is unknown, revoked or expired: create a new one on the "
                "account page or with `manage.py token create`."
            )
        return token.user, token

    def authenticate_header(self, request: Request) -> str:
        """Return the challenge of a 401."""
        return self.CHALLENGE


class SessionAuthentication(authentication.SessionAuthentication):
    """The session of a browser; a write needs its CSRF token too."""

    def enforce_csrf(self, request: Request) -> None:
        """Refuse a write without the token.

        DRF looks for it in the parsed body as well: a view that reads its body itself
        would find it empty. Django's own request does not read JSON.
        """
        super().enforce_csrf(request._request)  # type: ignore[arg-type]  # see above


def scope_of(request: Request) -> Scope:
    """Return the scope of the request within its account's rights."""
    token = request.auth
    return Scope(token.scope) if isinstance(token, AccessToken) else Scope.ADMIN


class AccountRequired(BasePermission):
    """Every request needs an account, and a write a scope as well.

    An account may change what it owns. Staff may change everything, by a session or by
    a token of scope ``admin``; only staff may change objects without an owner.
    """

    message = ""

    def has_permission(self, request: Request, view: Any) -> bool:
        """Check the request before any object is looked up."""
        if not request.user.is_authenticated:
            return False
        needed = Scope.READ if request.method in SAFE_METHODS else view.write_scope
        return self._is_covered(request, needed)

    def has_object_permission(self, request: Request, view: Any, obj: Any) -> bool:
        """Check the request against the object, which has an owner."""
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
        """Check the request before any object is looked up."""
        if request.method in SAFE_METHODS and not is_closed():
            return True
        return super().has_permission(request, view)


@dataclass(frozen=True, slots=True, kw_only=True)
class Writer:
    """The account and the token of a write, as they were when it began."""

    account: User
    token: AccessToken | None


def count_write(request: HttpRequest, writer: Writer) -> None:
    """Count a write against its account.

    Raises:
        ThrottledError: the account writes too much.
    """
    throttle_hit(limit=WRITES, keys=[f"account {writer.account.pk}"])
    request.META[WRITER] = writer


def record_write(request: HttpRequest, response: HttpResponseBase) -> None:
    """Add the write to the audit log, if the request was one.

    If the audit log cannot be written, the write stays done, and the service's own log
    gets the entry. If the write itself failed because of the database, that log has
    it already.
    """
    writer: Writer | None = request.META.get(WRITER)
    if writer is None:
        return
    match = request.resolver_match
    route = match.view_name or match.route if match else ""
    action = f"{request.method} {route}"
    try:
        audit_record(
            action=action,
            status=response.status_code,
            origin=Origin.of(request.path, request.META),
            account=writer.account,
            token=writer.token,
        )
    except DatabaseError as error:
        if is_database_failure(error) and LOGGED_FAILURE in request.META:
            return
        logger.error(
            "Not in the audit log: %s by account %s, status %s: %s",
            action,
            writer.account.pk,
            response.status_code,
            failure_line(error),
            extra={"request": request},
            exc_info=not is_database_failure(error),
        )


class WriteThrottle(BaseThrottle):
    """Limits the writes of each account per minute, over all workers."""

    def allow_request(self, request: Request, view: "APIView") -> bool:
        """Count the request if it writes.

        Raises:
            Throttled: the account writes too much.
        """
        if request.method in SAFE_METHODS or not request.user.is_authenticated:
            return True
        token = request.auth if isinstance(request.auth, AccessToken) else None
        try:
            count_write(request._request, Writer(account=request.user, token=token))
        except ThrottledError as error:
            refusal = Throttled(error.seconds)
            refusal.detail = ErrorDetail(str(error), refusal.default_code)
            raise refusal from None
        return True
