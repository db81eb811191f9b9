"""The oldest supported NumPy makes the same bytes as the installed one."""

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from tests.package.environments import ROOT, make_environment, pip_install

OLDEST = {(3, 11): "2.0.0", (3, 12): "2.0.0", (3, 13): "2.1.0", (3, 14): "2.3.2"}
"""NumPy's first wheels for each Python among the versions that are promised."""


def noised_bytes(python: str | Path) -> str:
    done = subprocess.run(
        [str(python), "-W", "error", "-m", "tests.package.noised_bytes"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def test_the_oldest_numpy_of_all_is_the_one_that_is_promised() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    [requirement] = map(Requirement, project["dependencies"])

    assert str(requirement) == "numpy>=2.0"
    assert min(OLDEST.values()) == "2.0.0"


def test_the_oldest_numpy_makes_the_same_bytes(tmp_path: Path) -> None:
    oldest = OLDEST[sys.version_info[:2]]
    environment = make_environment(tmp_path / "venv")
    done = pip_install(environment, "--only-binary", ":all:", f"numpy=={oldest}")
    if done.returncode:
        pytest.skip(f"needs NumPy {oldest}: {done.stderr.splitlines()[-1]}")

    expected = noised_bytes(sys.executable)

    assert "golden vectors: ok" in expected
    assert noised_bytes(environment.python) == expected
