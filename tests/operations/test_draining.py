"""Each step of noising.management.draining; test_faults.py has all of them together."""

import signal
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from noising.management.draining import DRAINING, refuse_connections
from noising_site.asgi import application
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


@pytest.mark.skipif(sys.platform != "linux", reason="a packet filter of Linux")
def test_connections_that_wait_are_kept_and_no_others_made() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        address = listener.getsockname()
        with socket.create_connection(address) as client:
            client.sendall(b"sent")
            refuse_connections(listener)
            with pytest.raises(TimeoutError):
                socket.create_connection(address, timeout=0.1)
            accepted, _ = listener.accept()
            with accepted:
                client.sendall(b" after")
                client.shutdown(socket.SHUT_WR)
                assert accepted.makefile("rb").read() == b"sent after"
