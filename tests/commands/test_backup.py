"""manage.py backup and restore: a round trip, also while others write."""

import io
import json
import sqlite3
import tarfile
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.db import connection

from noising.models import BenchmarkRun, ScheduleConfig, ThrottleHit
from noising.models.migrations import unapplied_migrations
from noising.secret_key import read_secret_key
from tests.databases import DatabaseFile
from tests.operations.servers import wait_for

INSERT = """
    INSERT INTO noising_throttlehit (throttle, key, at)
    VALUES ('test', :key, '2026-01-01'), ('test', :key, '2026-01-01')
"""


@pytest.fixture
def folder(settings: Any, tmp_path: Path) -> Path:
    """A data folder with a key, as `serve` prepares it."""
    settings.DATA_DIR = tmp_path / "data"
    settings.SECRET_KEY_FILE = settings.DATA_DIR / "secret_key"
    settings.DATA_DIR.mkdir()
    settings.SECRET_KEY_FILE.write_text("k" * 50)
    settings.KEY_SOURCE = "file"
    return tmp_path


@contextmanager
def writes(path: Path) -> Iterator[list[int]]:
    """Write pairs of rows from another thread, each pair in a transaction."""
    over, written = threading.Event(), [0]

    def write() -> None:
        with closing(sqlite3.connect(path, timeout=30)) as database:
            while not over.is_set():
                with database:
                    database.execute(INSERT, {"key": str(written[0])})
                written[0] += 1

    thread = threading.Thread(target=write)
    thread.start()
    try:
        wait_for(lambda: written[0] >= 10, lambda: "nothing was written", 20)
        yield written
    finally:
        over.set()
        thread.join()


def count_pairs() -> int:
    """Return the number of pairs of rows, and check that none is half."""
    keys = sorted(map(int, ThrottleHit.objects.values_list("key", flat=True)))
    assert keys[::2] == keys[1::2] == list(range(len(keys) // 2))
    return len(keys) // 2


def restore(archive: Path, *options: str) -> str:
    output = io.StringIO()
    call_command("restore", str(archive), *options, stdout=output)
    return output.getvalue()


def test_a_round_trip_under_writes_loses_nothing(
    database_file: DatabaseFile, recorded_run: BenchmarkRun, folder: Path
) -> None:
    User.objects.create_user("ada", password="secret of ada")
    archive = folder / "backup.tar.gz"
    with writes(database_file.path) as written:
        before = written[0]
        call_command("backup", str(archive), stdout=io.StringIO())
        after = written[0]
    assert archive.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in folder.glob(".backup-*")] == []

    # On another machine, in an empty database file.
    document = recorded_run.document()
    schedules = set(ScheduleConfig.objects.values_list("slug", "fingerprint"))
    connection.close()
    database_file.path = folder / "data" / "noising.sqlite3"
    database_file.open()
    (folder / "data" / "secret_key").unlink()
    lines = restore(archive).splitlines()

    assert [line.split()[:2] for line in lines] == [["Restored", "the"]] * 2
    assert before <= count_pairs() <= after + 1  # a commit that is not counted yet
    assert User.objects.get().check_password("secret of ada")
    assert BenchmarkRun.objects.for_page().get().document() == document
    assert set(ScheduleConfig.objects.values_list("slug", "fingerprint")) == schedules
    assert read_secret_key(folder / "data") == "k" * 50
    assert database_file.path.stat().st_mode & 0o777 == 0o600
    assert unapplied_migrations(connection) == 0


def test_a_database_in_use_is_replaced_in_one_transaction(
    database_file: DatabaseFile, folder: Path
) -> None:
    User.objects.create_user("ada")
    archive = folder / "backup.tar.gz"
    call_command("backup", str(archive), stdout=io.StringIO())
    User.objects.all().delete()
    User.objects.create_user("bob")
    with pytest.raises(CommandError, match="has accounts, schedules or runs; make a"):
        restore(archive)
    assert User.objects.get().username == "bob"

    with writes(database_file.path) as written:
        restore(archive, "--replace")
        count = written[0]
        wait_for(lambda: written[0] > count, lambda: "the writer cannot go on", 40)
    assert User.objects.get().username == "ada"
    keys = list(ThrottleHit.objects.values_list("key", flat=True))
    assert len(keys) == 2 * len(set(keys))
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA integrity_check")
        assert cursor.fetchone() == ("ok",)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"sha256": "0" * 64}, "its database is not the one of its manifest"),
        ({"vendor": "postgresql"}, "is a backup of postgresql, but DATABASE_URL names"),
        ({"format": 2}, "which is newer than this one"),
        ({"migrations": ["noising.9999_later"]}, r"unknown: noising\.9999_later"),
        ({"extra": 1}, "is not a complete backup"),
        ({"file": "../noising.sqlite3"}, "it has the unknown file '../noising"),
    ],
)
def test_what_is_no_backup_of_this_service_changes_nothing(
    database_file: DatabaseFile, folder: Path, changes: dict[str, Any], message: str
) -> None:
    archive, changed = folder / "backup.tar.gz", folder / "changed.tar.gz"
    call_command("backup", str(archive), stdout=io.StringIO())
    User.objects.create_user("ada")
    with tarfile.open(archive) as source, tarfile.open(changed, "w:gz") as target:
        for member in source:
            file = source.extractfile(member)
            assert file is not None
            content = file.read()
            if member.name == "manifest.json":
                content = json.dumps(json.loads(content) | changes).encode()
                member.size = len(content)
            if member.name == "database" and "file" in changes:
                member.name = changes["file"]
            target.addfile(member, io.BytesIO(content))

    with pytest.raises(CommandError, match=message):
        restore(changed, "--replace")
    assert User.objects.get().username == "ada"
    assert list((folder / "data").glob(".restore-*")) == []


def test_a_backup_that_cannot_be_made_is_one_line(
    database_file: DatabaseFile, folder: Path
) -> None:
    taken = folder / "taken"
    taken.write_text("mine")
    for path, message in (
        (taken, "exists already; choose another name"),
        (folder / "none" / "backup", "cannot be written"),
    ):
        with pytest.raises(CommandError, match=message):
            call_command("backup", str(path))
    with database_file.overwritten(), pytest.raises(CommandError, match="be read"):
        call_command("backup", str(folder / "backup"))
    assert taken.read_text() == "mine"
    assert not (folder / "backup").exists()
    half = folder / "half.tar.gz"
    half.write_bytes(b"\x1f\x8b")
    with pytest.raises(CommandError, match="is not a complete backup"):
        restore(half)
