"""Who may change what is kept: one rule for pages and API."""

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser, User


class Owned(Protocol):
    """Anything that an account may own."""

    owner_id: int | None


def is_owner(user: "User | AnonymousUser", thing: Owned) -> bool:
    """Return whether the account owns it."""
    return thing.owner_id is not None and thing.owner_id == user.pk


def may_change(user: "User | AnonymousUser", thing: Owned) -> bool:
    """Return whether the account may change it: its owner may, and so may staff.

    What nobody owns is for staff alone.
    """
    return user.is_authenticated and (is_owner(user, thing) or user.is_staff)
