"""Backups: one archive with the database, the secret key and a manifest.

SQLite's own backup functions and PostgreSQL's pg_dump read one consistent state while
the service writes. A database is restored in one transaction: a service that runs sees
the old rows or the restored ones, and after a failure the old ones are still there.
"""

import hashlib
import io
import json
import os
import re
import shutil
import sqlite3
import subprocess
import tarfile
import tempfile
from collections.abc import Mapping
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management import CommandError
from django.db import DatabaseError, OperationalError, connection
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone

from noising.configured import VERSION
from noising.management.migrating import database_file, sole_migration
from noising.management.preparation import OURS, Say, migrate
from noising.management.private import make_folder_private
from noising.models import BenchmarkRun, ScheduleConfig
from noising.models.migrations import list_migrations
from noising.secret_key import FILE_NAME, write_secret_key

FORMAT: Final = 1
MANIFEST: Final = "manifest.json"
DATABASE: Final = "database"
LARGEST_MANIFEST: Final = 2**20
BUSY_SECONDS: Final = 30
"""How long a restore waits for those who use the database."""

CONNECTION_KEYS: Final = frozenset(
    {"dbname", "host", "port", "user", "sslmode", "sslrootcert", "sslcert", "sslkey"}
)
"""Parameters that PostgreSQL's programs get; the password is an environment variable,
because other accounts can read arguments."""

ERROR: Final = re.compile(r"\berror: +(.*)", re.IGNORECASE)
"""How PostgreSQL's programs begin a message; the lines after it may show data."""

UNOWNED: Final = ("--no-owner", "--no-privileges")
"""Everything belongs to the account that restores it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What a backup says about itself.

    Attributes:
        format: of the archive.
        version: of the service that made it.
        created_at: when, ISO 8601.
        vendor: the database's: sqlite or postgresql.
        migrations: those of the database, as "app.name".
        sha256: of the database in the archive.
    """

    format: int
    version: str
    created_at: str
    vendor: str
    migrations: list[str]
    sha256: str


def backup_create(*, path: Path) -> Manifest:
    """Write a backup to a new file that only this account can read.

    Raises:
        CommandError: the file exists or cannot be written, or the database cannot be
            read.
    """
    if path.exists():
        raise CommandError(f"{path} exists already; choose another name")
    try:
        with tempfile.TemporaryDirectory(dir=path.parent, prefix=".backup-") as scratch:
            database = Path(scratch) / DATABASE
            _dump(database)
            manifest = Manifest(
                format=FORMAT,
                version=VERSION,
                created_at=timezone.now().isoformat(),
                vendor=connection.vendor,
                migrations=sorted(_applied_migrations(database)),
                sha256=_hash(database),
            )
            archive = Path(scratch) / "archive"
            _write_archive(archive, manifest, database)
            path.hardlink_to(archive)  # fails if somebody made the file meanwhile
    except OSError as error:
        raise CommandError(
            f"{path} cannot be written ({error.strerror}); choose another folder"
        ) from error
    except (DatabaseError, sqlite3.Error) as error:
        raise CommandError(
            f"The database cannot be read ({error}); manage.py doctor says more"
        ) from error
    return manifest


def backup_restore(*, path: Path, replace: bool, say: Say) -> Manifest:
    """Replace the content of the database by that of a backup, and migrate it.

    Args:
        path: the backup.
        replace: whether a database with accounts, schedules or runs is replaced.
        say: receives a line for each thing that is done.

    Raises:
        CommandError: the backup is damaged, belongs to another kind of database or to
            a newer version, or would replace something unasked.
    """
    make_folder_private(settings.DATA_DIR, OURS)
    with tempfile.TemporaryDirectory(
        dir=settings.DATA_DIR, prefix=".restore-"
    ) as scratch:
        manifest, key = _read_archive(path, Path(scratch))
        _check_fits(manifest, path)
        if not replace and _has_content():
            raise CommandError(
                "The database has accounts, schedules or runs; make a backup of it, "
                "then add --replace"
            )
        try:
            with sole_migration(connection):
                _load(Path(scratch) / DATABASE)
        except (DatabaseError, sqlite3.Error) as error:
            raise CommandError(
                f"The database cannot be replaced ({error}) and is unchanged; stop the "
                "service and repeat the command"
            ) from error
    say(f"Restored the database of {manifest.created_at}, version {manifest.version}.")
    if key and settings.KEY_SOURCE != "environment":
        write_secret_key(settings.DATA_DIR, key)
        say("Restored the secret key; a service that runs uses it after a restart.")
    migrate(say)
    return manifest


def _write_archive(archive: Path, manifest: Manifest, database: Path) -> None:
    document = json.dumps(asdict(manifest), indent=2).encode()
    descriptor = os.open(archive, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        with tarfile.open(fileobj=file, mode="w:gz", compresslevel=1) as members:
            header = tarfile.TarInfo(MANIFEST)
            header.size = len(document)
            members.addfile(header, io.BytesIO(document))
            members.add(database, DATABASE)
            if settings.KEY_SOURCE == "file":
                members.add(settings.SECRET_KEY_FILE, FILE_NAME)
        file.flush()
        os.fsync(file.fileno())


def _read_archive(path: Path, folder: Path) -> tuple[Manifest, str | None]:
    """Write the database of a backup to the folder; return its manifest and key."""
    key = None
    try:
        with tarfile.open(path) as archive:
            for member in archive:
                if member.name not in {MANIFEST, DATABASE, FILE_NAME}:
                    raise tarfile.TarError(f"it has the unknown file {member.name!r}")
                archive.extract(member, folder, filter="data")
        content = (folder / MANIFEST).read_bytes()[:LARGEST_MANIFEST]
        manifest = Manifest(**json.loads(content))
        if _hash(folder / DATABASE) != manifest.sha256:
            raise tarfile.TarError("its database is not the one of its manifest")
        if (folder / FILE_NAME).exists():
            key = (folder / FILE_NAME).read_text(encoding="utf-8").strip()
    except (OSError, EOFError, tarfile.TarError, ValueError, TypeError) as error:
        raise CommandError(f"{path} is not a complete backup: {error}") from error
    return manifest, key


def _check_fits(manifest: Manifest, path: Path) -> None:
    if manifest.vendor != connection.vendor:
        raise CommandError(
            f"{path} is a backup of {manifest.vendor}, but DATABASE_URL names "
            f"{connection.vendor}; restore it with the same kind of database"
        )
    known = {f"{app}.{name}" for app, name in list_migrations()}
    unknown = sorted(set(manifest.migrations) - known)
    if manifest.format != FORMAT or unknown:
        raise CommandError(
            f"{path} was made by version {manifest.version}, which is newer than this "
            f"one, {VERSION} (unknown: {', '.join(unknown) or 'its format'}); restore "
            "it with that version"
        )


def _has_content() -> bool:
    models = (get_user_model(), ScheduleConfig, BenchmarkRun)
    try:
        return any(model.objects.exists() for model in models)
    except DatabaseError:  # there is no database yet, or none that can be used
        return False
    finally:
        connection.close()


def _hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _applied_migrations(database: Path) -> set[str]:
    """Return the migrations of a dump; PostgreSQL's are those of the database."""
    if connection.vendor == "sqlite":
        with closing(sqlite3.connect(database)) as dump:
            return {
                f"{app}.{name}"
                for app, name in dump.execute("SELECT app, name FROM django_migrations")
            }
    applied = MigrationRecorder(connection).applied_migrations()
    return {f"{app}.{name}" for app, name in applied}


def _dump(target: Path) -> None:
    if connection.vendor == "postgresql":
        _run_program(
            "pg_dump", *_address(), *UNOWNED, "--format=custom", f"--file={target}"
        )
        return
    file = _sqlite_file()
    with (
        closing(sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True)) as source,
        closing(sqlite3.connect(target)) as copy,
    ):
        source.backup(copy)
        # The copy is a single file, without a log of its own.
        copy.execute("PRAGMA journal_mode=DELETE")


def _load(dump: Path) -> None:
    if connection.vendor == "postgresql":
        _load_into_postgresql(dump)
        return
    connection.close()
    with closing(sqlite3.connect(dump)) as source:
        [result] = source.execute("PRAGMA integrity_check(1)").fetchone()
        if result != "ok":
            raise CommandError(f"The backup's database is damaged: {result}")
        target = sqlite3.connect(_sqlite_file(), timeout=BUSY_SECONDS)
        with closing(target):
            target.execute("PRAGMA journal_mode=WAL")
            source.backup(target)


def _load_into_postgresql(dump: Path) -> None:
    """Drop the tables and restore those of the dump, in one transaction.

    `pg_restore --clean` would keep the tables of later migrations. The connection of
    this process holds the lock for migrations meanwhile.
    """
    # A file and not a pipe: psql would commit the part that it got before a failure.
    restored = dump.with_name("restored.sql")
    _run_program("pg_restore", *UNOWNED, f"--file={restored}", str(dump))
    with connection.cursor() as cursor:
        tables = connection.introspection.table_names(cursor)
    cleared = dump.with_name("cleared.sql")
    names = ", ".join(map(connection.ops.quote_name, tables))
    cleared.write_text(
        f"SET lock_timeout = '{BUSY_SECONDS}s';\n"
        + (f"DROP TABLE {names} CASCADE;\n" if tables else ""),
        encoding="utf-8",
    )
    _run_program(
        "psql",
        *_address(),
        *("--no-psqlrc", "--quiet", "--output=/dev/null"),
        *("--set=ON_ERROR_STOP=1", "--single-transaction"),
        *(f"--file={cleared}", f"--file={restored}"),
    )


def _sqlite_file() -> Path:
    file = database_file(connection)
    if file is None:
        raise CommandError(f"The database {connection.vendor} has no file to copy")
    return file


def _address() -> list[str]:
    """Return the argument by which PostgreSQL's programs find this database."""
    from psycopg.conninfo import make_conninfo

    parameters: Mapping[str, Any] = connection.get_connection_params()
    described = {k: v for k, v in parameters.items() if k in CONNECTION_KEYS}
    return [f"--dbname={make_conninfo(**described)}"]


def _run_program(name: str, *arguments: str) -> None:
    """Run one of PostgreSQL's programs.

    Raises:
        CommandError: it is not installed.
        OperationalError: it failed.
    """
    program = shutil.which(name)
    if program is None:
        raise CommandError(
            f"{name} is not installed; install PostgreSQL's client programs (Debian: "
            "postgresql-client), of the server's version or newer"
        )
    password = str(connection.get_connection_params().get("password") or "")
    done = subprocess.run(  # noqa: S603 - no shell
        [program, *arguments],
        env=os.environ | ({"PGPASSWORD": password} if password else {}),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        lines = done.stderr.strip().splitlines() or ["no message"]
        errors = [match[1] for line in lines if (match := ERROR.search(line))]
        raise OperationalError(f"{name}: {(errors or lines[-1:])[0]}")
