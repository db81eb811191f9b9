"""How much memory clients who do not read can make a worker hold."""

import json
import socket
from contextlib import ExitStack
from pathlib import Path

from tests.operations.servers import (
    children,
    resident_mebibytes,
    running,
    title,
    wait_for,
)

# Its response has 24 MB.
BODY = json.dumps(
    {"x0": [0] * 20, "timesteps": 500, "schedule": {"vocab_size": 50257}}
).encode()
REQUEST = (
    b"POST /api/v1/marginal HTTP/1.1\r\nHost: localhost\r\n"
    b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n%s"
) % (len(BODY), BODY)
CLIENTS = 20


def test_clients_that_do_not_read_are_refused_and_their_memory_comes_back(
    data_dir: Path,
) -> None:
    with running(data_dir, variables={"WEB_CONCURRENCY": "1"}) as server:
        gunicorn = next(
            pid for pid in children(server.process.pid) if "gunicorn" in title(pid)
        )
        [worker] = children(gunicorn)
        assert server.ask("GET", "/alpha/5").status == 200
        before = resident_mebibytes(worker)
        with ExitStack() as stack:
            clients = []
            for _ in range(CLIENTS):
                client = stack.enter_context(
                    socket.create_connection(("127.0.0.1", server.port), timeout=60)
                )
                client.sendall(REQUEST)
                clients.append(client)
            statuses = [client.recv(12)[-3:] for client in clients]

            # 64 MiB hold two of them beside the bodies; the others are refused.
            assert statuses.count(b"200") == 2
            assert statuses.count(b"503") == CLIENTS - 2
            assert server.ask("GET", "/alpha/5").status == 200
        wait_for(
            lambda: resident_mebibytes(worker) < before + 80,
            lambda: f"{before} MiB became {resident_mebibytes(worker)} MiB",
        )
