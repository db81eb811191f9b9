"""Fixtures that send requests to the API."""

from collections.abc import Callable, Iterator
from typing import Any

import orjson
import pytest
from django.http import HttpResponse
from django.test import Client

from noising.configured import default_hyperschedule_process, default_process

Ask = Callable[..., HttpResponse]

SENTENCE = [101, 2054, 2003, 2048, 2010, 102]


@pytest.fixture(autouse=True)
def _fresh_process() -> Iterator[None]:
    """No test inherits a process built from another one's settings."""
    yield
    default_process.cache_clear()
    default_hyperschedule_process.cache_clear()


@pytest.fixture(scope="session")
def api() -> Client:
    """A client that sees failures as users do; making one takes time."""
    return Client(raise_request_exception=False)


@pytest.fixture
def send(api: Client) -> Ask:
    """Post bytes to /noise."""

    def post(body: bytes, content_type: str = "application/json", **options: Any):
        # Django's client leaves out the type of an empty body.
        options = {"CONTENT_TYPE": content_type} | options
        return api.post("/noise", body, content_type=content_type, **options)

    return post


@pytest.fixture
def noise(send: Ask) -> Ask:
    """Post a request to /noise; what is not given is valid."""

    def post(**fields: Any):
        return send(orjson.dumps({"tokens": SENTENCE, "timestep": 500} | fields))

    return post
