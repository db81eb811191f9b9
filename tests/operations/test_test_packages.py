"""scripts/test-packages: Debian packages for the tests, where that is allowed."""

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "scripts" / "test-packages"
NEEDED = ("sh", "mktemp", "rm", "tail", "env", "dirname")


class Machine:
    """A PATH with little on it; every program added writes down how it was called."""

    def __init__(self, folder: Path) -> None:
        self.bin = folder / "bin"
        self.calls = folder / "calls"
        self.bin.mkdir()
        self.calls.touch()
        for name in NEEDED:
            (self.bin / name).symlink_to(str(shutil.which(name)))

    def has(self, name: str, script: str = "exit 0") -> None:
        program = self.bin / name
        program.write_text(f'#!/bin/sh\necho "{name} $*" >>{self.calls}\n{script}\n')
        program.chmod(0o755)

    def run(self) -> tuple[int, list[str]]:
        """Return the exit code and the lines printed."""
        done = subprocess.run(
            [str(SCRIPT)],
            env={"PATH": str(self.bin)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=20,
        )
        return done.returncode, done.stdout.splitlines()


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_nothing_happens_where_the_packages_are_there(machine: Machine) -> None:
    machine.has("chromium")
    machine.has("curl")
    machine.has("pg_ctlcluster")

    assert machine.run() == (0, [])
    assert machine.calls.read_text() == ""


def test_another_system_than_debian_is_told_so(machine: Machine) -> None:
    machine.has("curl")
    machine.has("pg_ctlcluster")

    code, lines = machine.run()

    assert code == 0
    assert lines == [
        "scripts/test-packages: no apt-get here: tests that need chromium are skipped."
    ]


@pytest.mark.parametrize("has_sudo", [False, True])
def test_a_user_without_the_right_is_told_so(machine: Machine, has_sudo: bool) -> None:
    machine.has("apt-get")
    machine.has("id", "echo 1000")
    if has_sudo:
        machine.has("sudo", "echo a password is required >&2; exit 1")

    code, lines = machine.run()

    assert code == 0
    assert len(lines) == 1
    assert "neither root nor sudo" in lines[0]
    assert "apt-get" not in machine.calls.read_text()


@pytest.mark.parametrize("user", ["0", "1000"])
def test_the_missing_packages_are_installed(machine: Machine, user: str) -> None:
    machine.has("apt-get")
    machine.has("id", f"echo {user}")
    machine.has("sudo", 'shift; "$@"')

    code, lines = machine.run()

    calls = machine.calls.read_text()
    assert (code, lines) == (
        0,
        ["scripts/test-packages: installing chromium curl postgresql"],
    )
    assert "apt-get update" in calls
    assert "apt-get install" in calls
    assert "chromium" in calls
    assert ("sudo" in calls) == (user != "0")


def test_a_failed_installation_is_one_line_with_its_reason(machine: Machine) -> None:
    machine.has("apt-get", "echo E: no network; exit 100")
    machine.has("id", "echo 0")

    code, lines = machine.run()

    assert code == 0
    assert len(lines) == 2
    assert "apt-get failed (E: no network)" in lines[1]
