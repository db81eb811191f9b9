"""Responses to probes."""

import shutil
import threading
from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from noising.models import Worker
from noising.runs import worker_register
from noising_site import health


@pytest.fixture
def data_dir(db, settings, tmp_path):
    settings.DATA_DIR = tmp_path
    worker_register(worker_id="here")
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


DATABASE = ["database", "database_writes", "migrations", "worker"]


@pytest.fixture
def on_file(database_file, settings, tmp_path, monkeypatch):
    """The real check, in its thread, of a database in a file."""
    monkeypatch.setattr(health, "CHECK", health.DatabaseCheck())
    settings.DATA_DIR = tmp_path
    worker_register(worker_id="here")
    return database_file


def test_a_file_that_works_is_ready(client, on_file):
    assert readyz(client) == (200, {"status": "ready", "degraded": []})


@pytest.mark.parametrize("fault", ["deleted", "overwritten"])
def test_a_database_that_does_not_answer_is_degraded(client, on_file, caplog, fault):
    with getattr(on_file, fault)():
        document = {"status": "degraded", "degraded": DATABASE}
        assert readyz(client) == (200, document)
    lines = [record.getMessage() for record in caplog.records]
    assert len(lines) == 1
    assert lines[0].startswith("The database cannot be used: ")


def test_a_read_only_database_is_named(client, on_file, caplog):
    with on_file.read_only():
        assert readyz(client)[1]["degraded"] == ["database_writes"]
        assert readyz(client, "?strict=1")[0] == 503
    assert "accepts no writes: attempt to write a readonly database" in caplog.text


def test_so_is_one_that_another_connection_keeps_locked(client, on_file, caplog):
    with on_file.locked(readers_too=False):
        assert readyz(client)[1]["degraded"] == ["database_writes"]
    assert "accepts no writes: database is locked" in caplog.text


def test_a_probe_answers_though_the_database_does_not(
    client, on_file, caplog, monkeypatch
):
    """One thread waits, and further probes neither start others nor wait for long."""
    monkeypatch.setattr(health, "CHECK_SECONDS", 0.01)
    thawed = threading.Event()
    asked = []

    def freeze():
        asked.append(threading.current_thread())
        return thawed.wait(60)

    frozen = {"database": freeze, "worker": health.check_workers}
    monkeypatch.setattr(health, "CHECKS", frozen)
    for _ in range(3):
        assert readyz(client)[1]["degraded"] == DATABASE
    assert "Checks not finished in 0.01 seconds: database, worker." in caplog.text
    thawed.set()
    asked[0].join(60)
    assert len(asked) == 1
    assert not asked[0].is_alive()


@pytest.mark.django_db
@pytest.mark.parametrize("free", [0, health.LEAST_FREE_BYTES - 1])
def test_a_full_disk_is_degraded(client, data_dir, monkeypatch, free):
    monkeypatch.setattr(shutil, "disk_usage", lambda path: SimpleNamespace(free=free))
    assert readyz(client)[1]["degraded"] == ["disk"]


@pytest.mark.django_db
def test_a_missing_data_folder_is_degraded(client, settings, tmp_path):
    worker_register(worker_id="here")
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
    assert readyz(client)[1]["degraded"] == ["database_writes", "worker"]


@pytest.mark.django_db
def test_a_probe_asks_little_of_the_database(client, data_dir):
    with CaptureQueriesContext(connections[DEFAULT_DB_ALIAS]) as queries:
        readyz(client)
    assert len(queries) <= 5


@pytest.mark.django_db
def test_a_query_that_django_refuses_is_malformed(client, data_dir):
    assert client.get("/readyz?" + "a=1&" * 1500).status_code == 400
