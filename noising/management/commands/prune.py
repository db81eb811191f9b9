"""`manage.py prune`: delete what has expired, for a timer to call once a day."""

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
"""What there is to delete, and what deletes it and says how much it was."""


class Command(BaseCommand):
    """Deleting again changes nothing."""

    help = "Delete expired tokens and sessions, and old entries of the audit log."

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Delete them and say how many there were."""
        for name, prune in PRUNED.items():
            self.stdout.write(f"Deleted {prune()} {name}.")
        call_command("clearsessions")
