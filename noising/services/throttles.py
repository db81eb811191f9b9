"""Limits on how often something may happen, counted in the database.

All processes on all hosts share the counts. Keys are stored as digests, since people
sometimes type their password as their name.
"""

import ipaddress
import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.utils import timezone
from django.utils.crypto import salted_hmac

from noising.models import ThrottleHit

PRUNE_EVERY = 64
"""After this many hits, those that no longer count are deleted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """A number of hits that one key may have in any period of a given length."""

    name: str
    hits: int
    period: timedelta
    reached: str


LOGINS = Limit(
    name="login",
    hits=10,
    period=timedelta(minutes=15),
    reached="Too many attempts to sign in have failed",
)
"""For each account, whether it exists or not, and for each address."""

WRITES = Limit(
    name="write",
    hits=settings.WRITES_PER_MINUTE,
    period=timedelta(minutes=1),
    reached="This account writes more than "
    f"{settings.WRITES_PER_MINUTE} times a minute",
)
"""For each account, whether the write succeeded or not."""

LONGEST_PERIOD = max(LOGINS.period, WRITES.period)


class ThrottledError(Exception):
    """A limit is reached; after `seconds` the client may try again."""

    def __init__(self, limit: Limit, seconds: int) -> None:
        self.seconds = seconds
        super().__init__(f"{limit.reached}: try again in {seconds} seconds.")


def throttle_hit(*, limit: Limit, keys: Sequence[str]) -> list[ThrottleHit]:
    """Count a hit under each of the keys.

    The hit is stored before the hits are counted, so that simultaneous requests cannot
    exceed the limit together.

    Args:
        limit: The limit.
        keys: What the hit counts against, such as an account and an address.

    Returns:
        The hits, for throttle_release().

    Raises:
        ThrottledError: One of the keys has reached the limit. The hit is not counted
            then, so that further attempts do not prolong the wait.
    """
    digests = [salted_hmac("noising.throttle", key).hexdigest()[:64] for key in keys]
    now = timezone.now()
    _refuse_beyond(limit, digests, limit.hits, now)
    hits = ThrottleHit.objects.bulk_create(
        ThrottleHit(throttle=limit.name, key=digest, at=now) for digest in digests
    )
    try:
        _refuse_beyond(limit, digests, limit.hits + 1, now)
    except ThrottledError:
        throttle_release(hits=hits)
        raise
    if any(hit.pk % PRUNE_EVERY == 0 for hit in hits):
        throttle_prune()
    return hits


def throttle_release(*, hits: Sequence[ThrottleHit]) -> None:
    """Delete hits that should not count after all."""
    ThrottleHit.objects.filter(pk__in=[hit.pk for hit in hits]).delete()


def throttle_prune() -> int:
    """Delete the hits that no longer count, and return their number."""
    old = ThrottleHit.objects.filter(at__lte=timezone.now() - LONGEST_PERIOD)
    return old.delete()[0]


def network_of(address: str) -> str:
    """Return the network of one client: its IPv4 address, or 64 bits of an IPv6 one."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return "unknown"
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped is not None:
            return str(parsed.ipv4_mapped)
        return str(ipaddress.ip_network((parsed, 64), strict=False))
    return str(parsed)


def _refuse_beyond(
    limit: Limit, digests: Sequence[str], most: int, now: datetime
) -> None:
    """Raise ThrottledError if a key has `most` hits or more."""
    waits = [
        earliest + limit.period - now
        for digest in digests
        for earliest in ThrottleHit.objects.of(limit.name, digest)
        # A hit from the far future was counted before the clock was set back.
        .filter(at__gt=now - limit.period, at__lt=now + limit.period)
        .values_list("at", flat=True)[most - 1 : most]
    ]
    if waits:
        seconds = max(1, math.ceil(max(waits).total_seconds()))
        raise ThrottledError(limit, seconds)
