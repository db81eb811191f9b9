"""What `serve` runs in processes of their own.

Each is forked off from `serve`, which has loaded and prepared everything: they start
at once, and what they have loaded they share.
"""

import os
import socket
import sys

from django.conf import settings
from django.core.management import call_command
from setproctitle import setproctitle

DRAIN_SECONDS = 8
"""How long requests may take to end after SIGTERM; Docker kills after 10 s."""


def run_web_server(listener: socket.socket) -> None:
    """Be gunicorn, on a socket that is already listening."""
    from gunicorn import __main__ as gunicorn

    # What `python -m gunicorn` would find there; it may start itself anew from it.
    sys.argv = [
        gunicorn.__file__,
        *("--config", "python:noising_site.gunicorn"),
        *("--bind", f"fd://{listener.fileno()}"),
        *("--workers", str(settings.WEB_CONCURRENCY)),
        *("--graceful-timeout", str(DRAIN_SECONDS)),
    ]
    gunicorn.run(prog="gunicorn")


def run_worker(listener: socket.socket) -> None:
    """Measure the runs in the queue, and let others have the port."""
    listener.close()
    setproctitle("noising: worker")
    call_command("worker", parent=os.getppid())
