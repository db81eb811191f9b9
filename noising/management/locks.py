"""Locks for work that only one process may do at a time; the others wait."""

import fcntl
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from django.core.management import CommandError
from django.db.backends.base.base import BaseDatabaseWrapper

LONGEST_WAIT_SECONDS = 600.0
SECONDS_BETWEEN_TRIES = 0.2

ADVISORY_LOCK = int.from_bytes(b"noising")
"""The key of PostgreSQL's lock, a number that no other program uses."""


@contextmanager
def folder_lock(folder: Path, work: str) -> Iterator[None]:
    """Hold the lock on a folder of this machine; it is released if the process dies.

    Args:
        folder: a folder that exists.
        work: the work that needs the lock, for the message.

    Raises:
        CommandError: another process holds it for too long.
    """
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)

    def take() -> bool:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    try:
        _wait(take, work)
        yield
    finally:
        os.close(descriptor)


@contextmanager
def advisory_lock(connection: BaseDatabaseWrapper, work: str) -> Iterator[None]:
    """Hold a lock for all hosts in PostgreSQL; it is released with the connection.

    Args:
        connection: a connection that stays open during the work.
        work: the work that needs the lock, for the message.

    Raises:
        CommandError: another process holds it for too long.
        django.db.Error: the database cannot be used.
    """

    def take() -> bool:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_lock(%s)", [ADVISORY_LOCK])
            [taken] = cursor.fetchone()
        return bool(taken)

    _wait(take, work)
    try:
        yield
    finally:
        connection.close()


def _wait(take: Callable[[], bool], work: str) -> None:
    deadline = time.monotonic() + LONGEST_WAIT_SECONDS
    while not take():
        if time.monotonic() > deadline:
            raise CommandError(
                f"Another process has been {work} for {LONGEST_WAIT_SECONDS:.0f} "
                "seconds; check that process, end it if it hangs, and start again"
            )
        time.sleep(SECONDS_BETWEEN_TRIES)
