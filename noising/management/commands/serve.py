"""`manage.py serve`: everything that runs in production, under one process."""

import os
import socket
import sys
from typing import Any

from django.conf import settings
from django.core import checks
from django.core.management import BaseCommand, CommandError

from noising.management.listening import listening_socket
from noising.management.preparation import prepare
from noising.management.supervisor import Program, ProgramEndedError, supervise

DRAIN_SECONDS = 8
"""How long requests may take to end after SIGTERM; Docker kills after 10 s."""


class Command(BaseCommand):
    """Check, prepare, and run web server and worker until a signal ends them."""

    help = (
        "Serve on HOST:PORT: check the settings, make the secret key, migrate, collect "
        "static files, then run gunicorn and a worker until SIGTERM or Ctrl-C."
    )
    requires_system_checks = ()  # handle() runs them, with those for deployment

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Serve until stopped."""
        self.check(include_deployment_checks=True, fail_level=checks.ERROR)
        with self._listener() as listener:
            prepare(self.stdout.write)
            self.stdout.write(f"Serving on {_address(listener)}. Ctrl-C stops.")
            self.stdout.flush()
            try:
                supervise(
                    [_web_server(listener), _worker()],
                    stop_seconds=DRAIN_SECONDS + 1,
                    say=self.stderr.write,
                )
            except ProgramEndedError as ended:
                raise CommandError(f"{ended}; its own lines above say why") from ended
        self.stdout.write("Stopped.")

    def _listener(self) -> socket.socket:
        """Take the port first: that it is taken should be known at once."""
        try:
            return listening_socket(settings.HOST, settings.PORT)
        except OSError as error:
            raise CommandError(
                f"HOST {settings.HOST} and PORT {settings.PORT} cannot be served on "
                f"({error.strerror}); choose others, for example PORT=8001"
            ) from error


def _web_server(listener: socket.socket) -> Program:
    """Describe gunicorn; it takes the socket that is already listening."""
    return Program(
        name="The web server",
        command=(
            *(sys.executable, "-m", "gunicorn"),
            *("--config", "python:noising_site.gunicorn"),
            *("--bind", f"fd://{listener.fileno()}"),
            *("--workers", str(settings.WEB_CONCURRENCY)),
            *("--graceful-timeout", str(DRAIN_SECONDS)),
        ),
        pass_fds=(listener.fileno(),),
    )


def _worker() -> Program:
    """Describe the process that measures runs; requests do not depend on it."""
    return Program(
        name="The worker",
        command=(
            *(sys.executable, str(settings.BASE_DIR / "manage.py"), "worker"),
            *("--parent", str(os.getpid())),
        ),
        restarts=True,
    )


def _address(listener: socket.socket) -> str:
    """Return the URL to open on this machine."""
    host, port = listener.getsockname()[:2]
    if host in {"0.0.0.0", "::"}:  # noqa: S104 - compared, not bound
        host = "localhost"
    return f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"
