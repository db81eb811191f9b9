"""What probes are told."""

import shutil
from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from noising import services
from noising.models import Worker
from noising_site import health


@pytest.fixture
def data_dir(db, settings, tmp_path):
    settings.DATA_DIR = tmp_path
    services.worker_seen(worker_id="here")
    return tmp_path


def readyz(client: Client, query: str = "") -> tuple[int, dict]:
    response = client.get(f"/readyz{query}")
    return response.status_code, response.json()


def test_livez_needs_nothing(client):
    assert client.get("/livez").json() == {"status": "alive"}


@pytest.mark.django_db
def test_all_is_ready(client, data_dir):
    ready = {"status": "ready", "degraded": []}
    assert readyz(client) == (200, ready)
    assert readyz(client, "?strict=1") == (200, ready)


@pytest.mark.django_db
@pytest.mark.parametrize("query", ["", "?strict=0", "?strict=", "?strict=x"])
def test_what_is_degraded_is_named_and_is_no_error(client, data_dir, query):
    MigrationRecorder.Migration.objects.filter(app="noising").delete()
    degraded = {"status": "degraded", "degraded": ["migrations"]}
    assert readyz(client, query) == (200, degraded)


@pytest.mark.django_db
def test_to_the_strict_it_is_an_error(client, data_dir):
    MigrationRecorder.Migration.objects.filter(app="noising").delete()
    status, document = readyz(client, "?strict=1")
    assert status == 503
    assert document["degraded"] == ["migrations"]


@pytest.mark.django_db
def test_a_database_that_does_not_answer_is_degraded(
    client, data_dir, monkeypatch, caplog
):
    broken = connections[DEFAULT_DB_ALIAS].copy()
    broken.settings_dict["NAME"] = str(data_dir / "missing" / "noising.sqlite3")
    broken.settings_dict["OPTIONS"] = {}
    monkeypatch.setattr(health, "connection", broken)
    degraded = {"status": "degraded", "degraded": ["database", "migrations"]}
    assert readyz(client) == (200, degraded)
    lines = [record.getMessage() for record in caplog.records]
    assert "The database does not answer: unable to open database file" in lines


@pytest.mark.django_db
@pytest.mark.parametrize("free", [0, health.LEAST_FREE_BYTES - 1])
def test_a_full_disk_is_degraded(client, data_dir, monkeypatch, free):
    monkeypatch.setattr(shutil, "disk_usage", lambda path: SimpleNamespace(free=free))
    assert readyz(client)[1]["degraded"] == ["disk"]


@pytest.mark.django_db
def test_a_missing_data_folder_is_degraded(client, settings, tmp_path):
    services.worker_seen(worker_id="here")
    settings.DATA_DIR = tmp_path / "missing"
    assert readyz(client)[1]["degraded"] == ["disk"]


@pytest.mark.django_db
def test_a_worker_that_is_not_heard_of_is_degraded(client, data_dir):
    Worker.objects.update(seen_at=timezone.now() - timedelta(minutes=1))
    assert readyz(client)[1]["degraded"] == ["worker"]


@pytest.mark.django_db
def test_tables_that_are_not_there_are_degraded(client, data_dir):
    with connections[DEFAULT_DB_ALIAS].cursor() as cursor:
        cursor.execute("ALTER TABLE noising_worker RENAME TO lost")
    assert readyz(client)[1]["degraded"] == ["worker"]


@pytest.mark.django_db
def test_a_probe_asks_little_of_the_database(client, data_dir):
    with CaptureQueriesContext(connections[DEFAULT_DB_ALIAS]) as queries:
        readyz(client)
    assert len(queries) <= 4


@pytest.mark.django_db
def test_a_query_that_django_refuses_is_malformed(client, data_dir):
    assert client.get("/readyz?" + "a=1&" * 1500).status_code == 400
