"""noising.models.migrations: migrations that the database lacks."""

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.recorder import MigrationRecorder

from noising.models.migrations import unapplied_migrations

pytestmark = pytest.mark.django_db


def planned() -> int:
    """Return what Django's own plan has left."""
    executor = MigrationExecutor(connection)
    return len(executor.migration_plan(executor.loader.graph.leaf_nodes()))


def test_a_database_of_today_lacks_none_and_two_queries_tell(
    django_assert_num_queries,
) -> None:
    with django_assert_num_queries(2):
        assert unapplied_migrations(connection) == 0
    assert planned() == 0


@pytest.mark.parametrize("app", ["noising", "auth", "django_tasks_database"])
def test_what_is_not_on_record_is_lacking(app) -> None:
    deleted, _ = MigrationRecorder.Migration.objects.filter(app=app).delete()

    assert unapplied_migrations(connection) == planned() >= deleted > 0


def test_what_a_squashed_migration_replaces_may_be_on_record_instead(
    tmp_path, monkeypatch, settings
) -> None:
    """The record has the parts; the squashed migration that replaces them is new."""
    package = tmp_path / "squashed_sessions"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "0001_squashed.py").write_text(
        "from django.db import migrations\n"
        "class Migration(migrations.Migration):\n"
        "    replaces = [('sessions', '0001_initial')]\n"
        "    operations = []\n"
    )
    (package / "0001_initial.py").write_text(
        "from django.db import migrations\n"
        "class Migration(migrations.Migration):\n"
        "    operations = []\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    settings.MIGRATION_MODULES = settings.MIGRATION_MODULES | {
        "sessions": "squashed_sessions"
    }

    assert unapplied_migrations(connection) == planned() == 0
