"""`manage.py serve`: prepares, and runs the web server and a worker."""

import os
import socket
import sys
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.core import checks
from django.core.management import BaseCommand, CommandError
from django.db import connections

from noising.management.draining import NOTICE_SECONDS
from noising.management.metrics_folder import choose_parent, metrics_folder
from noising.management.preparation import prepare
from noising.management.processes import Program, ProgramEndedError, supervise
from noising.metrics import FOLDER_VARIABLE

BACKLOG = 2048
"""Connections that may wait to be accepted."""

WEAK_KEY: Final = "security.W009"
"""An attacker could guess SECRET_KEY and sign in to any account."""

DEBUG_ON: Final = "security.W018"
"""Error pages show settings and code, which only this machine may see."""

THIS_MACHINE: Final = frozenset({"127.0.0.1", "::1", "[::1]", "localhost"})

DRAIN_SECONDS = 8
"""How long requests may take to finish after SIGTERM; Docker kills after 10 s."""


MALLOC: Final = {
    "MALLOC_ARENA_MAX": "2",
    "MALLOC_MMAP_THRESHOLD_": "1048576",
    "MALLOC_TRIM_THRESHOLD_": "1048576",
}
"""With these settings, glibc's malloc returns the memory of large bodies and responses
to the system. Otherwise a worker would keep the most memory that it ever needed."""


NO_KEY: Final = "noising.I002"
"""No key is stored yet; the next step of `serve` stores one."""


def is_unsafe(message: checks.CheckMessage) -> bool:
    """Tell whether a warning of Django is a reason not to serve."""
    if message.id == WEAK_KEY:
        return True
    return message.id == DEBUG_ON and settings.HOST not in THIS_MACHINE


class Command(BaseCommand):
    """Checks, prepares, and runs web server and worker until a signal arrives."""

    help = (
        "Serve on HOST:PORT: check the settings, make the secret key, migrate, collect "
        "static files, then run gunicorn and a worker until SIGTERM or Ctrl-C."
    )
    requires_system_checks = ()  # handle() runs them, with those for deployment

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Serve until a signal arrives."""
        with self._listen() as listener:
            self._check_settings()
            prepare(self.stdout.write)
            connections.close_all()
            self.stdout.write(f"Serving on {_url(listener)}. Ctrl-C stops.")
            self.stdout.flush()
            try:
                with metrics_folder(choose_parent(settings.DATA_DIR)) as folder:
                    supervise(
                        _programs(listener, folder),
                        stop_seconds=DRAIN_SECONDS + 1,
                        say=self.stderr.write,
                        notice_seconds=NOTICE_SECONDS,
                        after_notice=listener.close,
                    )
            except ProgramEndedError as ended:
                raise CommandError(
                    f"{ended}; see its messages above for the reason"
                ) from ended
        self.stdout.write("Stopped.")

    def _check_settings(self) -> None:
        """Print a line for each finding of the system checks.

        Those of the routes, which import all views, and those without a tag are left
        out: they find only errors in the code, for which there are tests.

        Raises:
            CommandError: one of them makes it unsafe to serve.
        """
        refused = []
        tags = checks.registry.registry.tags_available(deployment_checks=True)
        for message in checks.run_checks(
            tags=sorted(tags - {checks.Tags.urls}), include_deployment_checks=True
        ):
            if message.is_silenced() or message.id == NO_KEY:
                continue
            line = " ".join(f"{message.msg} {message.hint or ''}".split())
            if message.level >= checks.ERROR or is_unsafe(message):
                refused.append(f"{line} ({message.id})")
            else:
                name = "INFO" if message.level <= checks.INFO else "WARNING"
                self.stderr.write(f"{name} {line} ({message.id})")
        if refused:
            raise CommandError("\n".join(refused))

    def _listen(self) -> socket.socket:
        """Bind the port first, so that a port in use is known at once."""
        try:
            family, _, _, _, address = socket.getaddrinfo(
                settings.HOST.strip("[]"),
                settings.PORT,
                type=socket.SOCK_STREAM,
                flags=socket.AI_PASSIVE,
            )[0]
            return socket.create_server(address[:2], family=family, backlog=BACKLOG)
        except OSError as error:
            # The message of create_server repeats the address, so take the system's.
            number = error.errno or 0
            reason = os.strerror(number) if number > 0 else error.strerror
            raise CommandError(
                f"The service cannot listen on HOST {settings.HOST} and PORT "
                f"{settings.PORT} ({reason}); choose others, for example PORT=8001"
            ) from error


def _programs(listener: socket.socket, metrics: Path) -> list[Program]:
    """Return the programs. The web server does not need the worker, which restarts."""
    gunicorn = (
        *(sys.executable, "-m", "gunicorn"),
        *("--config", "python:noising_site.gunicorn"),
        *("--bind", f"fd://{listener.fileno()}"),
        *("--workers", str(settings.WEB_CONCURRENCY)),
        *("--graceful-timeout", str(DRAIN_SECONDS)),
    )
    worker = (sys.executable, sys.argv[0], "worker", "--parent", str(os.getpid()))
    return [
        Program(
            name="The web server",
            command=gunicorn,
            inherited=[listener.fileno()],
            variables={**MALLOC, FOLDER_VARIABLE: str(metrics)},
        ),
        Program(
            name="The worker",
            command=worker,
            variables={FOLDER_VARIABLE: str(metrics)},
            restarts=True,
        ),
    ]


def _url(listener: socket.socket) -> str:
    """Return the URL to open on this machine."""
    host, port = listener.getsockname()[:2]
    if host in {"0.0.0.0", "::"}:  # noqa: S104 - compared, not bound
        host = "localhost"
    return f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"
