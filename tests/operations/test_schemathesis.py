"""The OpenAPI document against the service: schemathesis tries to prove it wrong."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.operations.servers import ROOT, environment, running

SCHEMATHESIS = Path(sys.executable).with_name("schemathesis")
PASSWORD = "a password of the tests"
CASES = 1_000
"""At least so many requests for each caller."""


def manage(folder: Path, *arguments: str) -> str:
    """Return what a command prints."""
    done = subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env=environment(DATA_DIR=str(folder), DJANGO_SUPERUSER_PASSWORD=PASSWORD),
        check=True,
        capture_output=True,
        text=True,
    )
    return done.stdout


@pytest.mark.parametrize("caller", ["anonymous", "writer"])
def test_the_service_keeps_to_its_description(
    prepared_folder: Path, tmp_path: Path, caller: str
) -> None:
    folder = tmp_path / "data"
    shutil.copytree(prepared_folder, folder)
    manage(folder, "load_schedules")
    options = []
    if caller == "writer":
        manage(
            folder,
            *("createsuperuser", "--noinput", "--username", "ada"),
            *("--email", "ada@example.com"),
        )
        token = manage(folder, "token", "create", "ada", "--scope", "write")
        options = ["--header", f"Authorization: Bearer {token.split()[-1]}"]
    # Writes that no throttle hides, of runs that take their worker no time.
    limits = {
        "WRITES_PER_MINUTE": "100000",
        "MAX_QUEUED_RUNS": "10000",
        "MAX_RUN_SAMPLES": "2",
        "MAX_RUN_TIMESTEPS": "2",
    }
    with running(folder, variables=limits) as server:
        done = subprocess.run(
            [
                *(SCHEMATHESIS, "--config-file", ROOT / "schemathesis.toml", "run"),
                f"http://127.0.0.1:{server.port}/api/schema/",
                *("--max-examples", "4", "--workers", "1", "--no-color"),
                *("--generation-deterministic", "--continue-on-failure", *options),
            ],
            cwd=tmp_path,
            env={**os.environ, "NO_PROXY": "*"},
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )
    said = re.sub(r"(.{400}).*", r"\1 ...", done.stdout)
    assert done.returncode == 0, said
    [cases] = re.findall(r"(\d+) generated", done.stdout)
    assert int(cases) >= CASES
