"""Connections to PostgreSQL: bounded in number, and in time whatever it does."""

from collections.abc import Mapping
from typing import Any, Final, TypeVar

from psycopg import Connection, OperationalError
from psycopg.abc import PQGen
from psycopg.pq import TransactionStatus
from psycopg.rows import TupleRow

T = TypeVar("T")

CONNECT_SECONDS: Final = 3
STATEMENT_SECONDS: Final = 8
"""After which the server ends a statement; migrations have no such limit."""

ANSWER_SECONDS: Final = 10.0
"""After which a server that does not even do that is given up."""

POOL_SECONDS: Final = 3.0
"""How long a thread waits for one of the process's connections."""

RECONNECT_SECONDS: Final = 3.0
"""How long a lost connection is tried again; the next request begins anew."""

MOST_OF_A_PROCESS: Final = 12
"""As many as a process has threads for requests that need one."""


class BoundedConnection(Connection[TupleRow]):
    """A connection that a server which stands still does not hold for ever.

    The server's own limit on a statement is of no use once the server is stopped, its
    disk hangs, or the network drops what it sends.
    """

    def wait(
        self, gen: PQGen[T], interval: float = 0.1, timeout: float | None = None
    ) -> T:
        """Wait for the server, within a limit unless the caller has one of its own.

        Raises:
            OperationalError: no answer in time; the connection is closed, since its
                answer might still come.
        """
        if timeout is not None:
            return super().wait(gen, interval, timeout)
        try:
            return super().wait(gen, interval, ANSWER_SECONDS)
        except OperationalError:
            if self.pgconn.transaction_status != TransactionStatus.ACTIVE:
                raise  # the server's own words
            self.pgconn.finish()
            raise OperationalError(
                f"no answer within {ANSWER_SECONDS:g} seconds"
            ) from None


def postgresql_options(
    given: Mapping[str, Any], *, connections: int, processes: int
) -> dict[str, Any]:
    """Return Django's description of how to connect.

    Args:
        given: options of DATABASE_URL, which stand where they differ.
        connections: of all processes of this host at most, but one for each.
        processes: how many share them.
    """
    share = max(1, min(connections // processes, MOST_OF_A_PROCESS))
    statements = f"-c statement_timeout={1000 * STATEMENT_SECONDS}"
    return {
        "CONN_MAX_AGE": 0,  # the pool keeps them
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
