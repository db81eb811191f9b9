"""`manage.py migrate`: Django's command, in one process at a time."""

from typing import Any

from django.core.management.commands import migrate
from django.db import connections

from noising.management.migrating import sole_migration


class Command(migrate.Command):
    """Holds a lock, so that several processes or hosts migrate one after the other."""

    def execute(self, *args: Any, **options: Any) -> Any:
        """Check and migrate under the lock, because the checks connect too."""
        with sole_migration(connections[options["database"]]):
            return super().execute(*args, **options)
