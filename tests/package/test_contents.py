"""What the wheel and the sdist contain: the whole library and nothing else."""

import ast
import tarfile
import tomllib
import zipfile
from email.message import Message
from email.parser import Parser
from pathlib import Path, PurePath, PurePosixPath

import pytest
from packaging.requirements import Requirement

import noising
from noising.extras import EXTRAS
from tests.package.environments import ROOT

PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
PROJECT = PYPROJECT["project"]


def names_in_layers() -> tuple[set[str], set[str]]:
    """Return what the layers put into the library and above it, by name in noising/."""
    [contract, *_] = PYPROJECT["tool"]["importlinter"]["contracts"]
    layers = [layer.split(" | ") for layer in contract["layers"]]
    [lowest] = [place for place, layer in enumerate(layers) if "benchmarks" in layer]
    parts = (layers[:lowest], layers[lowest:])
    service, library = (
        {
            name.removeprefix("noising.")
            for layer in part
            for name in layer
            if name.startswith("noising.")
        }
        for part in parts
    )
    return library, service


LIBRARY, SERVICE = names_in_layers()
LIBRARY |= {"__init__", "__main__", "py.typed"}
SERVICE |= {"migrations", "static"}
FILES = [
    path.relative_to(ROOT)
    for path in (ROOT / "noising").rglob("*")
    if path.is_file() and "__pycache__" not in path.parts
]
OF_THE_SERVICE = {"django", "rest_framework", "noising_site", "benchmarks", "orjson"}


def entry(path: PurePath) -> str:
    """Return what a path within noising/ belongs to, a package or a module."""
    return path.parts[1].removesuffix(".py")


@pytest.fixture(scope="module")
def files(wheel: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(wheel) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


@pytest.fixture(scope="module")
def about(files: dict[str, bytes]) -> Message:
    [name] = (name for name in files if name.endswith(".dist-info/METADATA"))
    return Parser().parsestr(files[name].decode())


def test_everything_in_the_package_belongs_to_the_library_or_to_the_service() -> None:
    assert {entry(path) for path in FILES} == LIBRARY | SERVICE
    assert {"command", "engine", "extras", "tokenizers"} <= LIBRARY
    assert {"api", "models", "configured", "tasks"} <= SERVICE


def test_the_wheel_holds_every_file_of_the_library_and_nothing_else(
    files: dict[str, bytes],
) -> None:
    own = {
        path.as_posix(): (ROOT / path).read_bytes()
        for path in FILES
        if entry(path) in LIBRARY
    }

    held = {name: files[name] for name in files if ".dist-info/" not in name}
    assert held == own
    assert {"noising/py.typed", "noising/tokenizers/data/gpt2_merges.bpe.gz"} <= set(
        own
    )


def test_no_module_of_the_wheel_imports_the_service(files: dict[str, bytes]) -> None:
    for name, content in files.items():
        if name.endswith(".py"):
            assert not imported_by(content) & OF_THE_SERVICE, name


def imported_by(content: bytes) -> set[str]:
    """Return the first names of all imports, those within functions too."""
    found = set()
    for node in ast.walk(ast.parse(content)):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module.partition(".")[0])
    return found


def test_the_wheel_carries_the_licences_of_code_and_data(
    files: dict[str, bytes], about: Message
) -> None:
    [folder] = {name.split("/")[0] for name in files if "dist-info" in name}
    kept = {
        "LICENSE",
        "NOTICE",
        "noising/tokenizers/data/LICENSE-bert.txt",
        "noising/tokenizers/data/LICENSE-gpt2.txt",
    }

    assert set(about.get_all("License-File", [])) == kept
    for name in kept:
        assert files[f"{folder}/licenses/{name}"] == (ROOT / name).read_bytes()


def test_the_sdist_holds_the_library_and_what_builds_it(
    sdist: Path, files: dict[str, bytes]
) -> None:
    with tarfile.open(sdist) as archive:
        names = {PurePosixPath(member.name) for member in archive.getmembers()}
    inside = {str(PurePosixPath(*name.parts[1:])) for name in names}
    library = {name for name in files if name.startswith("noising/")}

    assert {name for name in inside if name.startswith("noising/")} == library
    beside = {name for name in inside if not name.startswith("noising/")}
    wanted = {"LICENSE", "NOTICE", "PKG-INFO", "README.md", "pyproject.toml"}
    assert wanted <= beside
    assert beside <= wanted | {".gitignore"}


def test_the_distribution_is_noising_in_the_version_of_the_package(
    about: Message,
) -> None:
    assert (about["Name"], about["Version"]) == ("noising", noising.__version__)


def test_numpy_is_all_that_the_library_needs(about: Message) -> None:
    requirements = [Requirement(line) for line in about.get_all("Requires-Dist", [])]

    assert [str(each) for each in requirements if each.marker is None] == ["numpy>=2.0"]


def test_each_extra_brings_the_packages_that_a_missing_one_is_told_by() -> None:
    declared = PROJECT["optional-dependencies"]
    for extra, packages in EXTRAS.items():
        assert {Requirement(line).name for line in declared[extra]} == set(packages)


def test_the_service_brings_what_it_uses_of_the_library() -> None:
    [own] = (
        requirement
        for requirement in map(Requirement, PROJECT["optional-dependencies"]["server"])
        if requirement.name == PROJECT["name"]
    )

    assert own.extras == {"client", "plots", "tokenizers"}
