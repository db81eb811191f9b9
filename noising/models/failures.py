"""Failures of the database, as opposed to errors of ours in what it is asked.

A database that is locked, full, read-only, deleted or out of reach works again once
somebody has seen to it: the request may be repeated. A wrong query never works.
"""

import re
import sqlite3

from django.db import DatabaseError, DataError, OperationalError

RETRY_SECONDS = 5
"""After how long a request that the database failed may be repeated."""

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
"""SQLite has one code for these and for errors in a query."""

POSTGRESQL_FAILURES = frozenset({"25006", "42P01", "42703"})
"""A read-only transaction, a missing table, a missing column: drivers file them among
errors of ours. What is none of ours has a class of its own, OperationalError."""


def is_database_failure(error: BaseException) -> bool:
    """Return whether an exception means that the database cannot be used now.

    Tables that are missing count: then the database is another one than this version
    of the service has prepared, such as an empty file in the place of a deleted one.

    Args:
        error: one of Django's, whose cause is the driver's own.
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
    """Return whether a text that was looked up or stored holds NUL.

    PostgreSQL's texts cannot hold it, and its driver says so. SQLite's can, so that
    there nothing is found.
    """
    return isinstance(error, DataError) and "NUL (0x00)" in str(error)


def failure_line(error: BaseException) -> str:
    """Return what the database said as one line, for a log."""
    return " ".join(str(error).split())
