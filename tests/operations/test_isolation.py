"""Endpoints without a database respond while other requests wait for one."""

import shutil
import socket
import sqlite3
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from tests.operations.servers import Server, running
from tests.operations.test_access import failed_login

WAITING = 14
"""Requests that wait: more than the process has threads for them."""

ONE_PROCESS = {"WEB_CONCURRENCY": "1"}

HYPERSCHEDULE = {
    "tokens": list(range(64)),
    "timestep": 900,
    "use_hyperschedule": True,
    "hyperschedule": {"type": "block", "width": 8, "levels": 4},
}


def assert_the_core_is_served(server: Server) -> None:
    """Each answers long before the requests that wait do, after 5 s or more."""
    for method, path, body in (
        ("GET", "/", None),
        ("GET", "/info", None),
        ("GET", "/alpha/500", None),
        ("POST", "/noise", HYPERSCHEDULE),
        ("GET", "/livez", None),
    ):
        started = time.monotonic()
        assert server.ask(method, path, body).status == 200, path
        assert time.monotonic() - started < 4, path


@contextmanager
def silent_service() -> Iterator[str]:
    """A service that takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0), backlog=2 * WAITING) as listener:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


@pytest.fixture(scope="module")
def server(
    prepared_folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    """One process that asks a silent service for tokens."""
    folder = tmp_path_factory.mktemp("isolation") / "data"
    shutil.copytree(prepared_folder, folder)
    with (
        silent_service() as url,
        running(folder, variables=ONE_PROCESS | {"TOKENIZER_URL": url}) as server,
    ):
        yield server


def test_a_tokenizer_service_that_hangs_keeps_only_its_own_requests_waiting(
    server: Server,
) -> None:
    pipeline = {"text": "|- ph", "timestep": 5}
    with ThreadPoolExecutor(WAITING) as pool:
        waiting = [
            pool.submit(server.ask, "POST", "/api/v1/pipeline", pipeline)
            for _ in range(WAITING)
        ]

        assert_the_core_is_served(server)

        assert {each.result().status for each in waiting} <= {502, 503, 504}


def test_a_locked_database_keeps_only_its_own_requests_waiting(server: Server) -> None:
    with ThreadPoolExecutor(WAITING) as pool:
        with closing(sqlite3.connect(server.data_dir / "noising.sqlite3")) as other:
            other.execute("BEGIN EXCLUSIVE")
            # Each login is counted, which is a write.
            waiting = [pool.submit(failed_login, server) for _ in range(WAITING)]
            assert_the_core_is_served(server)
            other.rollback()
        assert all(each.result() for each in waiting)
