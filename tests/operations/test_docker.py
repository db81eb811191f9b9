"""The Dockerfile's command lines, run here without Docker."""

import fnmatch
import json
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import pytest

from tests.operations.servers import ROOT, environment, free_port, running


@dataclass(frozen=True, slots=True, kw_only=True)
class Instruction:
    """A line of the Dockerfile, continuations joined."""

    name: str
    value: str


def instructions() -> list[Instruction]:
    text = (ROOT / "Dockerfile").read_text()
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    joined = re.sub(r"\\\n\s*", "", "\n".join(lines))
    pairs = (line.split(maxsplit=1) for line in joined.splitlines() if line)
    return [Instruction(name=name, value=value) for name, value in pairs]


def values(name: str) -> list[str]:
    return [line.value for line in instructions() if line.name == name]


def copied_files() -> list[tuple[str, str]]:
    """Return source and target of what is copied out of the project."""
    pairs = []
    for value in values("COPY"):
        if not value.startswith("--from"):
            *sources, target = value.split()
            pairs += [(source, target) for source in sources]
    return pairs


def command_of(value: str) -> list[str]:
    """Return the words of a command in its JSON form."""
    words: list[str] = json.loads(value[value.index("[") :])
    return words


def variables() -> dict[str, str]:
    return dict(pair.split("=", 1) for value in values("ENV") for pair in value.split())


def is_ignored(path: str) -> bool:
    """Tell whether .dockerignore leaves a path out; the last rule that fits counts."""
    ignored = False
    for line in (ROOT / ".dockerignore").read_text().splitlines():
        pattern = line.removeprefix("!")
        if line and not line.startswith("#") and fnmatch.fnmatch(path, pattern):
            ignored = not line.startswith("!")
    return ignored


def test_every_file_that_is_copied_exists_and_reaches_the_build() -> None:
    sources = [source for source, _ in copied_files()]

    assert sources
    assert [source for source in sources if not (ROOT / source).exists()] == []
    assert [source for source in sources if is_ignored(source)] == []


@pytest.mark.parametrize("name", ["var", ".venv", ".git", "tests", "secret_key"])
def test_nothing_private_reaches_the_build(name: str) -> None:
    assert is_ignored(name)


def test_the_service_does_not_run_as_root() -> None:
    order = [line.name for line in instructions()]

    assert values("USER") == ["noising"]
    assert "useradd --system" in " ".join(values("RUN"))
    assert order.index("USER") < order.index("CMD")


def test_the_packages_are_installed_with_their_hashes() -> None:
    installs = [value for value in values("RUN") if "pip install" in value]

    assert len(installs) == 1
    assert "--require-hashes" in installs[0]


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that holds what the image's /app does."""
    app = tmp_path_factory.mktemp("image") / "app"
    app.mkdir()
    for source, target in copied_files():
        if target.startswith("/"):
            continue
        if (ROOT / source).is_dir():
            ignore = shutil.ignore_patterns("__pycache__")
            shutil.copytree(ROOT / source, app / target, ignore=ignore)
        else:
            shutil.copy(ROOT / source, app / PurePosixPath(target))
    return app


def test_its_command_serves_and_its_health_check_tells(
    image: Path, data_dir: Path, tmp_path: Path
) -> None:
    path = f"{Path(sys.executable).parent}:/usr/bin:/bin"
    given = {
        **{name: value for name, value in variables().items() if name != "PATH"},
        "PATH": path,
        "PORT": str(free_port()),
        "DATA_DIR": str(data_dir),
        "MPLCONFIGDIR": str(tmp_path / "matplotlib"),
    }
    check = command_of(values("HEALTHCHECK")[0])
    before = sorted(image.rglob("*"))

    def health() -> int:
        done = subprocess.run(
            check, env=environment(**given), capture_output=True, check=False
        )
        return done.returncode

    assert health() != 0
    with running(
        data_dir,
        command=command_of(values("CMD")[0]),
        folder=image,
        variables=given,
    ) as server:
        assert health() == 0
        assert server.ask("GET", "/info").json()["vocab_size"] == 50257
        assert server.stop() == 0
    assert health() != 0
    # The root file system may be read-only.
    assert sorted(image.rglob("*")) == before
