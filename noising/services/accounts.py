"""The first account of an empty database."""

import secrets
from dataclasses import dataclass

from django.contrib.auth import get_user_model
from django.db import IntegrityError, transaction

FIRST_ACCOUNT = "admin"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewAccount:
    """A new account with its password, of which only a hash is stored."""

    username: str
    password: str


def account_bootstrap() -> NewAccount | None:
    """Create the account ``admin`` if the database has no account.

    Returns:
        The account with its random password; None if there was an account.
    """
    users = get_user_model()._default_manager
    account = NewAccount(username=FIRST_ACCOUNT, password=secrets.token_urlsafe(18))
    try:
        with transaction.atomic():
            if users.exists():
                return None
            users.create_superuser(account.username, password=account.password)
    except IntegrityError:  # another process created it at the same time
        return None
    return account
