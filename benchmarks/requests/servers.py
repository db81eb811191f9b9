"""Starts the two servers in the way in which users start them."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]
START_SECONDS: Final = 60.0
STOP_SECONDS: Final = 15.0

PEER: Final = "benchmarks.peers.fastapi_noise:app"


class ServerError(RuntimeError):
    """A server did not start; the message ends with its output."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """A running server.

    Attributes:
        port: port on 127.0.0.1.
        start_seconds: time from the start to the first response.
    """

    port: int
    start_seconds: float


@contextmanager
def service(*, workers: int, logs: bool) -> Iterator[Server]:
    """Run this service with a temporary data folder."""
    with tempfile.TemporaryDirectory(prefix="noising-") as folder:
        variables = {
            "DATA_DIR": folder,
            "HOST": "127.0.0.1",
            "WEB_CONCURRENCY": str(workers),
            "GUNICORN_CMD_ARGS": "--access-logfile -" if logs else "",
        }
        command = (sys.executable, "manage.py", "serve")
        with _running(command, variables) as server:
            yield server


@contextmanager
def peer(*, workers: int, logs: bool) -> Iterator[Server]:
    """Run the FastAPI peer."""
    command = [
        *(sys.executable, "-m", "uvicorn", PEER, "--workers", str(workers)),
        *("--loop", "uvloop", "--http", "httptools", "--timeout-keep-alive", "65"),
    ]
    if not logs:
        command += ["--no-access-log", "--log-level", "warning"]
    with _running(command, {}, with_port=True) as server:
        yield server


@contextmanager
def _running(
    command: Sequence[str], variables: Mapping[str, str], *, with_port: bool = False
) -> Iterator[Server]:
    port = _free_port()
    if with_port:
        command = (*command, "--host", "127.0.0.1", "--port", str(port))
    with tempfile.TemporaryFile() as log:
        began = time.monotonic()
        process = subprocess.Popen(  # noqa: S603 - our own command lines, no shell
            list(command),
            cwd=ROOT,
            env={**os.environ, "PORT": str(port), **variables},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        try:
            while not _responds(port):
                if (
                    process.poll() is not None
                    or time.monotonic() > began + START_SECONDS
                ):
                    log.seek(0)
                    output = log.read().decode(errors="replace").strip()[-2000:]
                    raise ServerError(f"{command[1:4]} does not respond: {output}")
                time.sleep(0.01)
            yield Server(port=port, start_seconds=time.monotonic() - began)
        finally:
            process.terminate()
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _responds(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1) as connection:
            connection.sendall(b"GET /info HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
            return connection.recv(9) == b"HTTP/1.1 "
    except OSError:
        return False
