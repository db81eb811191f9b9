"""Prepares what the service needs: data folder, secret key, database, static files.

Each step prints a line if it does something, and does nothing if nothing is missing.
"""

import hashlib
from collections.abc import Callable
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import CommandError, call_command
from django.core.management.commands.migrate import Command as MigrateCommand
from django.db import DatabaseError, connection

from noising.management.locks import folder_lock
from noising.management.migrating import sole_migration
from noising.management.private import make_folder_private
from noising.models.migrations import unapplied_migrations
from noising.secret_key import ensure_secret_key

COLLECTED = ".collected"
"""The file in STATIC_ROOT with the fingerprint of the collected sources."""

OURS = ("metrics", "noising", "secret_key", "static")
"""Prefixes of the names of the service's files in DATA_DIR."""

Say = Callable[[str], object]


def prepare(say: Say) -> None:
    """Prepare everything that the service needs to run.

    Args:
        say: receives a line for each thing that is done.

    Raises:
        CommandError: the data folder or the database cannot be used.
    """
    try:
        # Private, because the database has password hashes.
        if not make_folder_private(settings.DATA_DIR, OURS):
            say(
                f"Other accounts may enter DATA_DIR {settings.DATA_DIR}, which is not "
                "only for this service. The database and the key in it are private."
            )
        if settings.KEY_SOURCE == "process":
            ensure_secret_key(settings.DATA_DIR)
        migrate(say)
        collect_static_files(say)
    except OSError as error:
        raise CommandError(
            f"DATA_DIR {settings.DATA_DIR} cannot be written ({error.strerror}); set "
            "DATA_DIR to a folder that this user may write"
        ) from error


def migrate(say: Say) -> None:
    """Apply the migrations that the database lacks.

    Raises:
        CommandError: the database cannot be used, or another process migrates it for
            too long.
    """
    try:
        with sole_migration(connection):
            steps = unapplied_migrations(connection)
            if steps:
                say(f"Migrating the database: {steps} steps.")
                call_command(MigrateCommand(), interactive=False, verbosity=0)
    except DatabaseError as error:
        raise CommandError(
            f"The database cannot be used ({error}); check DATABASE_URL and DATA_DIR"
        ) from error


def collect_static_files(say: Say) -> None:
    """Copy the static files under hashed names, if any has changed."""
    sources = _fingerprint_of_sources()
    folder = Path(settings.STATIC_ROOT)
    folder.mkdir(parents=True, exist_ok=True)
    stamp = folder / COLLECTED
    with folder_lock(folder, "collecting static files"):
        if stamp.is_file() and stamp.read_text(encoding="ascii") == sources:
            return
        say("Collecting static files.")
        call_command("collectstatic", interactive=False, verbosity=0)
        stamp.write_text(sources, encoding="ascii")


def _fingerprint_of_sources() -> str:
    """Return a digest of the names, sizes and times of all static files."""
    digest = hashlib.sha256()
    for finder in get_finders():
        for name, storage in finder.list([]):
            status = Path(storage.path(name)).stat()
            digest.update(f"{name}\0{status.st_size}\0{status.st_mtime_ns}\n".encode())
    return digest.hexdigest()
