"""Fixtures that send requests about text."""

from collections.abc import Callable
from typing import Any

import orjson
import pytest
from django.http import HttpResponse
from django.test import Client

Post = Callable[..., HttpResponse]


@pytest.fixture
def post(api: Client) -> Post:
    """Post an object of the given fields to an endpoint under /api/v1."""

    def send(endpoint: str, **fields: Any):
        body = orjson.dumps(fields)
        return api.post(f"/api/v1/{endpoint}", body, content_type="application/json")

    return send


@pytest.fixture(scope="module")
def document(api: Client) -> dict[str, Any]:
    """The OpenAPI document."""
    headers = {"accept": "application/json"}
    schema: dict[str, Any] = api.get("/api/schema/", headers=headers).json()
    return schema
