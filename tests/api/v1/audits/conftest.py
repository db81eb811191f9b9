"""An account, and fixtures that send pairs."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import orjson
import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.http import HttpResponse
from django.test import Client

from noising.models import Audit, AuditPairs
from tests.audits import CLAIM, NPZ

Send = Callable[..., HttpResponse]


@pytest.fixture
def ada(db: None) -> User:
    return User.objects.create_user("ada")


@pytest.fixture
def client(ada: User) -> Client:
    """A browser that has signed in and sees failures as users do."""
    client = Client(raise_request_exception=False)
    client.force_login(ada)
    return client


@pytest.fixture
def anyone(db: None) -> Client:
    """A program without an account."""
    return Client(raise_request_exception=False)


@pytest.fixture
def send(client: Client) -> Send:
    """Send a file of pairs with claims in the query; what is not given is valid."""

    def post(
        content: bytes,
        media_type: str = NPZ,
        *,
        sender: Client = client,
        **claims: Any,
    ) -> HttpResponse:
        texts = {
            name: value if isinstance(value, str) else orjson.dumps(value).decode()
            for name, value in ({"schedule": CLAIM} | claims).items()
        }
        return sender.generic(
            "POST",
            f"/api/v1/audits?{urlencode(texts)}",
            content,
            content_type=media_type,
        )

    return post


@pytest.fixture
def nothing_left(db: None, tmp_path: Path) -> Iterator[None]:
    """Fail if a row or a file is left behind."""
    files = set(settings.DATA_DIR.rglob("*"))
    yield
    assert not Audit.objects.exists()
    assert not AuditPairs.objects.exists()
    assert set(settings.DATA_DIR.rglob("*")) == files
