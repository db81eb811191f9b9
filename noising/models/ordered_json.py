"""JSON columns that keep the order of keys on every database."""

import json
from functools import partial
from typing import Any

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models.fields.json import KT
from django.db.models.functions import Cast
from django.db.models.sql.compiler import SQLCompiler

POSTGRESQL = "postgresql"


def text_at(path: str) -> Cast:
    """Return the text at a path of a document, which compares as text.

    Without the cast, SQLite would read the value that it is compared with as JSON.
    """
    return Cast(KT(path), models.TextField())


class OrderedJSONField(models.JSONField):
    """A JSONField whose documents come back as they were stored.

    PostgreSQL's jsonb, which Django's own field has there, sorts the keys of an object
    by their length. Here the column is json, the text itself; migration 0006 makes it
    so. Paths and ``KT()`` work on both. `exact` and `has_key` need jsonb: cast first.
    """

    def deconstruct(self) -> Any:
        """Pass for Django's own field: migrations import nothing of this project."""
        name, _, arguments, options = super().deconstruct()
        return name, "django.db.models.JSONField", arguments, options

    def db_type(self, connection: BaseDatabaseWrapper) -> str | None:
        """Return the type of the column."""
        if connection.vendor == POSTGRESQL:
            return "json"
        return super().db_type(connection)

    def get_db_prep_value(
        self, value: Any, connection: BaseDatabaseWrapper, prepared: bool = False
    ) -> Any:
        """Hand the document over as text: the driver's other way is jsonb."""
        if connection.vendor != POSTGRESQL:
            return super().get_db_prep_value(value, connection, prepared)
        from psycopg.types.json import Json  # the driver is an extra

        return Json(value, dumps=partial(json.dumps, cls=self.encoder))

    def select_format(self, compiler: SQLCompiler, sql: str, params: Any) -> Any:
        """Read the text: the driver would parse it before Django does."""
        if compiler.connection.vendor == POSTGRESQL:
            sql = f"({sql})::text"
        return super().select_format(compiler, sql, params)
