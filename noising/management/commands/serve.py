"""`manage.py serve`: everything that runs in production, under one process."""

import socket
from functools import partial
from importlib import import_module
from typing import Any

from django.conf import settings
from django.core import checks
from django.core.management import BaseCommand, CommandError

from noising.management.apart import run_apart
from noising.management.listening import listening_socket
from noising.management.preparation import prepare, use_kept_key
from noising.management.programs import DRAIN_SECONDS, run_web_server, run_worker
from noising.management.supervisor import Program, ProgramEndedError, supervise


class Command(BaseCommand):
    """Check, prepare, and run web server and worker until a signal ends them."""

    help = (
        "Serve on HOST:PORT: check the settings, make the secret key, migrate, collect "
        "static files, then run gunicorn and a worker until SIGTERM or Ctrl-C."
    )
    requires_system_checks = ()  # handle() runs them, with those for deployment

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Serve until stopped."""
        with self._listener() as listener:
            import_module(settings.ROOT_URLCONF)  # the checks need it, and requests
            run_apart(self._prepare)
            use_kept_key()
            self.stdout.write(f"Serving on {_address(listener)}. Ctrl-C stops.")
            self.stdout.flush()
            try:
                supervise(
                    _programs(listener),
                    stop_seconds=DRAIN_SECONDS + 1,
                    say=self.stderr.write,
                )
            except ProgramEndedError as ended:
                raise CommandError(f"{ended}; its own lines above say why") from ended
        self.stdout.write("Stopped.")

    def _prepare(self) -> None:
        """Check the settings, then make ready what is not."""
        self.check(include_deployment_checks=True, fail_level=checks.ERROR)
        prepare(self.stdout.write)

    def _listener(self) -> socket.socket:
        """Take the port first: that it is taken should be known at once."""
        try:
            return listening_socket(settings.HOST, settings.PORT)
        except OSError as error:
            raise CommandError(
                f"HOST {settings.HOST} and PORT {settings.PORT} cannot be served on "
                f"({error.strerror}); choose others, for example PORT=8001"
            ) from error


def _programs(listener: socket.socket) -> list[Program]:
    """Describe what runs; requests do not depend on the worker."""
    return [
        Program(name="The web server", run=partial(run_web_server, listener)),
        Program(name="The worker", run=partial(run_worker, listener), restarts=True),
    ]


def _address(listener: socket.socket) -> str:
    """Return the URL to open on this machine."""
    host, port = listener.getsockname()[:2]
    if host in {"0.0.0.0", "::"}:  # noqa: S104 - compared, not bound
        host = "localhost"
    return f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"
