"""Store the built-in schedule configurations."""

from typing import Any

from django.core.management.base import BaseCommand

from noising.services import schedules_load_builtin


class Command(BaseCommand):
    """Loading again changes nothing: what exists is kept as it is."""

    help = "Store the built-in schedule configurations that are not stored yet."

    def handle(self, **options: Any) -> None:
        """Load them and say which were new."""
        loaded = schedules_load_builtin()
        if loaded.created:
            self.stdout.write(f"Stored: {', '.join(loaded.created)}.")
        if loaded.kept:
            self.stdout.write(f"Already stored: {', '.join(loaded.kept)}.")
