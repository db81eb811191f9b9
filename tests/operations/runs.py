"""Runs that a server has accepted, and what its database says about them."""

import sqlite3
import subprocess
import sys
from collections import Counter
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

from tests.operations.servers import ROOT, Answer, Server, environment

MANAGE = (sys.executable, "manage.py")
NO_LIMITS = {"WRITES_PER_MINUTE": "1000000", "MAX_QUEUED_RUNS": "10000"}
CREATE_TOKEN = """
from django.contrib.auth.models import User
from django.core.management import call_command
from noising import services
from noising.models import Scope
call_command("migrate", verbosity=0)
call_command("load_schedules", verbosity=0)
user = User.objects.create_user("ada")
print("\\n" + services.token_create(user=user, name="t", scope=Scope.WRITE).secret)
"""
RUN = {"schedules": ["cosine"], "corpus": "synthetic", "timesteps": [0, 500, 999]}
POINTS = 6  # of a run: the schedule and the baseline, at three timesteps


def create_token(folder: Path) -> str:
    """Migrate, load the schedules, and return the secret of an account's token."""
    folder.mkdir(exist_ok=True)
    done = subprocess.run(
        [*MANAGE, "shell", "--no-imports", "--command", CREATE_TOKEN],
        cwd=ROOT,
        env=environment(DATA_DIR=str(folder)),
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    return done.stdout.split()[-1]


class Runs:
    """The runs that a server has accepted.

    Args:
        folder: its data folder.
        secret: of a token that may write.
    """

    def __init__(self, folder: Path, secret: str) -> None:
        self.file = folder / "noising.sqlite3"
        self.bearer = {"Authorization": f"Bearer {secret}"}
        self.accepted: set[str] = set()
        self.longest_lease = 0.0

    def request(self, server: Server, samples: int = 50) -> Answer | None:
        """Request a run; it is accepted once its id has arrived."""
        with suppress(OSError):
            body = RUN | {"samples": samples}
            answer = server.ask("POST", "/api/v1/runs", body, **self.bearer)
            if answer.status == 202:
                self.accepted.add(answer.json()["id"].replace("-", ""))
            return answer
        return None

    def query(self, text: str) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(self.file, timeout=60)) as database:
            return database.execute(text).fetchall()

    def look_at_leases(self) -> None:
        """Remember the longest time until the end of a lease."""
        [[seconds]] = self.query(
            "SELECT max(julianday(lease_until) - julianday('now')) * 86400"
            " FROM noising_benchmarkrun WHERE status = 'running'"
        )
        self.longest_lease = max(self.longest_lease, seconds or 0.0)

    def unfinished(self) -> int:
        self.look_at_leases()
        states = self.states()
        return states["queued"] + states["running"]

    def states(self) -> Counter[str]:
        return Counter(
            status for [status] in self.query("SELECT status FROM noising_benchmarkrun")
        )

    def missing(self) -> set[str]:
        """Return the runs that were accepted and are not stored."""
        stored = {key for [key] in self.query("SELECT id FROM noising_benchmarkrun")}
        return self.accepted - stored

    def wrong(self) -> list[tuple[Any, ...]]:
        """Return the runs without one row for each point; failed ones have none."""
        counts = self.query(
            "SELECT run.status, count(point.id) FROM noising_benchmarkrun run"
            " LEFT JOIN noising_benchmarkschedule schedule ON schedule.run_id = run.id"
            " LEFT JOIN noising_benchmarkresult point"
            " ON point.schedule_id = schedule.id"
            " GROUP BY run.id"
        )
        return [row for row in counts if row[1] != POINTS * (row[0] == "succeeded")]
