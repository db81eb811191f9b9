"""`manage.py prune`: deletes expired rows; a timer should run it once a day."""

from collections.abc import Callable
from typing import Any

from django.core.management import BaseCommand, call_command

from noising import services
from noising.runs import queue_prune

PRUNED: dict[str, Callable[[], int]] = {
    "expired tokens": services.tokens_prune,
    "counts of throttles": services.throttle_prune,
    "entries of the audit log": services.audit_prune,
    "keys, tasks and workers of the queue": queue_prune,
}
"""Functions that delete rows and return their number, by what they delete."""


class Command(BaseCommand):
    """Deletes rows that are expired or old."""

    help = (
        "Delete expired tokens and sessions, old entries of the audit log, and old "
        "rows of throttles and of the queue."
    )

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Delete them and print how many there were."""
        for name, prune in PRUNED.items():
            self.stdout.write(f"Deleted {prune()} {name}.")
        call_command("clearsessions")
