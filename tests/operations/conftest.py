"""Folders that a server may use."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.operations.servers import ROOT, environment


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
