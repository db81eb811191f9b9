"""Databases that earlier versions made keep all they hold.

scripts/make-upgrade-database writes such files at the release of a version.
"""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
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
from tests.databases import connected_to
from tests.operations.servers import ROOT
from tests.postgresql import Cluster

FOLDER = Path(__file__).parent
NAMES = sorted(path.stem for path in FOLDER.glob("*.sql"))
"""Each is a version and the kind of database."""

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


@contextmanager
def stored_in_sqlite(sql: str, request: pytest.FixtureRequest) -> Iterator[str]:
    path = request.getfixturevalue("tmp_path") / "old.sqlite3"
    with closing(sqlite3.connect(path)) as database:
        database.executescript(sql)
    yield f"sqlite:///{path}"


@contextmanager
def stored_in_postgresql(sql: str, request: pytest.FixtureRequest) -> Iterator[str]:
    cluster: Cluster = request.getfixturevalue("postgresql")
    with cluster.new_database("old") as url:
        with closing(cluster.connect("old")) as database:
            database.execute(sql)
        yield url


STORED = {"postgresql": stored_in_postgresql, "sqlite": stored_in_sqlite}


@pytest.fixture(params=NAMES)
def upgraded(
    request: pytest.FixtureRequest, transactional_db: None, settings: Any
) -> Iterator[str]:
    """A database that a version made, after `migrate`; its access token."""
    new = columns()
    sql = (FOLDER / f"{request.param}.sql").read_text()
    settings.SECRET_KEY = KEY
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.PBKDF2PasswordHasher"]
    vendor = request.param.rpartition(".")[2]
    with STORED[vendor](sql, request) as url, connected_to(url):
        call_command("migrate", verbosity=0)

        assert connection.vendor == vendor
        assert unapplied_migrations(connection) == 0
        assert columns() == new
        connection.check_constraints()
        # They may have expired since.
        later = timezone.now() + timedelta(days=1)
        AccessToken.objects.update(expiry=later)
        Session.objects.update(expire_date=later)
        match = re.match(r"-- token: (\w+)$", sql, re.MULTILINE)
        assert match is not None
        yield match[1]


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


def test_every_version_has_its_databases_here_and_is_named_in_one_place() -> None:
    changes = (ROOT / "CHANGELOG.md").read_text()
    released = re.findall(r"^## \[(\d+\.\d+\.\d+)\]", changes, re.MULTILINE)
    assert set(NAMES) == {
        f"{version}.{vendor}"
        for version in (__version__, *released)
        for vendor in STORED
    }
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
