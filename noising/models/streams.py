"""Reads of many rows by clients that may be slow."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

from django.db.models import QuerySet

from noising.models.connections import release_connection

Row = TypeVar("Row")


def stream_rows(
    rows: QuerySet[Any],
    at_once: int,
    load: Callable[[QuerySet[Any]], Sequence[Row]] = list,
) -> Iterator[Row]:
    """Yield all rows in order, to a reader that may be slow.

    No database connection is held between batches. A row that is deleted before its
    batch is read is left out; one that changes is yielded as changed.

    Args:
        rows: the rows.
        at_once: the size of a batch, which is held in memory.
        load: reads a batch; all its queries must be in here.
    """
    ids = list(rows.values_list("pk", flat=True))
    return _stream(rows, ids, at_once, load)


def _stream(
    rows: QuerySet[Any],
    ids: Sequence[Any],
    at_once: int,
    load: Callable[[QuerySet[Any]], Sequence[Row]],
) -> Iterator[Row]:
    for start in range(0, len(ids), at_once):
        try:
            batch = load(rows.filter(pk__in=ids[start : start + at_once]))
        finally:
            release_connection()
        yield from batch
