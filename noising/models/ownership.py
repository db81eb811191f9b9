"""The rule for pages and API about who may change a stored object."""

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser, User


class Owned(Protocol):
    """An object that an account may own."""

    owner_id: int | None


def is_owner(user: "User | AnonymousUser", thing: Owned) -> bool:
    """Return whether the account owns the object."""
    return thing.owner_id is not None and thing.owner_id == user.pk


def may_change(user: "User | AnonymousUser", thing: Owned) -> bool:
    """Return whether the account may change the object, as its owner or as staff.

    Only staff may change an object without an owner.
    """
    return user.is_authenticated and (is_owner(user, thing) or user.is_staff)
