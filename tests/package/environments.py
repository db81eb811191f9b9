"""Environments with the wheel, and programs that run in them."""

import os
import subprocess
import sys
import sysconfig
import venv
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

ROOT = Path(__file__).parents[2]
EXTRAS_PATH = sysconfig.get_path("purelib")
"""Where the packages for development are, those of all extras among them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """A virtual environment without pip.

    Attributes:
        folder: where it is.
        path: further folders with packages.
    """

    folder: Path
    path: tuple[str, ...] = ()

    @property
    def python(self) -> Path:
        return self.folder / "bin" / "python"

    def run(
        self, *command: str, text: str = "", **options: str | Path
    ) -> subprocess.CompletedProcess[str]:
        """Run a command outside the checkout with an environment of its own."""
        return subprocess.run(
            command,
            input=text,
            env=self.variables(),
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
            **({"cwd": self.folder} | options),
        )

    def run_python(
        self, *arguments: str, **options: str
    ) -> subprocess.CompletedProcess[str]:
        return self.run(str(self.python), "-W", "error", *arguments, **options)

    def variables(self) -> Mapping[str, str]:
        found = {"PATH": f"{self.folder / 'bin'}:{os.environ['PATH']}"}
        if self.path:
            found["PYTHONPATH"] = os.pathsep.join(self.path)
        return found


def make_environment(folder: Path) -> Environment:
    venv.create(folder, symlinks=True)
    return Environment(folder=folder)


def site_packages(environment: Environment) -> Path:
    [folder] = environment.folder.glob("lib/python*/site-packages")
    return folder


def lend_numpy(environment: Environment) -> None:
    """Let an environment have the NumPy of this one, and nothing else."""
    names = {Path(str(file)).parts[0] for file in metadata.files("numpy") or ()}
    target = site_packages(environment)
    for name in names - {".."}:
        source = Path(metadata.distribution("numpy").locate_file(name))
        if source.is_dir():
            (target / name).symlink_to(source)


def pip_install(
    environment: Environment, *arguments: str
) -> subprocess.CompletedProcess[str]:
    """Install into an environment by the pip of this one."""
    pip = [sys.executable, "-m", "pip", "--python", str(environment.python)]
    quiet = ["--quiet", "--disable-pip-version-check", "--no-input"]
    return subprocess.run(
        [*pip, "install", *quiet, *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
