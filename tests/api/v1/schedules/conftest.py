"""Fixtures that send requests about schedules."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import User
from django.http import HttpResponse
from django.test import Client

from noising import services
from noising.models import ScheduleConfig

Ask = Callable[..., HttpResponse]

ROOT = "/api/v1/schedules"
SMALL = {"vocab_size": 27, "num_timesteps": 10, "schedule": {"type": "loglinear"}}


@pytest.fixture
def ann(db: None) -> User:
    return get_user_model().objects.create_user("ann")


@pytest.fixture
def writer(ann: User) -> Client:
    """A client that may write; failures of ours are answered as users see them."""
    client = Client(raise_request_exception=False)
    client.force_login(ann)
    return client


@pytest.fixture
def small(ann: User) -> ScheduleConfig:
    return services.schedule_create(
        slug="small", specification=SMALL, notes="Why.", tags=["mine"], owner=ann
    )


@pytest.fixture
def read(db: None) -> Ask:
    """Ask for an address below schedules, without an account."""
    client = Client(raise_request_exception=False)

    def get(path: str = "", query: dict[str, Any] | None = None, **headers: str):
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        return client.get(f"{ROOT}{path}", query or {}, headers=names)

    return get


@pytest.fixture
def post(writer: Client) -> Ask:
    """Store a schedule; what is not given is valid."""

    def send(**fields: Any):
        body = {"name": "new", "specification": SMALL} | fields
        return writer.post(ROOT, body, content_type="application/json")

    return send


@pytest.fixture
def patch(writer: Client) -> Ask:
    """Change the schedule `small`."""

    def send(changes: dict[str, Any], **headers: str):
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        return writer.patch(
            f"{ROOT}/small", changes, content_type="application/json", headers=names
        )

    return send
