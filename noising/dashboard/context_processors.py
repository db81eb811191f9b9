"""The variables that every template gets."""

from collections.abc import Callable
from typing import Any

from django.contrib.auth.models import User
from django.db import DatabaseError
from django.http import HttpRequest


def provide_viewer(request: HttpRequest) -> dict[str, Callable[[], User | None]]:
    """Offer templates the account that is signed in, as ``viewer``.

    Pages work without the database too: then no account is known.
    """

    def find_viewer() -> User | None:
        user: Any = getattr(request, "user", None)
        try:
            return user if user is not None and user.is_authenticated else None
        except DatabaseError:
            return None

    return {"viewer": find_viewer}
