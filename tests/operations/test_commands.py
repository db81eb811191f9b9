"""make run, make test and .ci/run."""

import os
import signal
import subprocess
from pathlib import Path

import pytest

from tests.operations.installations import Installation
from tests.operations.servers import ROOT, children, running, wait_for


def descendants(pid: int) -> list[int]:
    return [one for child in children(pid) for one in (child, *descendants(child))]


def test_make_run_serves_and_ctrl_c_ends_all_of_it(installation: Installation) -> None:
    with running(installation.folder, command=("make", "run")) as server:
        everything = descendants(server.process.pid)
        assert server.ask("GET", "/info").status == 200

        # A terminal sends Ctrl-C to all that runs in its foreground.
        os.killpg(server.process.pid, signal.SIGINT)
        server.process.wait(timeout=30)

        wait_for(
            lambda: not any(Path(f"/proc/{pid}").exists() for pid in everything),
            lambda: f"still there: {everything}",
        )
    assert "Stopped." in server.lines
    assert "Traceback" not in server.lines


def test_ci_runs_make_test_and_nothing_else() -> None:
    lines = (ROOT / ".ci" / "run").read_text().splitlines()

    assert lines[:2] == ["#!/usr/bin/env bash", "set -eu"]
    assert lines[2:] == ['cd "$(dirname "$0")/.."', "exec make test"]


@pytest.mark.parametrize("target", ["run", "test", "test-postgres"])
def test_make_sets_up_before_it_does_anything(target: str) -> None:
    plan = subprocess.run(
        ["make", "--dry-run", "--no-print-directory", target],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )

    assert plan.stdout.splitlines()[0].startswith("scripts/setup requirements")


def test_every_script_may_be_executed() -> None:
    scripts = [*(ROOT / "scripts").iterdir(), ROOT / ".ci" / "run", ROOT / "manage.py"]

    assert [path.name for path in scripts if not os.access(path, os.X_OK)] == []
