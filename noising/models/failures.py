"""Failures of the database, as opposed to errors in this project's queries.

A database may be locked, full, read-only, deleted or out of reach. Once somebody has
repaired it, a repeated request succeeds; a wrong query never does.
"""

import re
import sqlite3

from django.db import DatabaseError, DataError, OperationalError

RETRY_SECONDS = 5
"""How many seconds to wait before a request is repeated after such a failure."""

SQLITE_FAILURES = frozenset(
    {
        sqlite3.SQLITE_PERM,
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_NOMEM,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_CORRUPT,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_PROTOCOL,
        sqlite3.SQLITE_NOTADB,
    }
)
SQLITE_MISSING = re.compile(r"no such (table|column)|has no column")
"""SQLite reports these with the same code as errors in a query."""

POSTGRESQL_FAILURES = frozenset({"25006", "42P01", "42703"})
"""A read-only transaction, a missing table, a missing column. The driver reports these
with the classes for errors in queries, all other failures as OperationalError."""


def is_database_failure(error: BaseException) -> bool:
    """Return whether an exception means that the database cannot be used now.

    Missing tables count: then this version of the service has not prepared the
    database; it may be an empty file in the place of a deleted one.

    Args:
        error: an exception of Django, whose cause is the driver's exception.
    """
    if not isinstance(error, DatabaseError):
        return False
    cause = error.__cause__
    if isinstance(cause, sqlite3.Error):
        # Extended codes have further bits, such as SQLITE_READONLY_DBMOVED.
        code = getattr(cause, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
        return code in SQLITE_FAILURES or bool(SQLITE_MISSING.search(str(cause)))
    return (
        isinstance(error, OperationalError)
        or getattr(cause, "sqlstate", None) in POSTGRESQL_FAILURES
    )


def is_nul_refusal(error: BaseException) -> bool:
    """Return whether the error is PostgreSQL's about a text with the character NUL.

    PostgreSQL cannot store NUL. SQLite can, so a lookup there just finds nothing.
    """
    return isinstance(error, DataError) and "NUL (0x00)" in str(error)


def failure_line(error: BaseException) -> str:
    """Return the error message as one line, for a log."""
    return " ".join(str(error).split())
