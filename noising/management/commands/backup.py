"""`manage.py backup`: writes database and secret key to one file."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management import BaseCommand

from noising.management.backups import backup_create


class Command(BaseCommand):
    """Makes a backup, also while the service runs and writes."""

    help = (
        "Write the database and the secret key to a new file, which only this account "
        "can read. The service may run. PostgreSQL needs pg_dump."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add the file."""
        parser.add_argument("file", type=Path, help="for example noising.tar.gz")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Make the backup."""
        path: Path = options["file"].absolute()
        backup_create(path=path)
        size = path.stat().st_size / 2**20
        self.stdout.write(f"Wrote {path}, {size:.1f} MiB.")
