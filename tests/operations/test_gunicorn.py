"""How noising_site.gunicorn makes gunicorn behave, beyond what `serve` shows."""

import sys
from pathlib import Path

import pytest

from tests.operations.servers import running, wait_for

# Stops the first worker at the moment it least expects it: just after the fork.
STOP_WHILE_BOOTING = """
import os
import signal

from noising_site.gunicorn import *

def post_fork(server, worker):
    if worker.age == 1:
        os.kill(os.getpid(), signal.SIGTERM)
"""


@pytest.mark.parametrize("worker", ["uvicorn", "gthread"])
def test_a_worker_told_to_stop_while_it_boots_stops(
    data_dir: Path, tmp_path: Path, worker: str
) -> None:
    config = tmp_path / "stop_while_booting.py"
    config.write_text(STOP_WHILE_BOOTING)
    command = (sys.executable, "-m", "gunicorn", "--config", str(config))

    with running(data_dir, command=command, variables={"WEB_WORKER": worker}) as server:
        wait_for(
            lambda: server.lines.count("Worker exiting") == 1,
            lambda: f"the signal was lost:\n{server.lines}",
            seconds=20,
        )
        wait_for(
            lambda: server.lines.count("Booting worker") == 3,
            lambda: f"the worker was not replaced:\n{server.lines}",
            seconds=20,
        )
        assert server.stop() == 0
    assert "was sent SIG" not in server.lines
