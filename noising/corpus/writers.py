"""Writers of shards: Parquet with a list for each row, or one .npy array of records.

A file gets its name when it is whole. Its bytes depend on what is written only, for one
version of the library that writes it.
"""

import os
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Final, Protocol

import numpy as np
from numpy.typing import NDArray

from noising.extras import require_extra

COMPRESSION: Final = "zstd"

TEMPORARY: Final = ".tmp"
"""The end of the name of a file that is not whole; it begins with a dot."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column of a shard.

    Attributes:
        name: its name.
        dtype: a dtype of NumPy, little-endian.
        by_token: whether it has a value for each token of a row.
        is_packed: whether its flags are stored as bits, the first flag of a row as
            the highest bit of the first byte.
    """

    name: str
    dtype: str
    by_token: bool = False
    is_packed: bool = False


class ShardWriter(Protocol):
    """Writes the rows of a shard in batches."""

    def write(self, arrays: Mapping[str, NDArray[Any]], lengths: NDArray[Any]) -> None:
        """Write some rows.

        Args:
            arrays: (B,) or (B, L) values by the names of the columns.
            lengths: (B,) numbers of tokens of the rows.
        """

    def close(self) -> None:
        """Finish the file."""


class ParquetShard:
    """Writes a row group for each batch.

    Args:
        path: the file.
        columns: the columns.

    Raises:
        MissingExtraError: pyarrow is not installed.
    """

    def __init__(self, path: Path, columns: Sequence[Column]) -> None:
        with require_extra("corpus", user="a .parquet file"):
            import pyarrow
            import pyarrow.parquet
        self._columns = columns
        self._schema = pyarrow.schema(
            [pyarrow.field(x.name, _find_type(x), nullable=False) for x in columns]
        )
        self._writer = pyarrow.parquet.ParquetWriter(
            path, self._schema, compression=COMPRESSION
        )

    def write(self, arrays: Mapping[str, NDArray[Any]], lengths: NDArray[Any]) -> None:
        """Write some rows, with lists that have no padding."""
        import pyarrow

        real = np.arange(max(1, int(lengths.max()))) < lengths[:, None]
        values = [
            _make_array(column, arrays[column.name], lengths, real)
            for column in self._columns
        ]
        batch = pyarrow.RecordBatch.from_arrays(values, schema=self._schema)
        self._writer.write_batch(batch, row_group_size=batch.num_rows)

    def close(self) -> None:
        """Finish the file."""
        self._writer.close()


class ArrayShard:
    """Writes an array of records, (rows,), whose lists are padded with 0.

    Args:
        path: the file.
        columns: the columns.
        rows: number of rows.
        length: number of tokens of the longest row.
    """

    def __init__(
        self, path: Path, columns: Sequence[Column], *, rows: int, length: int
    ) -> None:
        self._columns = columns
        self._record = np.dtype([_find_field(column, length) for column in columns])
        self._file: BinaryIO = path.open("wb")
        header = {
            "descr": np.lib.format.dtype_to_descr(self._record),
            "fortran_order": False,
            "shape": (rows,),
        }
        np.lib.format.write_array_header_1_0(self._file, header)

    def write(self, arrays: Mapping[str, NDArray[Any]], lengths: NDArray[Any]) -> None:
        """Write some rows."""
        records = np.zeros(lengths.size, self._record)
        real = np.arange(max(1, int(lengths.max()))) < lengths[:, None]
        for column in self._columns:
            values = arrays[column.name]
            if column.by_token:
                values = np.where(real, values, 0)
                if column.is_packed:
                    values = np.packbits(values.astype(np.bool_), axis=1)
                target = records[column.name]
                width = min(values.shape[1], target.shape[1])
                target[:, :width] = values[:, :width]
            else:
                records[column.name] = values
        self._file.write(records.tobytes())

    def close(self) -> None:
        """Finish the file."""
        self._file.close()


@contextmanager
def replace_when_whole(path: Path) -> Iterator[Path]:
    """Yield the name of a new file, which gets its own name if no error occurs."""
    temporary = path.with_name(f".{path.name}.{uuid.uuid4().hex}{TEMPORARY}")
    try:
        yield temporary
        with temporary.open("rb") as file:
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def write_whole(path: Path, content: bytes) -> None:
    """Write a file that is never seen in parts."""
    with replace_when_whole(path) as temporary:
        temporary.write_bytes(content)


def _find_field(column: Column, length: int) -> tuple[Any, ...]:
    if not column.by_token:
        return column.name, column.dtype
    if column.is_packed:
        return column.name, "|u1", (-(-length // 8),)
    return column.name, column.dtype, (length,)


def _find_type(column: Column) -> Any:
    import pyarrow

    if column.is_packed:
        return pyarrow.binary()
    kind = pyarrow.from_numpy_dtype(np.dtype(column.dtype))
    if not column.by_token:
        return kind
    return pyarrow.list_(pyarrow.field("item", kind, nullable=False))


def _make_array(
    column: Column, values: NDArray[Any], lengths: NDArray[Any], real: NDArray[np.bool_]
) -> Any:
    """Return an Arrow array of a column's values."""
    import pyarrow

    if not column.by_token:
        return pyarrow.array(values.astype(column.dtype))
    if column.is_packed:
        rows = zip(values, lengths.tolist(), strict=True)
        packed = [np.packbits(row[:length]).tobytes() for row, length in rows]
        return pyarrow.array(packed, pyarrow.binary())
    flat = pyarrow.array(values[real].astype(column.dtype, copy=False))
    ends = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32)
    return pyarrow.ListArray.from_arrays(
        pyarrow.array(ends), flat, type=_find_type(column)
    )
