"""Callers of every kind, for tests of permissions."""

from typing import Any

from django.contrib.auth.models import User
from django.test import Client

from noising import services
from noising.models import Scope

PASSWORD = "correct horse battery staple"


def account(username: str = "ada", **fields: Any) -> User:
    """Return a new account."""
    return User.objects.create_user(username, password=PASSWORD, **fields)


def bearer(secret: str) -> Client:
    """Return a program that shows a token."""
    return Client(
        raise_request_exception=False, headers={"authorization": f"Bearer {secret}"}
    )


def token_client(user: User, scope: Scope = Scope.WRITE) -> Client:
    """Return a program that shows a token of its own."""
    return bearer(services.token_create(user=user, name="test", scope=scope).secret)


def session_client(user: User, *, checks_csrf: bool = False) -> Client:
    """Return a browser that has signed in."""
    client = Client(raise_request_exception=False, enforce_csrf_checks=checks_csrf)
    client.force_login(user)
    return client
