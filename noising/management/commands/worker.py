"""`manage.py worker`: measures the runs that wait in the queue."""

import logging
import os
import socket
from argparse import SUPPRESS
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError
from django.utils.crypto import get_random_string
from django_tasks import DEFAULT_TASK_BACKEND_ALIAS, DEFAULT_TASK_QUEUE_NAME
from setproctitle import setproctitle

from noising.management.queue_worker import QueueWorker, Upkeep
from noising.models.workers import SILENCE, Worker

NICENESS = 10
"""Added to the niceness, so that requests have a higher priority."""

LONGEST_HOST = 40


class Command(BaseCommand):
    """Measures one run after another until a signal arrives."""

    help = (
        "Measure the runs in the queue, one at a time, until SIGTERM or Ctrl-C, which "
        "returns the current run to the queue. `serve` starts one worker; with "
        "PostgreSQL you can start more, on any number of hosts."
    )
    requires_system_checks = ()  # `serve` has run them

    def add_arguments(self, parser: CommandParser) -> None:
        """Add options for `serve`, for containers, and for tests and scripts."""
        parser.add_argument(
            "--batch",
            action="store_true",
            help="end when the queue is empty instead of waiting for more runs",
        )
        parser.add_argument(
            "--check",
            action="store_true",
            help="measure nothing; exit with 0 if a worker of this host has reported "
            f"in the last {SILENCE.seconds} seconds, else with 1, as the health check "
            "of a container does",
        )
        parser.add_argument("--parent", type=int, metavar="PID", help=SUPPRESS)

    def handle(self, *_args: Any, **options: Any) -> None:
        """Work until a signal arrives."""
        if options["check"]:
            _check_host()
            return
        setproctitle("noising: worker")
        os.nice(NICENESS)
        logging.getLogger("django_tasks_db").setLevel(logging.ERROR)
        worker_id = _identity()
        worker = QueueWorker(
            queue_names=[DEFAULT_TASK_QUEUE_NAME],
            excluded_queue_names=[],
            interval=1.0,
            batch=options["batch"],
            backend_name=DEFAULT_TASK_BACKEND_ALIAS,
            startup_delay=False,
            max_tasks=None,
            worker_id=worker_id,
        )
        worker.configure_signals()
        with Upkeep(worker_id=worker_id, parent=options["parent"]):
            worker.run()


def _host() -> str:
    return socket.gethostname()[:LONGEST_HOST]


def _identity() -> str:
    """Return a unique id that begins with the host's name."""
    return f"{_host()}-{get_random_string(12)}"


def _check_host() -> None:
    """Check that a worker of this host is alive.

    Raises:
        CommandError: none is, or the database cannot be used.
    """
    try:
        alive = Worker.objects.alive().values_list("id", flat=True)
        hosts = {worker_id.rpartition("-")[0] for worker_id in alive}
    except DatabaseError as error:
        raise CommandError(
            f"The database cannot be used ({error}); manage.py doctor says more"
        ) from error
    if _host() not in hosts:
        raise CommandError(
            f"No worker of the host {_host()} has reported in the last "
            f"{SILENCE.seconds} seconds; see the log of manage.py worker"
        )
