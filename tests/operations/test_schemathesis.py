"""The service against its OpenAPI document, by schemathesis."""

import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

from schemathesis.config import PositiveDataAcceptanceConfig

from tests.operations.servers import ROOT, environment, running

SCHEMATHESIS = Path(sys.executable).with_name("schemathesis")
PASSWORD = "a password of the tests"
CASES = 1_000
"""The least number of requests."""

CONFIGURATION = ROOT / "schemathesis.toml"
TOO_MUCH_TOGETHER = {"413", "422"}
"""What a request may get that breaks a rule over several fields."""


def short_configuration(folder: Path) -> Path:
    """Return the configuration without the phase that goes through whole schemas.

    A request that holds a specification has a thousand such cases.
    """
    name = '\ninclude-name = "'
    text = CONFIGURATION.read_text()
    path = folder / "schemathesis.toml"
    path.write_text(text.replace(name, f"\nphases.coverage.enabled = false{name}"))
    return path


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


def test_only_what_joins_fields_may_be_refused_and_each_has_its_reason() -> None:
    usual = set(PositiveDataAcceptanceConfig().expected_statuses)
    lines = CONFIGURATION.read_text().splitlines()
    reasons = [
        lines[place + 1] for place, line in enumerate(lines) if line == "[[operations]]"
    ]
    exceptions = tomllib.loads(CONFIGURATION.read_text())["operations"]
    assert len(reasons) == len(exceptions)
    for reason, exception in zip(reasons, exceptions, strict=True):
        assert reason.startswith("# ")
        check = exception["checks"].pop("positive_data_acceptance")
        assert exception["checks"] == {}
        allowed = set(check["expected-statuses"])
        assert usual < allowed <= usual | TOO_MUCH_TOGETHER


def test_the_service_keeps_to_its_description(
    prepared_folder: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "data"
    shutil.copytree(prepared_folder, folder)
    manage(folder, "load_schedules")
    manage(
        folder,
        *("createsuperuser", "--noinput", "--username", "ada"),
        *("--email", "ada@example.com"),
    )
    token = manage(folder, "token", "create", "ada", "--scope", "write")
    # Writes that no throttle hides, of runs that take their worker little time.
    limits = {
        "WRITES_PER_MINUTE": "100000",
        "MAX_QUEUED_RUNS": "10000",
        "MAX_RUN_SCHEDULES": "2",
        "MAX_RUN_SAMPLES": "2",
        "MAX_RUN_TIMESTEPS": "11",
    }
    with running(folder, variables=limits) as server:
        done = subprocess.run(
            [
                *(SCHEMATHESIS, "--config-file", short_configuration(tmp_path), "run"),
                f"http://127.0.0.1:{server.port}/api/schema/",
                *("--max-examples", "4", "--workers", "1", "--no-color"),
                *("--generation-deterministic", "--continue-on-failure"),
                *("--header", f"Authorization: Bearer {token.split()[-1]}"),
            ],
            cwd=tmp_path,
            env=environment(NO_PROXY="*", PYTHONPATH=str(ROOT)),
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )
    said = re.sub(r"(.{400}).*", r"\1 ...", done.stdout)
    assert done.returncode == 0, said
    [cases] = re.findall(r"(\d+) generated", done.stdout)
    assert int(cases) >= CASES
