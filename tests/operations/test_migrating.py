"""Migrations run in one process at a time, on an SQLite file that nobody else reads."""

import os
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from noising.management import locks
from noising.management.locks import folder_lock
from noising.management.private import make_file_private, make_folder_private
from noising.models.migrations import unapplied_migrations
from tests.databases import DatabaseFile
from tests.operations.servers import ROOT, SERVE, environment, free_port, wait_for

OURS = ("noising", "secret_key", "static")


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@contextmanager
def wide_umask() -> Iterator[None]:
    """Let new files be open to everybody unless they say otherwise."""
    before = os.umask(0)
    try:
        yield
    finally:
        os.umask(before)


def start(folder: Path, *command: str, **variables: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        command,
        cwd=ROOT,
        env=environment(DATA_DIR=str(folder), **variables),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        umask=0,
    )


def applied_migrations(folder: Path) -> int:
    """Return how many migrations the database has recorded."""
    with closing(sqlite3.connect(folder / "noising.sqlite3")) as database:
        try:
            query = "SELECT count(*) FROM django_migrations"
            [count] = database.execute(query).fetchone()
        except sqlite3.OperationalError:  # there is no table yet
            return 0
    return int(count)


def test_a_migration_that_was_killed_is_finished_by_several_at_once(
    tmp_path: Path,
) -> None:
    command = (sys.executable, "manage.py", "migrate", "--verbosity", "0")
    victim = start(tmp_path, *command)
    wait_for(lambda: applied_migrations(tmp_path) > 3, lambda: "nothing migrates")
    victim.kill()
    victim.communicate()
    interrupted = applied_migrations(tmp_path)

    started = [start(tmp_path, *command) for _ in range(3)]
    output = [process.communicate(timeout=120)[0] for process in started]
    assert ([each.returncode for each in started], output) == ([0] * 3, [""] * 3)
    assert 3 < interrupted < applied_migrations(tmp_path)
    with closing(sqlite3.connect(tmp_path / "noising.sqlite3")) as database:
        assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert mode(tmp_path / "noising.sqlite3") == 0o600


def test_two_servers_that_start_on_an_empty_folder_both_come_up(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    folder.chmod(0o777)
    started = [
        start(folder, *SERVE, HOST="127.0.0.1", PORT=str(port), WEB_CONCURRENCY="1")
        for port in (free_port(), free_port())
    ]
    try:
        for process in started:
            assert process.stdout is not None
            lines = []
            while "Serving on" not in (line := process.stdout.readline()):
                assert line, f"it ended: {''.join(lines)}"
                lines.append(line)
        wait_for((folder / "noising.sqlite3-wal").exists, lambda: "no connection")
        assert mode(folder) == 0o700
        for path in folder.glob("noising.sqlite3*"):
            assert (path.name, mode(path)) == (path.name, 0o600)
        assert mode(folder / "secret_key") == 0o600
    finally:
        for process in started:
            process.terminate()
            process.communicate(timeout=60)


def test_a_folder_of_ours_becomes_private_whatever_its_mode_was(
    tmp_path: Path,
) -> None:
    for name in ("noising.sqlite3", "secret_key", ".hidden"):
        (tmp_path / name).touch()
    tmp_path.chmod(0o2755)
    assert make_folder_private(tmp_path, OURS)
    assert mode(tmp_path) == 0o2700


def test_a_new_one_is_private_from_the_start(tmp_path: Path) -> None:
    with wide_umask():
        assert make_folder_private(tmp_path / "a" / "b", OURS)
    assert mode(tmp_path / "a" / "b") == 0o700


@pytest.mark.parametrize(("content", "before"), [("letters", 0o755), (None, 0o1777)])
def test_a_folder_where_others_have_business_stays(
    tmp_path: Path, content: str | None, before: int
) -> None:
    if content:
        (tmp_path / content).touch()
    tmp_path.chmod(before)
    assert not make_folder_private(tmp_path, OURS)
    assert mode(tmp_path) == before


def test_files_become_private_and_keep_what_they_hold(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("content")
    path.chmod(0o664)
    make_file_private(path, create=True)
    assert (mode(path), path.read_text()) == (0o600, "content")
    make_file_private(tmp_path / "none")
    assert not (tmp_path / "none").exists()


def test_a_database_that_was_open_to_all_is_private_after_a_start(
    database_file: DatabaseFile,
) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM noising_worker")
    files = list(database_file.path.parent.iterdir())
    assert len(files) == 3
    for path in files:
        path.chmod(0o644)
    call_command("migrate", verbosity=0)
    assert {mode(path) for path in files} == {0o600}


def test_only_migrating_makes_the_file(database_file: DatabaseFile) -> None:
    with database_file.deleted():
        call_command("check")
        with pytest.raises(Exception, match="unable to open database file"):
            unapplied_migrations(connection)
        assert not database_file.path.exists()
        with wide_umask():
            call_command("migrate", verbosity=0)
        assert mode(database_file.path) == 0o600
        assert unapplied_migrations(connection) == 0


def test_a_file_that_cannot_be_made_is_one_line(database_file: DatabaseFile) -> None:
    database_file.path = database_file.path / "no folder" / "noising.sqlite3"
    database_file.open()
    with pytest.raises(CommandError, match=r"cannot be created \(Not a directory\)"):
        call_command("migrate", verbosity=0)


def test_who_waits_too_long_for_another_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(locks, "LONGEST_WAIT_SECONDS", 0.0)
    with (
        folder_lock(tmp_path, "migrating the database"),
        pytest.raises(CommandError, match="Another process has been migrating the"),
        folder_lock(tmp_path, "migrating the database"),
    ):
        raise AssertionError("two have the lock")
    with folder_lock(tmp_path, "migrating the database"):
        pass
