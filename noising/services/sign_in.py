"""Attempts to sign in with name and password: limits and audit log."""

from collections.abc import Sequence

from django.contrib.auth import get_user_model
from django.contrib.auth.forms import UsernameField

from noising.models import ThrottleHit
from noising.services.audit import Origin, audit_record
from noising.services.throttles import (
    LOGINS,
    network_of,
    throttle_hit,
    throttle_release,
)

LONGEST_USERNAME = 150

USERNAME = UsernameField(max_length=LONGEST_USERNAME)
"""The form's field, which removes spaces around a name."""


def login_attempt(*, username: str, address: str | None = None) -> list[ThrottleHit]:
    """Count an attempt as a failure before the password is checked.

    Unknown names count too, so that responses do not reveal which accounts exist.

    Args:
        username: The name as it was typed.
        address: The client's address; None if the user is signed in already.

    Returns:
        The hits, to be released with login_succeed().

    Raises:
        ThrottledError: Too many attempts for this account or from this address have
            failed.
    """
    keys = [f"account {_clean(username)}"]
    if address is not None:
        keys.append(f"address {network_of(address)}")
    return throttle_hit(limit=LOGINS, keys=keys)


def login_succeed(
    *, username: str, hits: Sequence[ThrottleHit], status: int, origin: Origin
) -> None:
    """Record that an account signed in, and do not count the attempt."""
    throttle_release(hits=hits)
    _record(username, status, origin)


def login_fail(*, username: str, status: int, origin: Origin) -> None:
    """Record that an attempt failed."""
    _record(username, status, origin)


def _record(username: str, status: int, origin: Origin) -> None:
    # A name that no account has is not recorded: it is often a password.
    users = get_user_model()._default_manager
    account = users.filter(username=_clean(username)).first()
    audit_record(action="login", status=status, origin=origin, account=account)


def _clean(username: str) -> str:
    """Return the name as the form looks it up, cut if it is too long for an account."""
    # Cut last, because surrounding spaces do not count.
    cleaned = USERNAME.to_python(username.replace("\0", ""))
    return str(cleaned)[: LONGEST_USERNAME + 1]
