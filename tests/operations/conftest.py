"""Folders for servers, and one server for tests that only read."""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.operations.installations import Installation, run_bootstrap
from tests.operations.servers import ROOT, Server, environment, running
from tests.operations.sites import Site
from tests.postgresql import Cluster

LONGEST_SECONDS = 900
"""More than the deadlines of any test here together: one bootstrap may take 400."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let programs that tests here start meet their own deadlines first."""
    folder = Path(__file__).parent
    for item in items:
        if folder in item.path.parents:
            item.add_marker(pytest.mark.timeout(LONGEST_SECONDS))


@pytest.fixture(scope="session")
def prepared_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with key, database and static files: making them takes seconds."""
    folder = tmp_path_factory.mktemp("prepared") / "data"
    subprocess.run(
        [
            *(sys.executable, "manage.py", "shell", "--no-imports", "--command"),
            "from noising.management.preparation import prepare; prepare(print)",
        ],
        cwd=ROOT,
        env=environment(DATA_DIR=str(folder)),
        check=True,
        capture_output=True,
    )
    return folder


@pytest.fixture
def data_dir(prepared_folder: Path, tmp_path: Path) -> Path:
    """A prepared data folder of the test's own."""
    folder = tmp_path / "data"
    shutil.copytree(prepared_folder, folder)
    return folder


@pytest.fixture(scope="session")
def server(
    prepared_folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    """A server that no test stops or harms."""
    folder = tmp_path_factory.mktemp("server") / "data"
    shutil.copytree(prepared_folder, folder)
    with running(folder) as served:
        yield served


@pytest.fixture(scope="session")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    """What `manage.py bootstrap` makes of an empty folder."""
    folder = tmp_path_factory.mktemp("installation") / "data"
    done = run_bootstrap(folder)
    assert done.returncode == 0, done.stderr
    return Installation(folder=folder, done=done)


@pytest.fixture(scope="session")
def migrated_site(
    postgresql: Cluster, tmp_path_factory: pytest.TempPathFactory
) -> Site:
    """A database with tables and schedules, from which others are copied.

    Three processes migrate it at once, as on three hosts.
    """
    site = Site(postgresql, "migrated", tmp_path_factory.mktemp("migrated"))
    with postgresql.connect() as connection:
        connection.execute("CREATE DATABASE migrated")
    started = [site.start("migrate", "--verbosity", "0") for _ in range(3)]
    ended = [
        (process.communicate(timeout=120), process.returncode) for process in started
    ]
    assert ended == [(("", ""), 0)] * 3
    site.run("load_schedules")
    return site


@pytest.fixture
def site(migrated_site: Site, data_dir: Path, request: pytest.FixtureRequest) -> Site:
    """A database of the test's own, with tables and schedules."""
    return migrated_site.copy(f"site_{abs(hash(request.node.name))}", data_dir)
