"""manage.py serve: real servers, real signals."""

import json
import os
import signal
import socket
import sqlite3
import stat
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from tests.operations.servers import (
    ROOT,
    SERVE,
    Server,
    children,
    environment,
    free_port,
    running,
    wait_for,
)

NOISE = {"tokens": list(range(64)), "timestep": 900}
KEY = "0123456789" * 6


def serve(**variables: str) -> subprocess.CompletedProcess[str]:
    """Run a serve that is expected to refuse."""
    return subprocess.run(
        list(SERVE),
        cwd=ROOT,
        env=environment(**variables),
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )


def sockets(pid: int) -> set[str]:
    files = {str(link.readlink()) for link in Path(f"/proc/{pid}/fd").iterdir()}
    return {file for file in files if file.startswith("socket:")}


def test_an_empty_folder_becomes_a_service_without_accounts(tmp_path: Path) -> None:
    folder = tmp_path / "data"

    with running(folder) as server:
        assert server.ask("GET", "/").json()["status"] == "operational"
        assert server.stop() == 0

    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((folder / "secret_key").stat().st_mode) == 0o600
    assert (folder / "static" / "staticfiles.json").is_file()
    with closing(sqlite3.connect(folder / "noising.sqlite3")) as database:
        assert database.execute("SELECT count(*) FROM auth_user").fetchone() == (0,)
    assert "Migrating the database" in server.lines
    assert "noising.I002" not in server.lines  # it stores the key that this misses
    assert '"level":"warning"' not in server.lines
    assert f"Serving on http://127.0.0.1:{server.port}/" in server.lines
    assert server.lines.endswith("Stopped.\n")
    [booted, _] = [line for line in server.lines.splitlines() if "Booting" in line]
    assert json.loads(booted)["logger"] == "gunicorn.error"


def test_a_prepared_folder_is_used_as_it_is(
    server: Server, prepared_folder: Path
) -> None:
    answer = server.ask("GET", "/info")

    key = (prepared_folder / "secret_key").read_text()
    assert (server.data_dir / "secret_key").read_text() == key
    assert "Migrating" not in server.lines
    assert "Collecting" not in server.lines
    # Neither an access log nor, for attackers to look up, a version.
    assert "GET" not in server.lines
    named = answer.headers.get("Server", "")
    assert not any(digit in named for digit in "0123456789")


def test_slow_uploads_and_slow_pages_keep_noise_from_nobody(server: Server) -> None:
    """16 bodies that are too long for the loop stop half-way; pages are drawn."""
    head = (
        b"POST /noise HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        b"Content-Length: 1000000\r\n\r\n"
    )
    with ThreadPoolExecutor(16) as pool, ExitStack() as stack:
        for _ in range(16):
            client = socket.create_connection(("127.0.0.1", server.port))
            stack.enter_context(client).sendall(head + b" " * 500_000)
        pages = [
            pool.submit(server.ask, "GET", "/api/schema/", Accept="*/*")
            for _ in range(16)
        ]
        started = time.monotonic()

        for _ in range(20):
            assert server.ask("POST", "/noise", NOISE).status == 200
            assert server.ask("GET", "/livez").status == 200

        assert time.monotonic() - started < 20
        assert {page.result().status for page in pages} == {200}


def test_sigterm_lets_the_request_in_flight_finish(data_dir: Path) -> None:
    body = json.dumps(NOISE).encode()
    head = (
        "POST /noise HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\nExpect: 100-continue\r\n\r\n"
    ).encode()

    with running(data_dir) as server:
        address = ("127.0.0.1", server.port)
        with socket.create_connection(address, timeout=30) as client:
            client.sendall(head)
            # It is answered once the request has been taken on.
            assert client.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
            server.process.send_signal(signal.SIGTERM)
            wait_for(
                lambda: "Worker exiting" in server.lines,
                lambda: f"the idle worker was not told to stop:\n{server.lines}",
            )
            client.sendall(body)
            answer = client.makefile("rb").read()

        assert server.process.wait(timeout=20) == 0
    assert answer.startswith(b"HTTP/1.1 200 OK")
    assert b"noised_tokens" in answer


def test_sigterm_lets_a_slow_page_finish(data_dir: Path) -> None:
    with running(data_dir) as server, ThreadPoolExecutor(4) as pool:
        pages = [pool.submit(server.ask, "GET", "/api/schema/") for _ in range(4)]
        wait_for(lambda: pages[0].done(), lambda: f"no page:\n{server.lines}")

        assert server.stop() == 0

        assert {page.result().status for page in pages} == {200}
    assert "was sent SIG" not in server.lines


def test_the_end_of_gunicorn_is_the_end_of_serve(data_dir: Path) -> None:
    with running(data_dir) as server:
        left = server.both_workers()
        os.kill(server.child("gunicorn"), signal.SIGKILL)
        code = server.process.wait(timeout=30)
        wait_for(
            lambda: not any(Path(f"/proc/{pid}").exists() for pid in left),
            lambda: f"still there: {left}",
        )

    assert code == 1
    assert "CommandError: The web server was killed by SIGKILL" in server.lines


def test_a_killed_serve_leaves_no_process_behind(data_dir: Path) -> None:
    with running(data_dir) as server:
        left = children(server.process.pid) + server.both_workers()
        server.process.kill()
        server.process.wait()

        wait_for(
            lambda: not any(Path(f"/proc/{pid}").exists() for pid in left),
            lambda: f"still there: {left}",
        )


def test_the_worker_of_runs_holds_no_socket_of_serve(server: Server) -> None:
    # Else it could keep the port from whoever comes next.
    assert sockets(server.child("gunicorn")) & sockets(server.process.pid)
    assert not sockets(server.child("noising: worker")) & sockets(server.process.pid)


def test_a_port_in_use_is_one_line_at_once(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        started = time.monotonic()
        done = serve(HOST="127.0.0.1", PORT=str(port), DATA_DIR=str(tmp_path / "data"))
        seconds = time.monotonic() - started

    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == (
        f"CommandError: The service cannot listen on HOST 127.0.0.1 and PORT {port} "
        "(Address already in use); choose others, for example PORT=8001"
    )
    assert seconds < 10
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({"HOST": "no.such.host.invalid"}, "HOST no.such.host.invalid and PORT"),
        ({"DATA_DIR": "/proc/noising"}, "DATA_DIR /proc/noising cannot be written"),
        (
            {"DATABASE_URL": "sqlite:////proc/db.sqlite3", "SECRET_KEY": KEY},
            "The database /proc/db.sqlite3 cannot be created",
        ),
    ],
    ids=["unknown host", "folder not writable", "no database"],
)
def test_what_cannot_be_used_is_one_line(
    tmp_path: Path, variables: dict[str, str], expected: str
) -> None:
    defaults = {
        "HOST": "127.0.0.1",
        "PORT": str(free_port()),
        "DATA_DIR": str(tmp_path / "data"),
    }

    done = serve(**(defaults | variables))

    assert done.returncode == 1
    assert expected in done.stderr.splitlines()[-1]
    assert "Traceback" not in done.stderr


def test_what_is_unsafe_is_refused_with_a_line_each(tmp_path: Path) -> None:
    unsafe = {"SECRET_KEY": "short", "DEBUG": "on", "HOST": "::"}
    done = serve(PORT=str(free_port()), DATA_DIR=str(tmp_path / "data"), **unsafe)

    assert done.returncode == 1
    key, debug = done.stderr.splitlines()[-2:]
    assert key.startswith("CommandError: Your SECRET_KEY has less than 50 characters")
    assert key.endswith("(security.W009)")
    assert debug.endswith("(security.W018)")
    assert not (tmp_path / "data").exists()
