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
"""How old `last_used` may be: so that not every read is a write."""

logger = logging.getLogger("noising.database")


@dataclass(slots=True)
class _Retry:
    """When `last_used` may be written again, by the monotonic clock."""

    at: float = 0.0


_retry = _Retry()


@dataclass(frozen=True, slots=True, kw_only=True)
class NewToken:
    """A token just created; its secret is shown once and kept nowhere."""

    token: AccessToken
    secret: str


def token_create(
    *, user: "User", name: str, scope: Scope = Scope.READ, days: int = DEFAULT_DAYS
) -> NewToken:
    """Create a token for an account.

    Args:
        user: Whom it acts for; it never may do more than this account.
        name: What the account knows it by.
        scope: What it may do at most.
        days: How long it is good, 1 to 366.

    Returns:
        The token and its secret, of which only a digest is kept.

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
        # Held until the end, so that two at once cannot pass the limit together.
        get_user_model()._default_manager.select_for_update().get(pk=user.pk)
        present = AccessToken.objects.of(user.pk)
        present.expired().delete()
        if present.count() >= MOST_TOKENS_OF_AN_ACCOUNT:
            raise ValidationError(
                f"An account has at most {MOST_TOKENS_OF_AN_ACCOUNT} tokens: revoke "
                "one that is not needed any more."
            )
        token, secret = AccessToken.objects.create(
            user=user, expiry=timedelta(days=days), name=name, scope=scope
        )
    return NewToken(token=token, secret=secret)


def token_revoke(*, token: AccessToken) -> None:
    """End a token now."""
    token.delete()


def token_use(*, secret: str) -> AccessToken | None:
    """Return the token of a secret, if it is good, and note that it was used.

    The time is written once a minute at most. A database that can only be read still
    lets tokens in: then the time stays as it is.
    """
    token: AccessToken | None = AccessToken.objects.with_secret(secret)
    if token is None:
        return None
    now = timezone.now()
    if token.last_used is None or now - token.last_used >= USED_AGAIN:
        _note_use(token, now)
    return token


def _note_use(token: AccessToken, now: datetime) -> None:
    """Write when a token was last used, unless the database takes no writes now.

    After a failure this process leaves it for a while: where the database is locked,
    each try would wait for as long as a write may.
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
        logger.info("When tokens are used is not written: %s", failure_line(error))


def tokens_prune() -> int:
    """Delete the tokens that have expired, and return how many there were."""
    count: int = AccessToken.objects.expired().delete()[0]
    return count
