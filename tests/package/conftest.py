"""The distributions, built as pip builds them."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from tests.package.environments import (
    EXTRAS_PATH,
    ROOT,
    Environment,
    lend_numpy,
    make_environment,
    pip_install,
)


def run(*module: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", *module],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="session")
def sdist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sdist")
    run("hatchling", "build", "--target", "sdist", "--directory", str(folder))
    [made] = folder.iterdir()
    return made


@pytest.fixture(scope="session")
def wheel(sdist: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel that is built from the sdist: neither may lack a file."""
    folder = tmp_path_factory.mktemp("wheel")
    run("pip", "wheel", "--no-index", "--no-deps", "--no-build-isolation",
        "--wheel-dir", str(folder), str(sdist))  # fmt: skip
    [made] = folder.iterdir()
    return made


@pytest.fixture(scope="session")
def bare(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """An environment with the wheel and NumPy, and no package beside them."""
    environment = make_environment(tmp_path_factory.mktemp("bare") / "venv")
    lend_numpy(environment)
    # Without an index: pip would have to fetch whatever else the wheel depends on.
    done = pip_install(environment, "--no-index", str(wheel))
    assert done.returncode == 0, done.stderr
    return environment


@pytest.fixture(scope="session")
def with_extras(bare: Environment) -> Environment:
    """The same environment where the packages of every extra can be imported."""
    return replace(bare, path=(EXTRAS_PATH,))
