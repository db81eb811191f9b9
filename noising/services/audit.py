"""Writes of the audit log."""

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Self

from django.conf import settings
from django.utils import timezone

from noising.models import AccessToken, AuditEntry
from noising.models.audit import LONGEST_ACTION, LONGEST_PATH

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser

PRUNE_EVERY = 256
"""After this many entries the log is pruned, even if nobody runs `manage.py prune`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Address, path and id of a request."""

    path: str
    address: str | None
    request_id: str

    @classmethod
    def of(cls, path: str, meta: Mapping[str, Any]) -> Self:
        """Read them from a request's path and META."""
        try:
            # Without the zone of a link-local address, which PostgreSQL cannot store.
            plain = meta.get("REMOTE_ADDR", "").partition("%")[0]
            address = str(ipaddress.ip_address(plain))
        except ValueError:  # a socket that has no addresses
            address = None
        return cls(
            path=path, address=address, request_id=meta.get("HTTP_X_REQUEST_ID", "")
        )


def audit_record(
    *,
    action: str,
    status: int,
    origin: Origin,
    account: "AbstractBaseUser | None",
    token: AccessToken | None = None,
) -> AuditEntry:
    """Add an entry to the audit log.

    Args:
        action: Method and route, or `login`.
        status: The status of the response, which determines the outcome.
        origin: Address, path and id of the request.
        account: The account, or None if it is not known.
        token: The token of the request, if it had one.
    """
    entry = AuditEntry.objects.create(
        action=_cut(action, LONGEST_ACTION),
        path=_cut(origin.path, LONGEST_PATH),
        outcome=_outcome(status),
        status=status,
        account_id=account.pk if account else None,
        account_name=account.get_username() if account else "",
        token_id=token.pk if token else None,
        token_name=token.name if token else "",
        address=origin.address,
        request_id=origin.request_id,
    )
    if entry.pk % PRUNE_EVERY == 0:
        audit_prune()
    return entry


def audit_prune() -> int:
    """Delete the entries older than AUDIT_DAYS, and return how many there were."""
    age = timedelta(days=settings.AUDIT_DAYS)
    return AuditEntry.objects.filter(at__lt=timezone.now() - age).delete()[0]


def _outcome(status: int) -> AuditEntry.Outcome:
    if status < 400:
        return AuditEntry.Outcome.DONE
    return AuditEntry.Outcome.REFUSED if status < 500 else AuditEntry.Outcome.FAILED


def _cut(text: str, most: int) -> str:
    """Return the text without NUL, which PostgreSQL cannot store, cut to the column."""
    return text.replace("\0", "")[:most]
