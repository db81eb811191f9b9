"""An account, and fixtures that request runs."""

import copy
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.http import HttpResponse
from django.test import Client

from noising.models import BenchmarkRun
from tests.runs import record_results

Ask = Callable[..., HttpResponse]

QUICK: dict[str, Any] = {
    "schedules": ["cosine"],
    "corpus": "synthetic",
    "timesteps": [0, 999],
    "samples": 4,
}


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
def create(client: Client) -> Ask:
    """Ask for a run; what is not given is valid."""

    def post(headers: dict[str, str] | None = None, **fields: Any) -> HttpResponse:
        return client.post(
            "/api/v1/runs",
            QUICK | fields,
            content_type="application/json",
            headers=headers,
        )

    return post


@pytest.fixture
def recorded(document: dict[str, Any]) -> Callable[..., BenchmarkRun]:
    """Store a run that succeeded; seeds make them different."""

    def record(seed: int = 0, **columns: Any) -> BenchmarkRun:
        changed = copy.deepcopy(document)
        changed["config"]["seed"] = seed
        run = record_results(changed)
        BenchmarkRun.objects.filter(pk=run.pk).update(**columns)
        run.refresh_from_db()
        return run

    return record
