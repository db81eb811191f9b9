"""The migrations that the database lacks, counted at every start and by probes."""

from collections.abc import Iterator
from importlib import import_module
from pkgutil import iter_modules

from django.apps import apps
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder


def unapplied_migrations(connection: BaseDatabaseWrapper) -> int:
    """Return how many migrations have yet to be applied.

    If the database lists the names of all migrations as applied, the result is 0.
    Otherwise the migrations are loaded, since one may replace others; this takes ten
    times as long.

    Raises:
        django.db.Error: the database cannot be read.
    """
    applied = MigrationRecorder(connection).applied_migrations()
    if all(migration in applied for migration in list_migrations()):
        return 0
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    return len(executor.migration_plan(executor.loader.graph.leaf_nodes()))


def list_migrations() -> Iterator[tuple[str, str]]:
    """Yield the app and the name of each migration, without loading it."""
    for app in apps.get_app_configs():
        package, _ = MigrationLoader.migrations_module(app.label)
        if package is None:  # disabled by settings.MIGRATION_MODULES
            continue
        try:
            path = import_module(package).__path__
        except ModuleNotFoundError:
            continue
        for module in iter_modules(path):
            if not module.ispkg and module.name[0] not in "_~":
                yield app.label, module.name
