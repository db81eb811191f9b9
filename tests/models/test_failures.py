"""noising.models.failures: failures of the database, and our own."""

import sqlite3

import pytest
from django.db import DatabaseError, IntegrityError, connection
from psycopg import errors as postgresql

from noising.models import Worker
from noising.models.failures import is_database_failure

pytestmark = pytest.mark.django_db


def raised_by(query: str) -> DatabaseError:
    with pytest.raises(DatabaseError) as caught, connection.cursor() as cursor:
        cursor.execute(query)
    return caught.value


@pytest.mark.parametrize(
    ("query", "is_failure"),
    [
        ("SELECT 1 FROM lost", True),
        ("SELECT lost FROM noising_worker", True),
        ("INSERT INTO noising_worker (lost) VALUES (1)", True),
        ("SELEC 1", False),
        ("SELECT nothing(1)", False),
    ],
)
def test_a_wrong_query_is_ours_and_missing_tables_are_not(
    query: str, is_failure: bool
) -> None:
    assert is_database_failure(raised_by(query)) is is_failure


def test_what_a_constraint_refuses_is_no_failure() -> None:
    Worker.objects.create(id="one", seen_at="2026-01-01T00:00Z")
    with pytest.raises(IntegrityError) as caught:
        Worker.objects.create(id="one", seen_at="2026-01-01T00:00Z")
    assert not is_database_failure(caught.value)
    assert not is_database_failure(ValueError("no database at all"))
    assert not is_database_failure(sqlite3.OperationalError("not Django's"))


@pytest.mark.parametrize(
    ("cause", "is_failure"),
    [
        (postgresql.ConnectionTimeout("connection timeout expired"), True),
        (postgresql.QueryCanceled("statement timeout"), True),
        (postgresql.AdminShutdown("terminating connection"), True),
        (postgresql.DiskFull("could not extend file"), True),
        (postgresql.TooManyConnections("sorry, too many clients already"), True),
        (postgresql.ReadOnlySqlTransaction("cannot execute INSERT"), True),
        (postgresql.UndefinedTable('relation "x" does not exist'), True),
        (postgresql.SyntaxError("syntax error at or near"), False),
        (postgresql.InFailedSqlTransaction("current transaction is aborted"), False),
        (postgresql.UniqueViolation("duplicate key"), False),
    ],
)
def test_postgresqls_classes_of_errors(
    cause: postgresql.Error, is_failure: bool
) -> None:
    """As Django wraps them, each by the class that the driver gives it."""
    with pytest.raises(DatabaseError) as caught, wrapped_as_postgresql():
        raise cause
    assert is_database_failure(caught.value) is is_failure


def wrapped_as_postgresql():
    from django.db.backends.postgresql.base import DatabaseWrapper

    return DatabaseWrapper(connection.settings_dict).wrap_database_errors
