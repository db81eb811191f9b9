"""Connections to PostgreSQL, with limits on their number and on every wait."""

from collections.abc import Mapping
from typing import Any, Final, TypeVar

from psycopg import Connection, OperationalError
from psycopg.abc import PQGen
from psycopg.pq import TransactionStatus
from psycopg.rows import TupleRow

T = TypeVar("T")

CONNECT_SECONDS: Final = 3
STATEMENT_SECONDS: Final = 8
"""After this time the server cancels a statement; migrations have no such limit."""

ANSWER_SECONDS: Final = 10.0
"""After this time the client closes the connection, if the server has not responded."""

POOL_SECONDS: Final = 3.0
"""How long a thread waits for one of the process's connections."""

RECONNECT_SECONDS: Final = 3.0
"""How long the pool tries to replace a lost connection until the next request."""

MOST_PER_PROCESS: Final = 12
"""The number of threads of a process for requests that need a connection."""


class BoundedConnection(Connection[TupleRow]):
    """A connection that stops waiting for a server that does not respond.

    The server's own limit on statements has no effect if the server is suspended, its
    disk hangs, or the network drops its packets.
    """

    def wait(
        self, gen: PQGen[T], interval: float = 0.1, timeout: float | None = None
    ) -> T:
        """Wait for the server, at most ANSWER_SECONDS unless the caller sets a limit.

        Raises:
            OperationalError: no response in time. The connection is closed, because
                the response might still arrive and be taken for that of a later query.
        """
        if timeout is not None:
            return super().wait(gen, interval, timeout)
        try:
            return super().wait(gen, interval, ANSWER_SECONDS)
        except OperationalError:
            if self.pgconn.transaction_status != TransactionStatus.ACTIVE:
                raise  # the server's own error
            self.pgconn.finish()
            raise OperationalError(
                f"no answer within {ANSWER_SECONDS:g} seconds"
            ) from None


def postgresql_options(
    given: Mapping[str, Any], *, connections: int, processes: int
) -> dict[str, Any]:
    """Return the part of Django's DATABASES entry that configures connections.

    Args:
        given: options in DATABASE_URL, which override the ones below.
        connections: the limit for all processes of this host; each gets at least one.
        processes: how many processes share them.
    """
    share = max(1, min(connections // processes, MOST_PER_PROCESS))
    statements = f"-c statement_timeout={1000 * STATEMENT_SECONDS}"
    return {
        "CONN_MAX_AGE": 0,  # the pool keeps connections open
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {
            "connect_timeout": CONNECT_SECONDS,
            **given,
            "options": f"{statements} {given.get('options', '')}".strip(),
            "pool": {
                "connection_class": BoundedConnection,
                "min_size": 0,
                "max_size": share,
                "timeout": POOL_SECONDS,
                "reconnect_timeout": RECONNECT_SECONDS,
            },
        },
    }
