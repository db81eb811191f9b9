"""An installation as its first bootstrap leaves it."""

import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from tests.operations.servers import ROOT, environment


@dataclass(frozen=True, slots=True, kw_only=True)
class Installation:
    """A data folder after its first bootstrap, and what that printed."""

    folder: Path
    done: subprocess.CompletedProcess[str]

    def rows(self, query: str) -> list[tuple[object, ...]]:
        with closing(sqlite3.connect(self.folder / "noising.sqlite3")) as database:
            return database.execute(query).fetchall()


# The time that the first benchmark may take is the user's patience, not a test's.
BOOTSTRAP = """
import os
os.environ["DJANGO_SETTINGS_MODULE"] = "noising_site.settings"
import django
from django.core.management import execute_from_command_line
django.setup()
from noising.management.commands import bootstrap
bootstrap.BENCHMARK_SECONDS = 300
execute_from_command_line(["manage.py", "bootstrap"])
"""


def run_bootstrap(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", BOOTSTRAP],
        cwd=ROOT,
        env=environment(DATA_DIR=str(folder)),
        capture_output=True,
        text=True,
        check=False,
        timeout=400,
    )
