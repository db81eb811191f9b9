"""Fixtures that send requests to version 1 of the API."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import orjson
import pytest
from django.conf import settings
from django.http import HttpResponse
from django.test import Client

from noising.api.processes import PROCESSES
from noising.budget import API_WORK
from tests.api.v1.forms import JSON

Ask = Callable[..., HttpResponse]


@pytest.fixture(autouse=True)
def _no_processes() -> Iterator[None]:
    """No test finds what another one built."""
    yield
    PROCESSES.clear()


@pytest.fixture
def one_permit() -> Iterator[None]:
    """Leave the API a single permit for costly work."""
    with ExitStack() as stack:
        for _ in range(settings.MAX_COSTLY_REQUESTS - 1):
            stack.enter_context(API_WORK.permit(1.0))
        yield


@pytest.fixture
def no_permit(one_permit: None) -> Iterator[None]:
    """Leave the API no permit for costly work."""
    with API_WORK.permit(1.0):
        yield


@pytest.fixture
def send(api: Client) -> Ask:
    """Post bytes to a path under /api/v1/."""

    def post(
        path: str, body: bytes, content_type: str = JSON, accept: str = "*/*"
    ) -> Any:
        return api.generic(
            "POST",
            f"/api/v1/{path}",
            body,
            content_type=content_type,
            headers={"accept": accept},
            CONTENT_TYPE=content_type,  # which Django's client drops without a body
        )

    return post


@pytest.fixture
def ask(send: Ask) -> Ask:
    """Post a JSON document to a path under /api/v1/."""

    def post(path: str, **fields: Any) -> Any:
        return send(path, orjson.dumps(fields, option=orjson.OPT_SERIALIZE_NUMPY))

    return post
