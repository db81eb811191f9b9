"""`manage.py migrate`: Django's, for one process at a time."""

from typing import Any

from django.core.management.commands import migrate
from django.db import connections

from noising.management.migrating import sole_migration


class Command(migrate.Command):
    """Two that start at once, also on two hosts, migrate one after the other."""

    def execute(self, *args: Any, **options: Any) -> Any:
        """Check and migrate, once no other process does: the checks connect too."""
        with sole_migration(connections[options["database"]]):
            return super().execute(*args, **options)
