"""Writes at the edge: each is counted against its account, then recorded.

Whatever changes something passes here: views of the API by their throttle, pages and
admin by the access middleware. What was counted is what the audit log gets, so that no
account can fill it faster than it may write.
"""

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.contrib.auth.models import User
from django.db import DatabaseError
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from rest_framework.exceptions import ErrorDetail, Throttled
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from noising.api.problems import LOGGED_FAILURE
from noising.models import AccessToken
from noising.models.failures import failure_line, is_database_failure
from noising.services import (
    WRITES,
    Origin,
    ThrottledError,
    audit_record,
    throttle_hit,
)

if TYPE_CHECKING:
    # Views import their throttles, this module too.
    from rest_framework.views import APIView

logger = logging.getLogger("noising.audit")

WRITER = "noising.writer"
"""Where a request's variables hold who writes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Writer:
    """Who writes, as it stood when the write began."""

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

    The write is done by now: where the log cannot be written, the entry goes to the
    service's own log instead. Where the database failed the write itself, the log
    has that already.
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
            "Not in the audit log: %s by account %s, answered %s: %s",
            action,
            writer.account.pk,
            response.status_code,
            failure_line(error),
            extra={"request": request},
            exc_info=not is_database_failure(error),
        )


class WriteThrottle(BaseThrottle):
    """So many writes a minute for each account, over all workers."""

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
