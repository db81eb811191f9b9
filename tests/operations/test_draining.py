"""Each step of noising.management.draining; test_faults.py has all of them together."""

import signal
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from noising.management.draining import DRAINING
from noising_site.asgi import application
from noising_site.web_worker import accept_waiting
from tests.operations.test_processes import (
    DRAINS,
    python,
    signal_self,
    supervise,
    when_there,
)
from tests.site.asgi_requests import ask, scope_of


@pytest.fixture
def _draining() -> Iterator[None]:
    DRAINING.set()
    yield
    DRAINING.clear()


@pytest.mark.usefixtures("_draining")
def test_probes_and_responses_announce_the_end() -> None:
    probe = ask(application, scope_of("GET", "/readyz"))
    assert probe.status == 503
    assert probe.content == b'{"status":"draining","degraded":[]}'
    for client in (probe, ask(application, scope_of("GET", "/info"))):
        assert (b"connection", b"close") in client.headers


def test_programs_finish_their_work_after_the_notice(tmp_path: Path) -> None:
    waiter = when_there(tmp_path / "running", signal_self(signal.SIGTERM))
    calls = []

    supervise(
        [python(DRAINS, tmp_path)],
        stop_seconds=60,
        notice_seconds=0.01,
        after_notice=lambda: calls.append("after the notice"),
    )

    waiter.join()
    assert calls == ["after the notice"]
    assert (tmp_path / "drained").exists()


def test_connections_that_wait_are_accepted() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setblocking(False)
        address = listener.getsockname()
        clients = [socket.create_connection(address) for _ in range(3)]
        accepted = accept_waiting(listener)
        assert [each.getpeername() for each in accepted] == [
            client.getsockname() for client in clients
        ]
        assert accept_waiting(listener) == []
        for each in (*clients, *accepted):
            each.close()
