"""Real databases instead of the one in memory, and ways to make them fail."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.core.signals import request_finished, request_started
from django.db import close_old_connections, connection, connections
from django.db.backends.base.base import BaseDatabaseWrapper

from noising_site.configuration import database
from noising_site.environment import Environment

BUSY_SECONDS = 0.05


def pytest_collection_modifyitems(
    config: pytest.Config, items: list[pytest.Item]
) -> None:
    """Leave out the tests of SQLite's failures where DATABASE_URL names another."""
    if connection.vendor == "sqlite":
        return
    left_out = [
        item for item in items if "database_file" in getattr(item, "fixturenames", ())
    ]
    items[:] = [item for item in items if item not in left_out]
    config.hook.pytest_deselected(items=left_out)


@contextmanager
def connected_to(url: str) -> Iterator[None]:
    """Let this process's connections open the database of a DATABASE_URL.

    The test has the fixture `transactional_db`.
    """
    environment = Environment({"DATABASE_URL": url})
    entry = database(environment, Path("unused"), processes=1)
    completed = connections.configure_settings({"default": entry})["default"]
    former = connections["default"]
    _disconnect(former)
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(connections.settings, "default", completed)
        opened = connections["default"] = connections.create_connection("default")
        try:
            yield
        finally:
            _disconnect(opened)
            connections["default"] = former


def _disconnect(opened: BaseDatabaseWrapper) -> None:
    """Close a connection, and the pool that all connections of its name share."""
    opened.close()
    if opened.vendor == "postgresql":
        opened.close_pool()  # type: ignore[attr-defined]


@contextmanager
def open_after_requests() -> Iterator[None]:
    """Let requests end without closing the connection, which has the test's rows.

    Django's test client does this for the requests that it sends and reads itself.
    """
    signals = (request_started, request_finished)
    for signal in signals:
        signal.disconnect(close_old_connections)
    try:
        yield
    finally:
        for signal in signals:
            signal.connect(close_old_connections)


class DatabaseFile:
    """The database of the service, in a file as in production."""

    def __init__(self, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.path = path
        self.monkeypatch = monkeypatch

    def open(self, mode: str = "rw", *pragmas: str) -> None:
        """Let this process's connections open the file so from now on."""
        connection.close()
        commands = ("journal_mode=WAL", *pragmas) if mode == "rw" else pragmas
        changes: dict[str, Any] = {
            "NAME": f"{self.path.as_uri()}?mode={mode}",
            "OPTIONS": {
                "timeout": BUSY_SECONDS,
                "transaction_mode": "IMMEDIATE",
                "init_command": "".join(f"PRAGMA {command};" for command in commands),
            },
        }
        for key, value in changes.items():
            self.monkeypatch.setitem(connections.settings["default"], key, value)
        connections["default"] = connections.create_connection("default")

    @contextmanager
    def locked(self, *, readers_too: bool) -> Iterator[None]:
        """Let another connection have the database to itself, or only its writes."""
        connection.close()
        other = sqlite3.connect(self.path, isolation_level=None)
        if readers_too:
            other.execute("PRAGMA locking_mode=EXCLUSIVE")
        other.execute("BEGIN IMMEDIATE")
        other.execute("DELETE FROM noising_throttlehit")
        try:
            yield
        finally:
            other.close()

    @contextmanager
    def deleted(self) -> Iterator[None]:
        connection.close()
        for path in self.path.parent.glob(f"{self.path.name}*"):
            path.unlink()
        yield

    @contextmanager
    def overwritten(self) -> Iterator[None]:
        connection.close()
        self.path.write_bytes(b"no database at all " * 1000)
        yield

    @contextmanager
    def empty(self) -> Iterator[None]:
        connection.close()
        self.path.write_bytes(b"")
        yield

    @contextmanager
    def read_only(self) -> Iterator[None]:
        self.open("ro")
        yield

    @contextmanager
    def full(self) -> Iterator[None]:
        """Leave no page, as on a disk that is full."""
        with connection.cursor() as cursor:
            cursor.execute("VACUUM")
            cursor.execute("PRAGMA page_count")
            [pages] = cursor.fetchone()
        self.open("rw", f"max_page_count={pages}")
        yield


@pytest.fixture
def database_file(
    transactional_db: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[DatabaseFile]:
    """The database of the service, in a file that has the rows of the test so far."""
    memory = connections["default"]
    path = tmp_path / "database" / "noising.sqlite3"
    path.parent.mkdir()
    with memory.cursor() as cursor:
        cursor.execute("VACUUM INTO %s", [str(path)])
    file = DatabaseFile(path, monkeypatch)
    with monkeypatch.context() as patch:
        file.monkeypatch = patch
        file.open()
        yield file
        connection.close()
    connections["default"] = memory
