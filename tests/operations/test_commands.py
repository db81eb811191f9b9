"""make run, make test and .ci/run."""

import os
import shutil
import signal
import subprocess
from pathlib import Path

import pytest

from tests.operations.installations import Installation
from tests.operations.servers import ROOT, children, running, wait_for

STEPS = [
    "scripts/test-packages",
    "ruff check",
    "ruff format --check",
    "mypy",
    "lint-imports",
    "python manage.py check --deploy --fail-level WARNING",
    "python manage.py migrate --verbosity 0",
    "python manage.py makemigrations --check --dry-run",
    "python manage.py spectacular --validate --fail-on-warn --file /dev/null",
    "pytest --numprocesses auto --dist loadfile --cov --coverage-gates",
]


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


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A folder with scripts/test, and tools that only say how they were called."""
    (tmp_path / "scripts").mkdir()
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    shutil.copy(ROOT / "scripts" / "test", tmp_path / "scripts")
    for step in STEPS:
        name = step.split()[0]
        folder = tmp_path if "/" in name else tmp_path / ".venv" / "bin"
        tool = folder / name
        tool.write_text(
            f'#!/bin/sh\necho "{name} $*" | sed "s/ *$//" >>{tmp_path}/calls\n'
            f'[ "{name} $*" != "$FAILING" ]\n'
        )
        tool.chmod(0o755)
    return tmp_path


@pytest.mark.parametrize("failing", [None, *STEPS])
def test_the_checks_run_in_order_up_to_the_first_that_fails(
    checkout: Path, failing: str | None
) -> None:
    trailing = " " if failing and " " not in failing else ""
    done = subprocess.run(
        [str(checkout / "scripts" / "test")],
        env={"PATH": "/usr/bin:/bin", "FAILING": f"{failing or ''}{trailing}"},
        capture_output=True,
        text=True,
        check=False,
    )

    expected = STEPS[: STEPS.index(failing) + 1] if failing else STEPS
    assert (checkout / "calls").read_text().splitlines() == expected
    assert (done.returncode == 0) == (failing is None)
    headers = [line for line in done.stdout.splitlines() if line.startswith("== ")]
    assert headers == [f"== {step}" for step in expected]


def test_ci_runs_make_test_and_nothing_else() -> None:
    lines = (ROOT / ".ci" / "run").read_text().splitlines()

    assert lines[:2] == ["#!/usr/bin/env bash", "set -eu"]
    assert lines[2:] == ['cd "$(dirname "$0")/.."', "exec make test"]


@pytest.mark.parametrize("target", ["run", "test"])
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
