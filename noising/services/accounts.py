"""The first account of an empty database."""

import secrets
from dataclasses import dataclass

from django.contrib.auth import get_user_model
from django.db import IntegrityError, transaction

FIRST_ACCOUNT = "admin"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewAccount:
    """An account just created; its password is shown once and kept nowhere."""

    username: str
    password: str


def account_bootstrap() -> NewAccount | None:
    """Create the account ``admin`` if the database holds no account at all.

    Returns:
        The account with its random password, or None where there is an account.
    """
    users = get_user_model()._default_manager
    account = NewAccount(username=FIRST_ACCOUNT, password=secrets.token_urlsafe(18))
    try:
        with transaction.atomic():
            if users.exists():
                return None
            users.create_superuser(account.username, password=account.password)
    except IntegrityError:  # another process has made it at the same moment
        return None
    return account
