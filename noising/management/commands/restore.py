"""`manage.py restore`: reads what `manage.py backup` wrote."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management import BaseCommand

from noising.management.backups import backup_restore


class Command(BaseCommand):
    """Restores a backup of this version or an earlier one."""

    help = (
        "Replace the database by that of a backup, migrate it, and restore the secret "
        "key unless SECRET_KEY is set. The service may run meanwhile."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add the file and the permission to replace what is there."""
        parser.add_argument("file", type=Path, help="as `backup` wrote it")
        parser.add_argument(
            "--replace",
            action="store_true",
            help="also if the database has accounts, schedules or runs",
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        """Restore the backup."""
        backup_restore(
            path=options["file"].absolute(),
            replace=options["replace"],
            say=self.stdout.write,
        )
