from django.db import migrations

COLUMNS = {
    "noising_benchmarkrun": ("config", "specifications", "corpus", "environment"),
    "noising_benchmarkschedule": (
        "specification",
        "lint_findings",
        "curves",
        "details",
    ),
    "noising_benchmarkresult": ("metrics",),
    "noising_throughputresult": ("details",),
    "noising_scheduleconfig": ("specification", "lint_findings", "certificate"),
}


def change_type(schema_editor, name):
    """On PostgreSQL, make the columns of a type: json keeps the order of keys."""
    if schema_editor.connection.vendor != "postgresql":
        return
    for table, columns in COLUMNS.items():
        changes = ", ".join(
            f"ALTER COLUMN {column} TYPE {name} USING {column}::{name}"
            for column in columns
        )
        schema_editor.execute(f"ALTER TABLE {table} {changes}")


class Migration(migrations.Migration):

    dependencies = [
        ('noising', '0005_run_queue'),
    ]

    operations = [
        migrations.RunPython(
            lambda apps, schema_editor: change_type(schema_editor, "json"),
            lambda apps, schema_editor: change_type(schema_editor, "jsonb"),
            elidable=False,
        ),
    ]
