"""Writes of access tokens."""

import logging
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.db import DatabaseError, transaction
from django.db.models import Q
from django.utils import timezone

from noising.models import MOST_TOKENS_OF_AN_ACCOUNT, AccessToken, Scope
from noising.models.failures import failure_line, is_database_failure

if TYPE_CHECKING:
    from django.contrib.auth.models import User

DEFAULT_DAYS = 90
MOST_DAYS = 366

USED_AGAIN = timedelta(minutes=1)
"""How old `last_used` may be, so that not every request writes it."""

logger = logging.getLogger("noising.database")


@dataclass(slots=True)
class _Retry:
    """When `last_used` may be written again after a failure, by the monotonic clock."""

    at: float = 0.0


_retry = _Retry()


@dataclass(frozen=True, slots=True, kw_only=True)
class NewToken:
    """A new token with its secret, of which only a digest is stored."""

    token: AccessToken
    secret: str


def token_create(
    *, user: "User", name: str, scope: Scope = Scope.READ, days: int = DEFAULT_DAYS
) -> NewToken:
    """Create a token for an account.

    Args:
        user: The account that it acts for; it never may do more than this account.
        name: A name by which the user recognizes it.
        scope: What it may do at most.
        days: How many days it is valid, 1 to 366.

    Returns:
        The token and its secret.

    Raises:
        ValidationError: Name or days are not allowed, or there are too many tokens.
    """
    if not 1 <= days <= MOST_DAYS:
        raise ValidationError(
            {"days": f"`days` must lie in 1..{MOST_DAYS}, got {days}."}
        )
    planned = AccessToken(user=user, name=name, scope=scope)
    planned.clean_fields(exclude=["digest", "token_key", "expiry"])
    planned.clean()
    with transaction.atomic():
        # A lock, so that two simultaneous requests cannot exceed the limit together.
        get_user_model()._default_manager.select_for_update().get(pk=user.pk)
        present = AccessToken.objects.of(user.pk)
        present.expired().delete()
        if present.count() >= MOST_TOKENS_OF_AN_ACCOUNT:
            raise ValidationError(
                f"An account has at most {MOST_TOKENS_OF_AN_ACCOUNT} tokens: revoke "
                "one that is no longer needed."
            )
        token, secret = AccessToken.objects.create(
            user=user, expiry=timedelta(days=days), name=name, scope=scope
        )
    return NewToken(token=token, secret=secret)


def token_revoke(*, token: AccessToken) -> None:
    """Delete a token, so that it stops working at once."""
    token.delete()


def token_use(*, secret: str) -> AccessToken | None:
    """Return the token of a secret if it is valid, and update `last_used`.

    The time is written at most once a minute. If the database cannot be written, the
    token is still valid, and `last_used` does not change.
    """
    token: AccessToken | None = AccessToken.objects.with_secret(secret)
    if token is None:
        return None
    now = timezone.now()
    if token.last_used is None or now - token.last_used >= USED_AGAIN:
        _update_last_used(token, now)
    return token


def _update_last_used(token: AccessToken, now: datetime) -> None:
    """Write `last_used`, unless the database cannot be written.

    After a failure this process does not try again for a while: with a locked
    database, each attempt would wait for the whole timeout.
    """
    if time.monotonic() < _retry.at:
        return
    stale = Q(last_used__isnull=True) | Q(last_used__lte=now - USED_AGAIN)
    try:
        AccessToken.objects.filter(stale, pk=token.pk).update(last_used=now)
    except DatabaseError as error:
        if not is_database_failure(error):
            raise
        _retry.at = time.monotonic() + USED_AGAIN.total_seconds()
        logger.info("`last_used` of a token was not written: %s", failure_line(error))


def tokens_prune() -> int:
    """Delete the tokens that have expired, and return their number."""
    count: int = AccessToken.objects.expired().delete()[0]
    return count
