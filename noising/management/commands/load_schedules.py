"""`manage.py load_schedules`: stores the built-in schedules."""

from typing import Any

from django.core.management.base import BaseCommand

from noising.services import schedules_load_builtin


class Command(BaseCommand):
    """Loads missing schedules and does not change those that exist."""

    help = "Store the built-in schedules that are not stored yet."

    def handle(self, **options: Any) -> None:
        """Load them and print which were new."""
        loaded = schedules_load_builtin()
        if loaded.created:
            self.stdout.write(f"Stored: {', '.join(loaded.created)}.")
        if loaded.kept:
            self.stdout.write(f"Already stored: {', '.join(loaded.kept)}.")
