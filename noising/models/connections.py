"""The database connection of a thread."""

from django.db import connection


def release_connection() -> None:
    """Return this thread's connection to the pool, unless it is in a transaction.

    Call it before a long wait or computation. The next query gets a connection again.
    """
    if not connection.in_atomic_block:
        connection.close()
