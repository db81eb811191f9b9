"""A PostgreSQL server for tests, which can be stopped and frozen."""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.operations.servers import children, free_port, wait_for

PROGRAMS = "/usr/lib/postgresql"
"""Where Debian keeps them, which is no part of PATH."""

CONNECTIONS = 20


def program(name: str) -> str | None:
    """Return the path of one of PostgreSQL's programs, of the newest version."""
    versions = sorted(
        Path(PROGRAMS).glob(f"*/bin/{name}"), key=lambda path: int(path.parts[-3])
    )
    return str(versions[-1]) if versions else shutil.which(name)


class Cluster:
    """A server and its folder; it belongs to an account that is not root."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self.process: subprocess.Popen[bytes] | None = None
        self.user: dict[str, Any] = {}
        if os.geteuid() == 0:
            account = pwd.getpwnam("postgres")
            os.chown(folder, account.pw_uid, account.pw_gid)
            self.user = {"user": account.pw_uid, "group": account.pw_gid}
        initdb = str(program("initdb"))
        arguments = ("--auth", "trust", "--username", "noising", "--no-sync")
        self._run(initdb, "--pgdata", str(folder / "data"), *arguments)

    def _run(self, *command: str) -> None:
        done = subprocess.run(
            command, cwd=self.folder, capture_output=True, text=True, **self.user
        )
        assert done.returncode == 0, done.stdout + done.stderr

    def url(self, database: str) -> str:
        return f"postgres://noising@127.0.0.1:{self.port}/{database}"

    def connect(self, database: str = "postgres") -> psycopg.Connection[Any]:
        return psycopg.connect(self.url(database), autocommit=True, connect_timeout=5)

    @contextmanager
    def new_database(self, name: str) -> Iterator[str]:
        """Create an empty database until the end of the block; give its URL."""
        with self.connect() as connection:
            connection.execute(f"CREATE DATABASE {name}")
        try:
            yield self.url(name)
        finally:
            with self.connect() as connection:
                connection.execute(f"DROP DATABASE {name} WITH (FORCE)")

    def start(self) -> None:
        """Start the server and wait until it takes connections."""
        settings = {
            "port": self.port,
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": self.folder,
            "max_connections": CONNECTIONS,
            "fsync": "off",
        }
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [
                    *(str(program("postgres")), "-D", str(self.folder / "data")),
                    *(f"--{name}={value}" for name, value in settings.items()),
                ],
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                **self.user,
            )

        def answers() -> bool:
            try:
                self.connect().close()
            except psycopg.OperationalError:
                return False
            return True

        wait_for(answers, lambda: (self.folder / "log").read_text())

    def stop(self) -> None:
        """End it at once, as the loss of its host would."""
        assert self.process is not None
        self.process.send_signal(signal.SIGQUIT)
        self.process.wait(timeout=60)

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """Let it stand still: the system still takes its connections."""
        assert self.process is not None
        stopped = [self.process.pid, *children(self.process.pid)]
        for pid in stopped:
            os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            for pid in stopped:
                os.kill(pid, signal.SIGCONT)


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Cluster]:
    """A server that runs; without PostgreSQL's programs the test is skipped."""
    if program("postgres") is None:
        pytest.skip("PostgreSQL is not installed (scripts/test-packages installs it)")
    # Not pytest's own folder, which is closed to the account that runs it.
    with tempfile.TemporaryDirectory(prefix="noising-postgresql-") as folder:
        cluster = Cluster(Path(folder))
        cluster.start()
        try:
            yield cluster
        finally:
            cluster.stop()
