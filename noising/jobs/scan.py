"""Scans rows in blocks, and finds the bad ones."""

from collections.abc import Callable, Iterator
from pathlib import Path

from noising.corpus import BadRowError, RowReader
from noising.corpus.forms import Block


def scan_checked(
    reader: RowReader,
    path: Path,
    start: int,
    stop: int,
    place: int,
    find_problem: Callable[[Block], str | None],
) -> Iterator[tuple[int, Block | BadRowError]]:
    """Yield blocks of good rows, and the error of each bad row in its place.

    Args:
        reader: the reader.
        path: its file, for messages.
        start: number of the first row.
        stop: number of the last row plus one.
        place: what `mark` says of `start`.
        find_problem: returns what is wrong with a block of rows, or None.

    Yields:
        The number of a row, and the block that it begins or its error.
    """
    number = start
    for item in reader.scan_blocks(start, stop, place):
        if isinstance(item, BadRowError):
            yield number, item
            number += 1
            continue
        rows = item.lengths.size
        if find_problem(item) is None:
            yield number, item
        else:
            for index in range(rows):
                row = item.cut(index, index + 1)
                problem = find_problem(row)
                if problem is None:
                    yield number + index, row
                else:
                    where = reader.locate(number + index)
                    error = BadRowError(path, number + index, f"{where}: {problem}")
                    yield number + index, error
        number += rows
