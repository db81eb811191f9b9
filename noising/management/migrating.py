"""Runs migrations in one process at a time, and makes the SQLite file private."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from django.core.management import CommandError
from django.db.backends.base.base import BaseDatabaseWrapper

from noising.management.locks import advisory_lock, folder_lock
from noising.management.private import make_file_private

WORK = "migrating the database"
LIMITS = frozenset({"pool", "options"})
"""Options of PostgreSQL with limits on the time of a statement."""


@contextmanager
def sole_migration(connection: BaseDatabaseWrapper) -> Iterator[None]:
    """Hold the lock for migrations, on a connection without time limits.

    Only this function creates an SQLite file, so that a deleted database is not
    replaced by an empty one unnoticed.

    Raises:
        CommandError: the file cannot be created, or another process holds the lock for
            too long.
    """
    file = database_file(connection)
    if file is not None:
        with ExitStack() as stack:
            try:
                stack.enter_context(folder_lock(file.parent, WORK))
                make_file_private(file, create=True)
                for companion in ("wal", "shm"):
                    make_file_private(Path(f"{file}-{companion}"))
            except OSError as error:
                raise CommandError(
                    f"The database {file} cannot be created ({error.strerror}); set "
                    "DATA_DIR or DATABASE_URL to a place that this user may write to"
                ) from error
            yield
    elif connection.vendor == "postgresql":
        with _no_limits(connection), advisory_lock(connection, WORK):
            yield
    else:
        yield


def database_file(connection: BaseDatabaseWrapper) -> Path | None:
    """Return the file of a database, or None if it has no file."""
    name = str(connection.settings_dict["NAME"])
    if connection.vendor != "sqlite" or name == ":memory:" or "mode=memory" in name:
        return None
    return Path(unquote(urlsplit(name).path) if name.startswith("file:") else name)


@contextmanager
def _no_limits(connection: BaseDatabaseWrapper) -> Iterator[None]:
    """Connect without the time limits of requests, since migrations may take long."""
    settings: dict[str, Any] = connection.settings_dict
    limited = settings["OPTIONS"]
    connection.close()
    settings["OPTIONS"] = {
        name: value for name, value in limited.items() if name not in LIMITS
    }
    try:
        yield
    finally:
        connection.close()
        settings["OPTIONS"] = limited
