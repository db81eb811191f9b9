"""Attempts to show that one is an account: by its name and its password."""

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
"""How the form reads a name: with spaces around it, it is the same account's."""


def login_attempt(*, username: str, address: str | None = None) -> list[ThrottleHit]:
    """Count an attempt as a failure, before the password is looked at.

    Names that no account has count as well, so that nothing tells them apart.

    Args:
        username: The account's name, as it was typed.
        address: The client's; None for somebody who is signed in already.

    Returns:
        What to give to throttle_release() once the attempt has succeeded.

    Raises:
        ThrottledError: Too many have failed, of this account or from this address.
    """
    keys = [f"account {_cleaned(username)}"]
    if address is not None:
        keys.append(f"address {network_of(address)}")
    return throttle_hit(limit=LOGINS, keys=keys)


def login_succeed(
    *, username: str, hits: Sequence[ThrottleHit], status: int, origin: Origin
) -> None:
    """Record that an account signed in; the attempt does not count."""
    throttle_release(hits=hits)
    _record(username, status, origin)


def login_fail(*, username: str, status: int, origin: Origin) -> None:
    """Record that an attempt failed."""
    _record(username, status, origin)


def _record(username: str, status: int, origin: Origin) -> None:
    # Another name is left out: a password typed into the wrong field, as often as not.
    users = get_user_model()._default_manager
    account = users.filter(username=_cleaned(username)).first()
    audit_record(action="login", status=status, origin=origin, account=account)


def _cleaned(username: str) -> str:
    """Return the name as the form looks it up; what is longer can be no account's."""
    # Cut last: many spaces in front of a name leave it a name.
    cleaned = USERNAME.to_python(username.replace("\0", ""))
    return str(cleaned)[: LONGEST_USERNAME + 1]
