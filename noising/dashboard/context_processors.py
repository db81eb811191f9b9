"""The variables that every template gets."""

from collections.abc import Callable
from typing import Any

from django.contrib.auth.models import User
from django.db import DatabaseError
from django.http import HttpRequest

from noising.dashboard.commands import write_manage_command


def provide_viewer(request: HttpRequest) -> dict[str, Callable[[], User | None]]:
    """Give templates the account that is signed in, as ``viewer``.

    It is None if the database cannot be used, since pages work without it.
    """

    def find_viewer() -> User | None:
        user: Any = getattr(request, "user", None)
        try:
            return user if user is not None and user.is_authenticated else None
        except DatabaseError:
            return None

    return {"viewer": find_viewer}


def provide_manage_command(request: HttpRequest) -> dict[str, str]:
    """Give templates the start of a command line, as ``manage``."""
    return {"manage": write_manage_command()}
