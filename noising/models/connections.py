"""The connection that a thread has to the database."""

from django.db import connection


def release_connection() -> None:
    """Give this thread's connection to others, unless it is within a transaction.

    The next query takes one again. What waits or computes for long needs none.
    """
    if not connection.in_atomic_block:
        connection.close()
