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
    """Return an expression for the text at a path of a document.

    Without the cast, SQLite would parse the value that it is compared with as JSON.
    """
    return Cast(KT(path), models.TextField())


class OrderedJSONField(models.JSONField):
    """A JSONField that returns documents as they were stored.

    Django's field uses PostgreSQL's jsonb, which sorts the keys of an object by their
    length. This field uses the type json, which keeps the text; migration 0006 changes
    the columns. Paths and ``KT()`` work with both. For `exact` and `has_key`, cast the
    column to jsonb.
    """

    def deconstruct(self) -> Any:
        """Describe it as Django's field: migrations import nothing of this project."""
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
        """Pass the document to the driver as json; by default it would be jsonb."""
        if connection.vendor != POSTGRESQL:
            return super().get_db_prep_value(value, connection, prepared)
        from psycopg.types.json import Json  # the driver is an extra

        return Json(value, dumps=partial(json.dumps, cls=self.encoder))

    def select_format(self, compiler: SQLCompiler, sql: str, params: Any) -> Any:
        """Select the text; otherwise the driver would parse it before Django does."""
        if compiler.connection.vendor == POSTGRESQL:
            sql = f"({sql})::text"
        return super().select_format(compiler, sql, params)
