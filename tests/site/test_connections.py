"""A streamed response holds no database connection while its client reads."""

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from pytest_django import Settings

from noising import services
from noising.api.openapi import examples
from noising.api.schedules import views
from noising.models import ScheduleConfig
from tests.databases import DatabaseFile


@pytest.fixture
def bearer(database_file: DatabaseFile, settings: Settings) -> dict[str, str]:
    settings.ACCESS = "closed"
    ada = User.objects.create_user("ada")
    made = services.token_create(user=ada, name="t")
    return {"authorization": f"Bearer {made.secret}"}


def is_held() -> bool:
    return connection.connection is not None


def test_a_trajectory_whose_account_was_looked_up(
    client: Client, bearer: dict[str, str]
) -> None:
    response = client.post(
        "/api/v1/trajectory",
        examples.TRAJECTORY_REQUEST,
        content_type="application/json",
        headers=bearer,
    )
    assert response.status_code == 200
    assert not is_held()
    assert len(list(response.streaming_content)) > 1
    assert not is_held()


def test_an_export_of_rows_that_are_read_meanwhile(
    client: Client, bearer: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(views, "EXPORTED_AT_ONCE", 2)
    for number in range(5):
        services.schedule_create(
            slug=f"schedule-{number}",
            specification={"vocab_size": 27, "schedule": {"type": "linear"}},
        )
    response = client.get("/api/v1/schedules?format=ndjson", headers=bearer)
    lines = []
    for line in response.streaming_content:
        assert not is_held()
        lines.append(line)
        if len(lines) == 1:
            ScheduleConfig.objects.filter(slug="schedule-2").delete()
            connection.close()
    names = [line.split(b'"')[3].decode() for line in lines]
    assert names == ["schedule-0", "schedule-1", "schedule-3", "schedule-4"]
