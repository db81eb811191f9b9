"""Real servers for tests: started on a free port, awaited, always stopped."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.utils.datastructures import CaseInsensitiveMapping

ROOT = Path(__file__).parents[2]
SERVE = (sys.executable, "manage.py", "serve")
DEADLINE_SECONDS = 180
"""How long a server may take to start or stop, on a busy machine."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A response that was read to its end."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """A server that runs, and the file that its lines go to."""

    process: subprocess.Popen[bytes]
    port: int
    data_dir: Path
    log: Path

    @property
    def lines(self) -> str:
        return self.log.read_text()

    def ask(
        self, method: str, path: str, body: object = None, **headers: str
    ) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            data = None
            if body is not None:
                data = json.dumps(body).encode()
                headers = {"Content-Type": "application/json"} | headers
            connection.request(method, path, data, headers)
            response = connection.getresponse()
            return Answer(
                status=response.status,
                headers=CaseInsensitiveMapping(response.getheaders()),
                body=response.read(),
            )
        finally:
            connection.close()

    def child(self, name: str) -> int:
        """Wait until there is a child whose title begins so; return it."""

        def found() -> list[int]:
            pids = children(self.process.pid)
            return [pid for pid in pids if title(pid).startswith(name)]

        wait_for(found, lambda: f"no {name}:\n{self.lines}")
        return found()[0]

    def workers(self) -> list[int]:
        """Return gunicorn's worker processes."""
        return [
            worker
            for child in children(self.process.pid)
            if title(child).startswith("gunicorn")
            for worker in children(child)
        ]

    def both_workers(self) -> list[int]:
        """Wait until there are two, and return them."""
        wait_for(lambda: len(self.workers()) == 2, lambda: f"not two:\n{self.lines}")
        return self.workers()

    def wait_until_it_answers(self) -> None:
        wait_for(self.answers, lambda: f"no answer from the server:\n{self.lines}")

    def answers(self) -> bool:
        if self.process.poll() is not None:
            raise AssertionError(f"the server ended:\n{self.lines}")
        try:
            return self.ask("GET", "/livez").status == 200
        except OSError:
            return False

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        return self.process.wait(timeout=DEADLINE_SECONDS)

    def stop_at_once(self) -> None:
        """Stop as a second Ctrl-C does, which waits for no client."""
        self.process.send_signal(signal.SIGTERM)
        self.stop(signal.SIGINT)


def resident_mebibytes(pid: int) -> float:
    """Return how much memory a process has."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise LookupError(pid)


def children(pid: int) -> list[int]:
    """Return the children of a process, oldest first."""
    try:
        text = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    except FileNotFoundError:
        return []
    return [int(child) for child in text.split()]


def title(pid: int) -> str:
    """Return what process lists call a process; nothing once it has ended."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ").strip()
    except (FileNotFoundError, ProcessLookupError):
        return ""


def wait_for(condition: Any, complaint: Any, seconds: float = DEADLINE_SECONDS) -> None:
    """Ask again and again until the condition holds."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(complaint())
        time.sleep(0.05)


def kill(pid: int) -> tuple[float, float]:
    """Kill a process; return the moments before, and after its sockets are closed."""
    began = time.monotonic()
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
    wait_for(lambda: not Path(f"/proc/{pid}/fd").exists(), lambda: f"{pid} is there")
    return began, time.monotonic()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def environment(**variables: str) -> dict[str, str]:
    """Return what a program needs of this one's environment: none of our settings."""
    kept = ["PATH", "HOME", "LANG", "TMPDIR"]
    return {name: os.environ[name] for name in kept if name in os.environ} | variables


@contextmanager
def running(
    data_dir: Path,
    *,
    command: Sequence[str] = SERVE,
    folder: Path = ROOT,
    variables: Mapping[str, str] | None = None,
) -> Iterator[Server]:
    """Run a server until the end of the block, once it answers."""
    port = free_port()
    settings = {
        "HOST": "127.0.0.1",
        "PORT": str(port),
        "DATA_DIR": str(data_dir),
        "WEB_CONCURRENCY": "2",
    } | dict(variables or {})
    log = data_dir.parent / f"{data_dir.name}.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            list(command),
            cwd=folder,
            env=environment(**settings),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            process_group=0,  # Ctrl-C in the terminal of the tests is not for it
        )
    server = Server(
        process=process, port=int(settings["PORT"]), data_dir=data_dir, log=log
    )
    try:
        server.wait_until_it_answers()
        yield server
    finally:
        if process.poll() is None:
            server.stop_at_once()
