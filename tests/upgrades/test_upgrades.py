"""Databases that earlier versions made keep all they hold.

scripts/make-upgrade-database writes such a file at the release of a version.
"""

import re
import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from noising import __version__
from noising.engine import SCHEDULE_TYPES
from noising.models import AccessToken, AuditEntry, BenchmarkRun, ScheduleConfig
from noising.models.migrations import unapplied_migrations
from tests.api.access import bearer
from tests.databases import DatabaseFile
from tests.operations.servers import ROOT

FOLDER = Path(__file__).parent
VERSIONS = sorted(path.stem for path in FOLDER.glob("*.sql"))
KEY = "k" * 25 + "0123456789" * 3


def columns() -> dict[str, set[tuple[str, bool]]]:
    """Return the columns of each table, and whether they may be null."""
    with connection.cursor() as cursor:
        tables = connection.introspection.table_names(cursor)
        return {
            table: {
                (column.name, column.null_ok)
                for column in connection.introspection.get_table_description(
                    cursor, table
                )
            }
            for table in tables
        }


@pytest.fixture(params=VERSIONS)
def upgraded(
    request: pytest.FixtureRequest, database_file: DatabaseFile, settings: Any
) -> str:
    """A database that a version made, after `migrate`; its access token."""
    new = columns()
    sql = (FOLDER / f"{request.param}.sql").read_text()
    database_file.path = database_file.path.with_name("old.sqlite3")
    with closing(sqlite3.connect(database_file.path)) as database:
        database.executescript(sql)
    settings.SECRET_KEY = KEY
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.PBKDF2PasswordHasher"]
    database_file.open()

    call_command("migrate", verbosity=0)

    assert unapplied_migrations(connection) == 0
    assert columns() == new
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA foreign_key_check")
        assert cursor.fetchall() == []
    # They may have expired since.
    later = timezone.now() + timedelta(days=1)
    AccessToken.objects.update(expiry=later)
    Session.objects.update(expire_date=later)
    match = re.match(r"-- token: (\w+)$", sql, re.MULTILINE)
    assert match is not None
    return match[1]


def test_an_upgraded_database_has_all_that_was_stored(upgraded: str) -> None:
    ada = User.objects.get()
    assert ada.check_password("correct horse")
    program, browser = bearer(upgraded), Client()
    assert program.get("/api/v1/tokens").json()["count"] == 1
    browser.cookies["sessionid"] = Session.objects.get().session_key
    assert browser.get("/account/").status_code == 200

    mine = program.get("/api/v1/schedules/mine").json()
    assert (mine["notes"], mine["tags"]) == ("Why not.", ["first"])
    assert mine["specification"]["schedule"]["type"] == "sigmoid"
    for schedule in ScheduleConfig.objects.all():
        assert schedule.specification["schedule"]["type"] in SCHEDULE_TYPES
        assert browser.get(schedule.get_absolute_url()).status_code == 200

    measured = BenchmarkRun.objects.get(status="succeeded")
    results = program.get(f"/api/v1/runs/{measured.pk}/results").json()
    assert results["count"] == 6
    assert browser.get(measured.get_absolute_url()).status_code == 200
    assert AuditEntry.objects.filter(account_name="ada").count() >= 2


def test_what_was_queued_before_the_upgrade_is_measured_after_it(upgraded: str) -> None:
    document = {
        "schedules": ["cosine", "mine"],
        "timesteps": [0, 500],
        "samples": 4,
        "seed": 18446744073709551615,
        "corpus": "synthetic",
    }
    again = bearer(upgraded).post(
        "/api/v1/runs",
        document,
        "application/json",
        headers={"idempotency-key": "once"},
    )
    assert BenchmarkRun.objects.count() == 2, again.content
    task = DBTaskResult.objects.get()
    task.task.call(*task.args_kwargs["args"], **task.args_kwargs["kwargs"])
    run = BenchmarkRun.objects.get(pk=again.json()["id"])
    assert run.status == "succeeded"
    assert run.seed == "18446744073709551615"


def test_every_version_has_a_database_here_and_is_named_in_one_place() -> None:
    changes = (ROOT / "CHANGELOG.md").read_text()
    released = re.findall(r"^## \[(\d+\.\d+\.\d+)\]", changes, re.MULTILINE)
    assert {__version__, *released} == set(VERSIONS)
    assert re.search(r"^## \[Unreleased\]$", changes, re.MULTILINE)
    named = [
        str(path.relative_to(ROOT))
        for pattern in ("*.py", "*.toml", "Dockerfile", "*.md")
        for path in ROOT.glob(f"**/{pattern}")
        if ".venv" not in path.parts
        and re.search(
            rf"(?<![\d.])v?{re.escape(__version__)}(?![\d.])", path.read_text()
        )
    ]
    assert named == ["noising/__init__.py"]
