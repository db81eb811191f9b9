"""The search of lists: rows that contain every word of a text."""

from collections.abc import Iterable
from functools import reduce
from operator import or_
from typing import Any, TypeVar

from django.db import models

Rows = TypeVar("Rows", bound="models.QuerySet[Any]")


def filter_words(rows: Rows, words: Iterable[str], columns: Iterable[str]) -> Rows:
    """Select the rows in which each word occurs in a column, in upper or lower case.

    Args:
        rows: the rows.
        words: what must all occur.
        columns: names of columns, or lookups of columns of related rows.
    """
    names = list(columns)
    for word in words:
        matches = (models.Q(**{f"{name}__icontains": word}) for name in names)
        rows = rows.filter(reduce(or_, matches))
    return rows
