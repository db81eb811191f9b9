"""A database function that searches lists in JSON columns."""

from typing import Any

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models.sql.compiler import SQLCompiler


class ListHolds(models.Func):
    """Whether a JSON list holds a string: ``ListHolds("tags", Value("mine"))``.

    Django's `contains` lookup for JSON does not work on SQLite.
    """

    arity = 2
    output_field = models.BooleanField()

    def as_sqlite(
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **_: Any
    ) -> tuple[str, tuple[Any, ...]]:
        """Return the SQL for SQLite, with its table of a list's items."""
        return self.as_sql(
            compiler,
            connection,
            template="EXISTS (SELECT 1 FROM json_each(%(expressions)s))",
            arg_joiner=") WHERE value = (",
        )

    def as_postgresql(
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **_: Any
    ) -> tuple[str, tuple[Any, ...]]:
        """Return the SQL for PostgreSQL, with its operator for jsonb."""
        return self.as_sql(
            compiler,
            connection,
            template="((%(expressions)s)::text))",
            arg_joiner=")::jsonb @> to_jsonb((",
        )
