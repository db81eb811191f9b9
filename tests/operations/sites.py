"""Databases of the service on PostgreSQL, and the project's commands upon them."""

import subprocess
import sys
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from tests.operations.servers import ROOT, environment, running
from tests.postgresql import Cluster

MANAGE = (sys.executable, "manage.py")

CREATES_A_TOKEN = """
from django.contrib.auth.models import User
from noising import services
from noising.models import Scope
user = User.objects.create_superuser("ada", password="correct horse")
print(services.token_create(user=user, name="t", scope=Scope.WRITE).secret)
"""


@dataclass
class Site:
    """A database of its own on the cluster, and the project's commands upon it."""

    cluster: Cluster
    name: str
    data_dir: Path

    def ask(self, query: str) -> list[tuple[Any, ...]]:
        with self.cluster.connect(self.name) as connection:
            return connection.execute(query).fetchall()

    def tell(self, command: str) -> None:
        with self.cluster.connect(self.name) as connection:
            connection.execute(command)

    @property
    def variables(self) -> dict[str, str]:
        return {
            "DATABASE_URL": self.cluster.url(self.name),
            "DATA_DIR": str(self.data_dir),
            "SECRET_KEY": "a key of fifty characters that no one else would use",
            "WEB_CONCURRENCY": "1",
        }

    def start(self, *command: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [*MANAGE, *command],
            cwd=ROOT,
            env=environment(**self.variables),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *command: str) -> str:
        process = self.start(*command)
        output, errors = process.communicate(timeout=120)
        assert process.returncode == 0, output + errors
        return output

    @cached_property
    def bearer(self) -> dict[str, str]:
        secret = self.run("shell", "--no-imports", "--command", CREATES_A_TOKEN)
        return {"Authorization": f"Bearer {secret.strip()}"}

    def serving(self, **variables: str) -> Any:
        """Run `serve` until the end of the block."""
        return running(self.data_dir, variables=self.variables | variables)

    def copy(self, name: str, data_dir: Path) -> "Site":
        """Return another site, whose database is a copy of this one."""
        with self.cluster.connect() as connection:
            connection.execute(f"CREATE DATABASE {name} TEMPLATE {self.name}")
        return Site(self.cluster, name, data_dir)
