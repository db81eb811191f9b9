"""The checks of `manage.py doctor`: each returns findings, and changes nothing."""

import http.client
import importlib.metadata
import platform
import re
import shutil
import socket
import stat
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from django.conf import settings
from django.core import checks
from django.db import DatabaseError, connection
from django.db.models.functions import Now
from django.utils import timezone

from noising.configured import VERSION
from noising.engine import ENGINE_VERSION, build_process, chosen_kernel
from noising.management.migrating import database_file
from noising.models import BenchmarkRun, Worker
from noising.models.failures import failure_line
from noising.models.migrations import unapplied_migrations

LEAST_FREE_BYTES: Final = 100 * 2**20
FEW_FREE_BYTES: Final = 2**30
LONG_WAIT_SECONDS: Final = 3600.0
MOST_CLOCK_DIFFERENCE: Final = timedelta(seconds=10)
CONNECT_SECONDS: Final = 2.0

PIN: Final = re.compile(r"^([A-Za-z0-9_.-]+)(?:\[[^\]]*\])?==(\S+) \\$", re.MULTILINE)
"""A package of requirements.txt that every platform needs."""

TOKENS: Final = [101, 2054, 2003, 2048, 2010, 102]
NOISED: Final = [101, 2054, 2003, 18916, 23996, 102]
"""TOKENS at timestep 500 with seed 7, as README.md shows them."""


class State(StrEnum):
    """How serious a finding is."""

    OK = "ok"
    WARNING = "warning"
    FAILURE = "failure"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One line of the diagnosis.

    Attributes:
        state: how serious it is.
        text: what was found.
        advice: what to do, if anything.
    """

    state: State
    text: str
    advice: str = ""


def ok(text: str) -> Finding:
    """Return a finding that needs no action."""
    return Finding(state=State.OK, text=text)


def warning(text: str, advice: str) -> Finding:
    """Return a finding that should be looked at."""
    return Finding(state=State.WARNING, text=text, advice=advice)


def failure(text: str, advice: str) -> Finding:
    """Return a finding with which the service or a part of it does not work."""
    return Finding(state=State.FAILURE, text=text, advice=advice)


def check_versions() -> Iterator[Finding]:
    """Compare the installed packages with the locked ones."""
    yield ok(
        f"service {VERSION}, engine {ENGINE_VERSION}, Python "
        f"{platform.python_version()}, {sys.platform}"
    )
    lock = Path(settings.BASE_DIR) / "requirements.txt"
    if not lock.is_file():
        return
    differing = []
    for name, version in PIN.findall(lock.read_text(encoding="utf-8")):
        try:
            installed = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            installed = "none"
        if installed != version:
            differing.append(f"{name} {installed} instead of {version}")
    if differing:
        yield warning(
            f"packages differ from requirements.txt: {', '.join(differing)}",
            "run scripts/setup requirements.txt",
        )
    else:
        yield ok("all packages are those of requirements.txt")


def check_settings() -> Iterator[Finding]:
    """Run the system checks, with those for a deployment."""
    messages = [
        message
        for message in checks.run_checks(include_deployment_checks=True)
        if message.level > checks.INFO and not message.is_silenced()
    ]
    for message in messages:
        kind = failure if message.level >= checks.ERROR else warning
        yield kind(f"{message.msg} ({message.id})", message.hint or "see the message")
    if not messages:
        yield ok("the system checks have nothing to say")


def check_folder() -> Iterator[Finding]:
    """Look at DATA_DIR: who may enter it, and how much space is left."""
    folder: Path = settings.DATA_DIR
    if not folder.is_dir():
        yield failure(
            f"DATA_DIR {folder} does not exist", "run manage.py serve, or set DATA_DIR"
        )
        return
    if stat.S_IMODE(folder.stat().st_mode) & stat.S_IWOTH:
        yield warning(f"every account may write to {folder}", f"chmod 700 {folder}")
    free = shutil.disk_usage(folder).free
    text = f"{folder} has {free / 2**30:.1f} GiB of free space"
    advice = "delete files, or move DATA_DIR to a larger disk"
    if free < LEAST_FREE_BYTES:
        yield failure(text, advice)
    else:
        yield warning(text, advice) if free < FEW_FREE_BYTES else ok(text)


def check_database() -> Iterator[Finding]:
    """Read and write the database, and compare its clock and its migrations."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    file = database_file(connection)
    version = ".".join(map(str, connection.get_database_version()))
    size = f", {file.stat().st_size / 2**20:.1f} MiB" if file else ""
    yield ok(f"{connection.display_name} {version}{size} can be read")
    missing = unapplied_migrations(connection)
    if missing:
        yield failure(f"{missing} migrations are missing", "run manage.py migrate")
        return
    Worker.objects.filter(id="").update(seen_at=Now())
    yield ok("it has all migrations and accepts writes")
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA quick_check(1)")
            [result] = cursor.fetchone()
        if result != "ok":
            yield failure(f"the file is damaged: {result}", "run manage.py restore")
        else:
            yield ok("the file is intact")
    else:
        yield _compare_clocks()


def _compare_clocks() -> Finding:
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        [theirs] = cursor.fetchone()
    difference = abs(timezone.now() - theirs)
    text = f"its clock differs from this host's by {difference.total_seconds():.1f} s"
    if difference > MOST_CLOCK_DIFFERENCE:
        return warning(text, "synchronize the clocks of both hosts")
    return ok(text)


def check_queue() -> Iterator[Finding]:
    """Look for workers, and for runs that wait for long."""
    workers = Worker.objects.alive().count()
    queued = BenchmarkRun.objects.queued()
    text = f"{workers} workers, {queued.count()} runs in the queue"
    if not workers:
        yield warning(f"{text}: nobody measures runs", "run manage.py serve or worker")
    elif queued.oldest_wait_seconds() > LONG_WAIT_SECONDS:
        yield warning(
            f"{text}; one has waited for {queued.oldest_wait_seconds() / 3600:.1f} h",
            "start more workers, or cancel runs",
        )
    else:
        yield ok(text)


def check_sampler() -> Iterator[Finding]:
    """Noise a known example, whose result is the same on every machine."""
    process = build_process({"vocab_size": 50257, "schedule": {"type": "cosine"}})
    noised = process.noise(TOKENS, timestep=500, seed=7).tokens.tolist()
    if noised == NOISED:
        yield ok(f"the kernel {chosen_kernel()} noises the example as documented")
    else:
        yield failure(
            f"the kernel {chosen_kernel()} returned {noised} for an example, not "
            f"{NOISED}",
            "install the packages of requirements.txt, and report it",
        )


def check_services() -> Iterator[Finding]:
    """Connect to the tokenizer and denoiser services."""
    for variable in ("TOKENIZER_URL", "DENOISER_URL"):
        url = getattr(settings, variable)
        if not url:
            continue
        parts = urlsplit(url)
        port = parts.port or {"http": 80, "https": 443}[parts.scheme]
        try:
            address = (parts.hostname, port)
            socket.create_connection(address, timeout=CONNECT_SECONDS).close()
        except OSError as error:
            yield warning(
                f"{variable} {url} cannot be reached: {error}",
                "start that service, or correct the variable",
            )
        else:
            yield ok(f"{variable} {url} accepts connections")


def check_server() -> Iterator[Finding]:
    """Ask the service on this machine, if it runs."""
    host = settings.HOST.strip("[]")
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104
    client = http.client.HTTPConnection(host, settings.PORT, timeout=CONNECT_SECONDS)
    try:
        client.request("GET", "/livez")
        status = client.getresponse().status
    except (OSError, http.client.HTTPException) as error:
        yield warning(
            f"nothing responds on port {settings.PORT} of this machine: {error}",
            "run manage.py serve, or ignore this if it runs elsewhere",
        )
    else:
        text = f"GET /livez on port {settings.PORT} has status {status}"
        good = status == http.HTTPStatus.OK
        yield ok(text) if good else failure(text, "see which program uses the port")
    finally:
        client.close()


CHECKS: Final[Mapping[str, Callable[[], Iterator[Finding]]]] = {
    "versions": check_versions,
    "settings": check_settings,
    "folder": check_folder,
    "database": check_database,
    "queue": check_queue,
    "sampler": check_sampler,
    "services": check_services,
    "server": check_server,
}


def diagnose() -> Iterator[tuple[str, Finding]]:
    """Run all checks; a check that fails because of the database is a finding."""
    for name, check in CHECKS.items():
        try:
            for finding in check():
                yield name, finding
        except DatabaseError as error:
            connection.close()
            yield (
                name,
                failure(
                    f"the database cannot be used: {failure_line(error)}",
                    "check DATABASE_URL and DATA_DIR, or run manage.py migrate",
                ),
            )
