"""Rows of an .arrow file: a stream, as HF datasets writes it, or the file format."""

import itertools
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

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


class ArrowRows:
    """Reads rows of record batches, which are mapped and not loaded.

    Args:
        path: the file.

    Raises:
        DataFileError: it is not such a file, or has no rows.
        MissingExtraError: pyarrow is not installed.
    """

    def __init__(self, path: Path) -> None:
        find_size(path)
        with require_extra("corpus", user="an .arrow file"):
            import pyarrow  # noqa: F401 - fails if the extra is missing
        self._path = path
        self._heights = [batch.num_rows for batch in self._batches()]
        if not self.count_rows():
            raise DataFileError(path, "must have a row, it has none")

    def count_rows(self) -> int:
        """Return the number of rows."""
        return sum(self._heights)

    def locate(self, number: int) -> str:
        """Return where a row is."""
        ends = itertools.accumulate(self._heights)
        index = next(i for i, end in enumerate(ends) if end > number)
        return f"record batch {index}, row {number}"

    def read(self, numbers: Sequence[int]) -> list[Row]:
        """Return the rows with some numbers."""
        wanted, found = set(numbers), dict[int, Row]()
        first = 0
        for index, batch in enumerate(self._batches()):
            for number in wanted.intersection(range(first, first + batch.num_rows)):
                blocks = self._split(batch.slice(number - first, 1), number, index)
                [row] = split_blocks(blocks)
                if isinstance(row, BadRowError):
                    raise row
                found[number] = row
            first += batch.num_rows
        return [found[number] for number in numbers]

    def scan(self, start: int, stop: int, place: int = 0) -> Iterator[Scanned]:
        """Yield consecutive rows."""
        return split_blocks(self.scan_blocks(start, stop, place))

    def scan_blocks(
        self, start: int, stop: int, place: int = 0
    ) -> Iterator[ScannedBlock]:
        """Yield consecutive rows in blocks."""
        first = 0
        for index, batch in enumerate(self._batches()):
            if first >= stop:
                return
            if first + batch.num_rows > start:
                skipped = max(start - first, 0)
                blocks = self._split(batch.slice(skipped), first + skipped, index)
                yield from clip_blocks(blocks, first + skipped, start, stop)
            first += batch.num_rows

    def mark(self, height: int) -> Marks:
        """Return where every `height`-th row is: its number says it."""
        rows = self.count_rows()
        return Marks(rows, [0] * -(-rows // height))

    def _split(self, batch: Any, first: int, index: int) -> Iterator[ScannedBlock]:
        return make_blocks(self._path, batch, first, f"record batch {index}, ")

    def _batches(self) -> Iterator[Any]:
        """Yield the chosen columns of the record batches."""
        with self._convert_errors():
            import pyarrow

            with pyarrow.memory_map(str(self._path)) as source:
                if source.read(6) == b"ARROW1":
                    reader = pyarrow.ipc.open_file(source)
                    columns = choose_columns(self._path, reader.schema)
                    for index in range(reader.num_record_batches):
                        yield reader.get_batch(index).select(columns)
                    return
                source.seek(0)
                stream = pyarrow.ipc.open_stream(source)
                columns = choose_columns(self._path, stream.schema)
                for batch in stream:
                    yield batch.select(columns)

    @contextmanager
    def _convert_errors(self) -> Iterator[None]:
        import pyarrow

        try:
            with convert_errors(self._path):
                yield
        except pyarrow.ArrowException as error:
            rule = f"is not an .arrow file: {shorten(error)}"
            raise DataFileError(self._path, rule) from error
