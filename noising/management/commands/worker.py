"""`manage.py worker`: measures the runs that wait in the queue."""

import logging
import os
import socket
from argparse import SUPPRESS
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils.crypto import get_random_string
from django_tasks import DEFAULT_TASK_BACKEND_ALIAS, DEFAULT_TASK_QUEUE_NAME
from setproctitle import setproctitle

from noising.management.queue_worker import QueueWorker, Upkeep

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
        """Add an option for `serve` and one for tests and scripts."""
        parser.add_argument(
            "--batch",
            action="store_true",
            help="end when the queue is empty instead of waiting for more runs",
        )
        parser.add_argument("--parent", type=int, metavar="PID", help=SUPPRESS)

    def handle(self, *_args: Any, **options: Any) -> None:
        """Work until a signal arrives."""
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


def _identity() -> str:
    """Return a unique id that begins with the host's name."""
    return f"{socket.gethostname()[:LONGEST_HOST]}-{get_random_string(12)}"
