"""scripts/setup: an environment with the packages of a lock file."""

import base64
import hashlib
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
LOCKS = ("requirements.txt", "requirements-dev.txt")


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """A folder with scripts/setup and lock files of packages made on the spot."""

    folder: Path

    def lock(self, name: str, *pins: str) -> None:
        (self.folder / name).write_text("".join(f"{pin}\n" for pin in pins))

    def make_package(self, name: str) -> str:
        """Write a wheel for pip to find, and return its pin with its hash."""
        wheels = self.folder / "wheels"
        wheels.mkdir(exist_ok=True)
        files = {
            f"{name}.py": "",
            f"{name}-1.0.dist-info/METADATA": (
                f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n"
            ),
            f"{name}-1.0.dist-info/WHEEL": (
                "Wheel-Version: 1.0\nGenerator: test\n"
                "Root-Is-Purelib: true\nTag: py3-none-any\n"
            ),
        }
        record = f"{name}-1.0.dist-info/RECORD"
        rows = [
            f"{path},sha256={_record_hash(text)},{len(text)}"
            for path, text in files.items()
        ]
        files[record] = "\n".join([*rows, f"{record},,"]) + "\n"
        wheel = wheels / f"{name}-1.0-py3-none-any.whl"
        with zipfile.ZipFile(wheel, "w") as archive:
            for path, text in files.items():
                archive.writestr(path, text)
        digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
        return f"{name}==1.0 --hash=sha256:{digest}"

    def run(self, lock: str, **variables: str) -> subprocess.CompletedProcess[str]:
        environment = os.environ | {
            "PATH": f"{Path(sys.base_prefix, 'bin')}:/usr/bin:/bin",
            "PIP_NO_INDEX": "1",
            "PIP_FIND_LINKS": str(self.folder / "wheels"),
        }
        return subprocess.run(
            [str(self.folder / "scripts" / "setup"), lock],
            env=environment | variables,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )

    def imports(self, name: str) -> bool:
        python = self.folder / ".venv" / "bin" / "python"
        done = subprocess.run(
            [str(python), "-c", f"import {name}"], capture_output=True, check=False
        )
        return done.returncode == 0


def _record_hash(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def write_program(path: Path, script: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


@pytest.fixture
def empty_project(tmp_path: Path) -> Project:
    (tmp_path / "scripts").mkdir()
    shutil.copy(ROOT / "scripts" / "setup", tmp_path / "scripts")
    return Project(folder=tmp_path)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """A project whose first setup is done: making .venv takes seconds."""
    folder = tmp_path_factory.mktemp("project")
    (folder / "scripts").mkdir()
    shutil.copy(ROOT / "scripts" / "setup", folder / "scripts")
    made = Project(folder=folder)
    service = made.make_package("pkg_service")
    made.lock("requirements.txt", service)
    made.lock("requirements-dev.txt", service, made.make_package("pkg_dev"))
    done = made.run("requirements.txt")
    assert done.returncode == 0, done.stderr
    return made


def test_a_first_run_installs_the_lock_and_says_what_it_does(project: Project) -> None:
    assert project.imports("pkg_service")
    assert not project.imports("pkg_dev")


def test_an_unchanged_lock_installs_nothing_and_says_nothing(project: Project) -> None:
    done = project.run("requirements.txt", PIP_FIND_LINKS="/nowhere")

    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_the_development_lock_satisfies_the_service_as_well(project: Project) -> None:
    done = project.run("requirements-dev.txt")
    assert done.returncode == 0, done.stderr
    assert project.imports("pkg_dev")

    again = project.run("requirements.txt", PIP_FIND_LINKS="/nowhere")
    assert (again.returncode, again.stderr) == (0, "")


def test_a_changed_lock_is_installed(project: Project) -> None:
    pins = (project.folder / "requirements.txt").read_text().splitlines()
    project.lock("requirements.txt", *pins, project.make_package("pkg_later"))

    done = project.run("requirements.txt")

    assert done.returncode == 0, done.stderr
    assert "installing the 2 packages of requirements.txt" in done.stderr
    assert project.imports("pkg_later")


def test_a_failed_installation_is_tried_again_by_the_next_run(
    project: Project,
) -> None:
    good = (project.folder / "requirements.txt").read_text()
    project.make_package("pkg_unpinned")
    project.lock("requirements.txt", "pkg_unpinned==1.0")
    refused = project.run("requirements.txt")
    assert refused.returncode == 1
    assert "hash" in refused.stderr.lower()
    assert "requirements.txt could not be installed" in refused.stderr

    # The lock that was installed before comes back: its stamp must be gone.
    project.lock("requirements.txt", *good.splitlines())
    done = project.run("requirements.txt")

    assert done.returncode == 0, done.stderr
    assert "installing" in done.stderr


def test_torch_is_added_without_hashes_and_without_another_installation(
    project: Project,
) -> None:
    project.make_package("pkg_torch")
    project.lock("requirements-torch.txt", "# Without hashes.", "pkg_torch==1.0")
    before = project.run("requirements.txt")
    assert before.returncode == 0, before.stderr

    done = project.run("requirements-torch.txt")
    assert done.returncode == 0, done.stderr
    assert "installing the 1 packages of requirements-torch.txt" in done.stderr
    assert project.imports("pkg_torch")

    for lock in ("requirements.txt", "requirements-torch.txt"):
        again = project.run(lock, PIP_FIND_LINKS="/nowhere")
        assert (again.returncode, again.stderr) == (0, "")


def test_uv_installs_where_it_is_present(project: Project, tmp_path: Path) -> None:
    pins = (project.folder / "requirements.txt").read_text().splitlines()
    project.lock("requirements.txt", *pins, project.make_package("pkg_by_uv"))
    calls = tmp_path / "calls"
    # It stands in for uv, which may not be on this machine, and lets pip do the work.
    write_program(
        tmp_path / "bin" / "uv",
        f'echo "$@" >{calls}\n'
        "while [ $1 != --python ]; do shift; done\n"
        'python=$2; shift 2; exec "$python" -m pip install --quiet "$@"',
    )

    done = project.run("requirements.txt", PATH=f"{tmp_path}/bin:{os.environ['PATH']}")

    assert done.returncode == 0, done.stderr
    assert calls.read_text().startswith("pip install")
    assert "--require-hashes" in calls.read_text()
    assert project.imports("pkg_by_uv")


def test_an_environment_whose_python_is_gone_is_made_anew(project: Project) -> None:
    python = project.folder / ".venv" / "bin" / "python"
    python.unlink()
    python.symlink_to("/nowhere/python3")

    done = project.run("requirements.txt")

    assert done.returncode == 0, done.stderr
    assert "making .venv" in done.stderr
    assert project.imports("pkg_service")


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        # It answers the question for its version with no.
        ("exit 1", "Python 3.11 or newer is needed"),
        # It is new enough, but Debian keeps the venv module in another package.
        (
            f'case "$2" in *ensurepip*) exit 1;; esac; exec {sys.executable} "$@"',
            "has no venv module; install it",
        ),
    ],
    ids=["too old", "without venv"],
)
def test_an_unfit_python_is_refused_in_one_line(
    empty_project: Project, tmp_path: Path, script: str, expected: str
) -> None:
    python = write_program(tmp_path / "bin" / "python3", script)
    empty_project.lock("requirements.txt")

    done = empty_project.run("requirements.txt", PYTHON=str(python))

    assert done.returncode == 1
    assert expected in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert not (empty_project.folder / ".venv").exists()


def pins_of(lock: str) -> set[str]:
    lines = (ROOT / lock).read_text().splitlines()
    return {line.rstrip(" \\") for line in lines if line[:1].isalpha()}


def test_the_development_lock_holds_every_pin_of_the_service() -> None:
    missing = {
        pin
        for pin in pins_of("requirements.txt")
        # A marker may be dropped there, where another package needs it anywhere.
        if pin.split(" ;")[0] not in {p.split(" ;")[0] for p in pins_of(LOCKS[1])}
    }

    assert not missing


def test_a_pin_carries_the_extras_that_installed_packages_ask_for() -> None:
    pins = {Requirement(pin.split(" ;")[0]) for pin in pins_of(LOCKS[1])}
    extras = {canonicalize_name(pin.name): pin.extras for pin in pins}
    installed = {canonicalize_name(found.name) for found in metadata.distributions()}
    asked = [
        Requirement(line)
        for name in extras.keys() & installed
        for line in metadata.requires(name) or ()
        if "extra ==" not in line
    ]
    with_extras = [requirement for requirement in asked if requirement.extras]

    assert with_extras
    for requirement in with_extras:
        if requirement.marker is None or requirement.marker.evaluate():
            assert requirement.extras <= extras[canonicalize_name(requirement.name)]


def test_the_additions_for_torch_are_pinned_without_an_index() -> None:
    text = (ROOT / "requirements-torch.txt").read_text()
    pins = [Requirement(line) for line in text.splitlines() if line[0] != "#"]

    names = {pin.name for pin in pins}
    assert names == {"accelerate", "datasets", "torch", "transformers"}
    assert all(str(pin.specifier).startswith("==") for pin in pins)
    assert "://" not in text


@pytest.mark.parametrize(
    "lock",
    sorted({path.name for path in ROOT.glob("req*.txt")} - {"requirements-torch.txt"}),
)
def test_every_lock_pins_with_hashes_and_names_no_index(lock: str) -> None:
    text = (ROOT / lock).read_text()
    requirements = text.replace("\\\n", " ").splitlines()
    pins = [line for line in requirements if line and not line.startswith(" ")]

    assert all("--hash=sha256:" in pin for pin in pins if not pin.startswith("#"))
    assert "index-url" not in text
    assert "://" not in text
