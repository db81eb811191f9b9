"""Rows of a .parquet file with lists of ids in the column `input_ids`."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from noising.corpus.forms.blocks import ScannedBlock, clip_blocks, split_blocks
from noising.corpus.forms.columns import choose_columns, make_blocks
from noising.corpus.forms.files import (
    BadRowError,
    DataFileError,
    Row,
    Scanned,
    convert_errors,
    find_size,
    shorten,
)
from noising.corpus.forms.readers import Marks
from noising.extras import require_extra

_BUFFER_BYTES: Final = 1 << 20
_SMALL_GROUP: Final = 1 << 21
"""Tokens of a row group that is decoded in large batches."""
_LARGE, _SMALL = 1024, 4
"""Rows of a batch in a small row group, and in one whose rows may be long."""


class ParquetRows:
    """Reads rows; a row group is decoded in parts.

    Args:
        path: the file.

    Raises:
        DataFileError: it is not such a file, or has no rows.
        MissingExtraError: pyarrow is not installed.
    """

    def __init__(self, path: Path) -> None:
        find_size(path)
        with require_extra("corpus", user="a .parquet file"):
            import pyarrow.parquet  # noqa: F401 - fails if the extra is missing
        self._path = path
        with self._open() as file:
            self._columns = choose_columns(path, file.schema_arrow)
            groups = [file.metadata.row_group(i) for i in range(file.num_row_groups)]
            self._ends = np.cumsum([group.num_rows for group in groups], dtype=np.int64)
            self._tokens = [_count_values(group) for group in groups]
        if not self.count_rows():
            raise DataFileError(path, "must have a row, it has none")

    def count_rows(self) -> int:
        """Return the number of rows."""
        return int(self._ends[-1]) if self._ends.size else 0

    def locate(self, number: int) -> str:
        """Return where a row is."""
        group = int(np.searchsorted(self._ends, number, side="right"))
        return f"row group {group}, row {number}"

    def read(self, numbers: Sequence[int]) -> list[Row]:
        """Return the rows with some numbers; each row group is read once."""
        found: dict[int, Row] = {}
        wanted = sorted(set(numbers))
        groups = np.searchsorted(self._ends, wanted, side="right")
        for group in np.unique(groups).tolist():
            own = [n for n, g in zip(wanted, groups, strict=True) if g == group]
            for row, item in enumerate(self.scan(own[0], own[-1] + 1), own[0]):
                if row in own:
                    if isinstance(item, BadRowError):
                        raise item
                    found[row] = item
        return [found[number] for number in numbers]

    def scan(self, start: int, stop: int, place: int = 0) -> Iterator[Scanned]:
        """Yield consecutive rows."""
        return split_blocks(self.scan_blocks(start, stop, place))

    def scan_blocks(
        self, start: int, stop: int, place: int = 0
    ) -> Iterator[ScannedBlock]:
        """Yield consecutive rows in blocks."""
        for group, end in enumerate(self._ends.tolist()):
            first = int(self._ends[group - 1]) if group else 0
            if end > start and first < stop:
                blocks = self._scan_group(group, first)
                yield from clip_blocks(blocks, first, start, stop)

    def mark(self, height: int) -> Marks:
        """Return where every `height`-th row is: its number says it."""
        rows = self.count_rows()
        return Marks(rows, [0] * -(-rows // height))

    def _scan_group(self, group: int, first: int) -> Iterator[ScannedBlock]:
        import pyarrow

        height = _LARGE if self._tokens[group] <= _SMALL_GROUP else _SMALL
        try:
            with self._open() as file:
                batches = file.iter_batches(
                    batch_size=height,
                    row_groups=[group],
                    columns=self._columns,
                    use_threads=False,
                )
                for batch in batches:
                    where = f"row group {group}, "
                    yield from make_blocks(self._path, batch, first, where)
                    first += batch.num_rows
        except (pyarrow.ArrowException, OSError) as error:
            rule = f"row group {group} cannot be read: {shorten(error)}"
            raise DataFileError(self._path, rule) from error

    def _open(self) -> Any:
        import pyarrow
        import pyarrow.parquet

        try:
            with convert_errors(self._path):
                # pre_buffer and buffer_size=0 would load whole row groups.
                return pyarrow.parquet.ParquetFile(
                    self._path, buffer_size=_BUFFER_BYTES, pre_buffer=False
                )
        except pyarrow.ArrowException as error:
            rule = f"is not a .parquet file: {shorten(error)}"
            raise DataFileError(self._path, rule) from error


def _count_values(group: Any) -> int:
    """Return the values of the largest column of a row group."""
    columns = (group.column(i) for i in range(group.num_columns))
    return max((int(column.num_values) for column in columns), default=0)
