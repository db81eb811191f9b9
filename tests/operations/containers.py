"""The image of the Dockerfile in a folder, and the services of compose.yaml."""

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.operations.mounts import NEEDS_MOUNT, can_mount
from tests.operations.servers import ROOT, environment

TOOLS = Path(sys.executable).parent
"""hadolint and docker-compose are packages of Python, with the programs in them."""

UID = 10001

SECRETS = {"SECRET_KEY": "s" * 25 + "0123456789" * 3, "POSTGRES_PASSWORD": "p0"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """What `scripts/image build` has made."""

    folder: Path

    @property
    def root(self) -> Path:
        return self.folder / "root"

    @property
    def config(self) -> dict[str, Any]:
        config: dict[str, Any] = json.loads((self.folder / "config.json").read_text())
        return config

    def command(
        self, *words: str, data: Path, hostname: str = "web", **variables: str
    ) -> list[str]:
        """Return the command line that runs words in the image, by default its CMD."""
        given = [f"--env={name}={value}" for name, value in variables.items()]
        return [
            *(sys.executable, str(ROOT / "scripts/image"), "run"),
            *(f"--data={data}", f"--hostname={hostname}", *given),
            *(str(self.folder), *words),
        ]


@pytest.fixture(scope="session")
def image(tmp_path_factory: pytest.TempPathFactory) -> Image:
    """The image with the packages of the tests: installing others takes minutes."""
    if os.geteuid() != 0 or not can_mount():
        pytest.skip(f"scripts/image {NEEDS_MOUNT}, as root")
    folder = tmp_path_factory.mktemp("image") / "image"
    subprocess.run(
        [
            *(sys.executable, str(ROOT / "scripts/image"), "build"),
            *("--present-packages", str(folder)),
        ],
        check=True,
        env=environment(),
    )
    return Image(folder=folder)


def volume(folder: Path) -> Path:
    """Return an empty folder that belongs to the image's account."""
    folder.mkdir(mode=0o700)
    shutil.chown(folder, UID)
    return folder


def docker_compose(*words: str, **variables: str) -> subprocess.CompletedProcess[str]:
    command = (str(TOOLS / "docker-compose"), "--env-file", os.devnull, *words)
    return subprocess.run(
        command,
        cwd=ROOT,
        env=environment(**variables),
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="session")
def services() -> dict[str, Any]:
    """The services of compose.yaml as Docker Compose reads them."""
    done = docker_compose("config", "--format=json", **SECRETS)
    assert done.returncode == 0, done.stderr
    services: dict[str, Any] = json.loads(done.stdout)["services"]
    return services
