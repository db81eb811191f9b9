"""Settings of gunicorn in noising_site.gunicorn that `serve` does not show."""

import sys
from pathlib import Path

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


def test_a_worker_told_to_stop_while_it_boots_stops(
    data_dir: Path, tmp_path: Path
) -> None:
    config = tmp_path / "stop_while_booting.py"
    config.write_text(STOP_WHILE_BOOTING)
    command = (sys.executable, "-m", "gunicorn", "--config", str(config))

    with running(data_dir, command=command) as server:
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


# Writes down what a worker has loaded by its end.
LISTS_MODULES = """
import sys
from pathlib import Path

from noising_site.gunicorn import *

def worker_exit(server, worker):
    Path(__file__).with_name("modules.txt").write_text("\\n".join(sys.modules))
"""

LOADED_WHERE_USED = {
    "matplotlib": "plots",
    "scipy": "nothing",
    "numpy.ma": "masked arrays, which np.unique and np.isin ask for",
    "numba": "NOISING_KERNEL=numba",
    "httpx": "clients of other services, and noising.client",
    "tokenizers": "texts",
    "rich": "commands that print tables",
    "django.db.migrations.executor": "a database that lacks migrations",
}


def test_a_worker_loads_what_few_requests_need_only_for_them(
    data_dir: Path, tmp_path: Path
) -> None:
    config = tmp_path / "lists_modules.py"
    config.write_text(LISTS_MODULES)
    command = (sys.executable, "-m", "gunicorn", "--config", str(config))

    with running(data_dir, command=command) as server:
        for accept in ("application/json", "text/html"):
            assert server.ask("GET", "/", Accept=accept).status == 200
        for path in ("/info", "/alpha/5", "/readyz", "/api/v1/schedules"):
            assert server.ask("GET", path).status == 200
        noise = {"tokens": [1, 2, 3], "timestep": 5}
        assert server.ask("POST", "/noise", noise).status == 200
        batch = {"tokens": [[1, 2], [3]], "timesteps": 5}
        assert server.ask("POST", "/api/v1/noise", batch).status == 200
        assert server.stop() == 0

    loaded = set((tmp_path / "modules.txt").read_text().split())
    assert "noising.api.urls" in loaded
    assert loaded.isdisjoint(LOADED_WHERE_USED)
