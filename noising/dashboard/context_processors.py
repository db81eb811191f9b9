"""Who looks at a page."""

from collections.abc import Callable
from typing import Any

from django.contrib.auth.models import User
from django.db import DatabaseError
from django.http import HttpRequest


def viewer(request: HttpRequest) -> dict[str, Callable[[], User | None]]:
    """Offer templates the account that is signed in, as ``viewer``.

    A page shows without the database too: then it knows nobody.
    """

    def signed_in() -> User | None:
        user: Any = getattr(request, "user", None)
        try:
            return user if user is not None and user.is_authenticated else None
        except DatabaseError:
            return None

    return {"viewer": signed_in}
