"""Files of pairs: npz, safetensors and Parquet, read in parts.

Nothing is read before the names, types, shapes and sizes of all arrays are checked.
"""

import math
import warnings
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from noising.audit.pairs import MAX_LENGTH, find_height
from noising.corpus.forms.files import DataFileError, convert_errors, shorten
from noising.extras import require_extra

REQUIRED: Final = ("x0", "xt")
DECLARED: Final = (
    *("t", "timestep", "alpha", "protect", "lengths", "moved", "weights"),
    *("ids", "epoch", "rank"),
)
"""Names of what a file may say of its pairs; `Audit.add` describes them."""

NAMES: Final = (*REQUIRED, *DECLARED)
FORMS: Final = (".npz", ".safetensors", ".parquet")

_LARGEST_RATIO: Final = 1000.0  # deflate's best is about 1,030 to 1
_LONGEST_NAME: Final = 60
_COMPRESSIONS: Final = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_DAMAGE: Final = (zipfile.BadZipFile, zlib.error, EOFError, ValueError)
"""What zipfile raises for damaged archives."""

Part: TypeAlias = Mapping[str, NDArray[Any]]
"""Arrays of some rows by name; what holds for all rows is in every part."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PairsFile:
    """A file whose arrays were checked.

    Attributes:
        rows: N, the number of rows.
        length: L, the positions in a row.
        names: the arrays in it.
        read: yields parts of the rows, in their order.
    """

    rows: int
    length: int
    names: tuple[str, ...]
    read: Callable[[], Iterator[Part]]


def open_pairs(path: Path, form: str | None = None) -> PairsFile:
    """Check a file of pairs.

    Args:
        path: the file.
        form: its form, one of FORMS; None for that of its suffix.

    Raises:
        DataFileError: it cannot be read, or is not what its form says.
        MissingExtraError: a package that reads the form is not installed.
    """
    suffix = form or path.suffix.lower()
    opener = _OPENERS.get(suffix)
    if opener is None:
        rule = f"must be {', '.join(FORMS[:-1])} or {FORMS[-1]}"
        raise DataFileError(
            path, f"{rule}; write one with numpy.savez(path, x0=x0, xt=xt, t=t)"
        )
    with convert_errors(path):
        return opener(path)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Array:
    """The header of an array."""

    dtype: np.dtype[Any]
    shape: tuple[int, ...]


def _check(path: Path, arrays: Mapping[str, _Array]) -> tuple[int, int]:
    """Return N and L of a file, once its arrays fit each other.

    Raises:
        DataFileError: they do not.
    """
    for name in arrays:
        if name not in NAMES:
            shown = repr(name[:_LONGEST_NAME])
            rule = f"must hold {', '.join(NAMES)} only, has {shown}"
            raise DataFileError(path, rule)
    for name in REQUIRED:
        if name not in arrays:
            raise DataFileError(path, f"must hold `{name}`, has {', '.join(arrays)}")
    shape = arrays["x0"].shape
    if len(shape) != 2 or not math.prod(shape) or shape[1] > MAX_LENGTH:
        rule = f"`x0` must be (N, L) with 1..{MAX_LENGTH} positions"
        raise DataFileError(path, f"{rule}, is {list(shape)}")
    rows, length = shape
    for name, array in arrays.items():
        if array.dtype.kind not in "biuf":
            kind = str(array.dtype)[:_LONGEST_NAME]
            raise DataFileError(path, f"`{name}` must hold numbers, is {kind}")
        allowed: list[tuple[int, ...]] = [(rows, length)]
        if name not in REQUIRED:
            allowed += [(rows,), (rows, 1), ()]
        if name == "protect":
            allowed += [(length,)]
        if array.shape not in allowed:
            shapes = " or ".join(str(list(one)) for one in allowed)
            raise DataFileError(
                path, f"`{name}` must be {shapes}, is {list(array.shape)}"
            )
    return rows, length


def _is_by_row(name: str, shape: tuple[int, ...], rows: int) -> bool:
    return (
        len(shape) > 0
        and shape[0] == rows
        and not (name == "protect" and len(shape) == 1)
    )


def _row_ranges(rows: int, length: int) -> Iterator[tuple[int, int]]:
    """Yield the first row and the end of each part in which a file is read."""
    height = find_height(length)
    for start in range(0, rows, height):
        yield start, min(start + height, rows)


def _open_npz(path: Path) -> PairsFile:
    arrays: dict[str, _Array] = {}
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
            if len(members) > len(NAMES):
                raise DataFileError(path, f"must hold {', '.join(NAMES)} only")
            for member in members:
                name = member.filename.removesuffix(".npy")
                if name in arrays or f"{name}.npy" != member.filename:
                    shown = repr(member.filename[:_LONGEST_NAME])
                    raise DataFileError(path, f"must hold arrays once, has {shown}")
                if member.compress_type not in _COMPRESSIONS:
                    rule = f"`{name}` must be stored or deflated, as NumPy writes it"
                    raise DataFileError(path, rule)
                ratio = member.file_size / max(member.compress_size, 1)
                if ratio > _LARGEST_RATIO or member.flag_bits & 0x1:
                    rule = f"`{name}` is compressed more than arrays can be"
                    raise DataFileError(path, rule)
                with archive.open(member) as file:
                    arrays[name] = _read_header(path, name, file, member.file_size)
    except (*_DAMAGE, NotImplementedError) as error:
        if isinstance(error, DataFileError):
            raise
        raise DataFileError(path, f"is not an .npz file: {shorten(error)}") from error
    rows, length = _check(path, arrays)
    return PairsFile(
        rows=rows,
        length=length,
        names=tuple(arrays),
        read=lambda: _read_npz(path, arrays, rows, length),
    )


def _read_header(path: Path, name: str, file: IO[bytes], size: int) -> _Array:
    """Return the header of an .npy member. Pickles are refused.

    Raises:
        DataFileError: it is no array of numbers in C order, or of another size.
    """
    try:
        version = np.lib.format.read_magic(file)
        read = (
            np.lib.format.read_array_header_1_0
            if version == (1, 0)
            else np.lib.format.read_array_header_2_0
        )
        with warnings.catch_warnings(action="ignore"):
            shape, is_fortran, dtype = read(file)
    except Exception as error:  # whatever a damaged header leads the parser to
        if isinstance(error, zipfile.BadZipFile | OSError):
            raise
        raise DataFileError(path, f"`{name}` is no array: {shorten(error)}") from error
    if is_fortran and len(shape) > 1:
        rule = f"`{name}` must be stored by rows"
        raise DataFileError(path, f"{rule}; use numpy.ascontiguousarray")
    if dtype.kind not in "biuf":
        kind = str(dtype)[:_LONGEST_NAME]
        raise DataFileError(path, f"`{name}` must hold numbers, is {kind}")
    if file.tell() + math.prod(shape) * dtype.itemsize != size:
        raise DataFileError(path, f"`{name}` does not have the size that it declares")
    return _Array(dtype=dtype, shape=tuple(int(axis) for axis in shape))


def _read_npz(
    path: Path, arrays: Mapping[str, _Array], rows: int, length: int
) -> Iterator[Part]:
    with convert_errors(path), zipfile.ZipFile(path) as archive, ExitStack() as stack:
        files: dict[str, IO[bytes]] = {}
        whole: dict[str, NDArray[Any]] = {}
        for name, array in arrays.items():
            file = stack.enter_context(archive.open(f"{name}.npy"))
            _read_header(path, name, file, archive.getinfo(f"{name}.npy").file_size)
            if _is_by_row(name, array.shape, rows):
                files[name] = file
            else:
                whole[name] = _read_values(path, file, array, array.shape)
        for start, stop in _row_ranges(rows, length):
            part = {
                name: _read_values(
                    path, file, arrays[name], (stop - start, *arrays[name].shape[1:])
                )
                for name, file in files.items()
            }
            yield {**part, **whole}


def _read_values(
    path: Path, file: IO[bytes], array: _Array, shape: tuple[int, ...]
) -> NDArray[Any]:
    size = math.prod(shape) * array.dtype.itemsize
    try:
        content = file.read(size)
    except _DAMAGE as error:
        raise DataFileError(path, f"is damaged: {shorten(error)}") from error
    if len(content) != size:
        raise DataFileError(path, "ends before its arrays do")
    return np.frombuffer(content, array.dtype).reshape(shape)


def _open_safetensors(path: Path) -> PairsFile:
    with require_extra("client", user="a .safetensors file"):
        import safetensors
    try:
        with safetensors.safe_open(path, framework="np") as file:
            arrays = {
                name: _Array(
                    dtype=_find_dtype(path, name, file.get_slice(name).get_dtype()),
                    shape=tuple(file.get_slice(name).get_shape()),
                )
                for name in list(file.keys())
            }
    except safetensors.SafetensorError as error:
        rule = f"is not a .safetensors file: {shorten(error)}"
        raise DataFileError(path, rule) from error
    rows, length = _check(path, arrays)

    def read() -> Iterator[Part]:
        with safetensors.safe_open(path, framework="np") as file:
            slices = {name: file.get_slice(name) for name in arrays}
            whole = {
                name: file.get_tensor(name)
                for name, array in arrays.items()
                if not _is_by_row(name, array.shape, rows)
            }
            for start, stop in _row_ranges(rows, length):
                part = {
                    name: slices[name][start:stop]
                    for name in arrays
                    if name not in whole
                }
                yield {**part, **whole}

    return PairsFile(rows=rows, length=length, names=tuple(arrays), read=read)


_DTYPES: Final = {
    "BOOL": "bool",
    **{f"I{8 * size}": f"i{size}" for size in (1, 2, 4, 8)},
    **{f"U{8 * size}": f"u{size}" for size in (1, 2, 4, 8)},
    **{f"F{8 * size}": f"f{size}" for size in (2, 4, 8)},
}


def _find_dtype(path: Path, name: str, kind: str) -> np.dtype[Any]:
    if kind not in _DTYPES:
        rule = f"`{name}` must have a dtype of NumPy, has {kind}"
        raise DataFileError(path, f"{rule}; convert it with .float()")
    return np.dtype(_DTYPES[kind])


def _open_parquet(path: Path) -> PairsFile:
    with require_extra("corpus", user="a .parquet file"):
        import pyarrow
        import pyarrow.parquet
    try:
        with pyarrow.parquet.ParquetFile(path) as file:
            rows = int(file.metadata.num_rows)
            first = next(file.iter_batches(batch_size=1), None) if rows else None
    except pyarrow.ArrowException as error:
        rule = f"is not a .parquet file: {shorten(error)}"
        raise DataFileError(path, rule) from error
    if first is None:
        raise DataFileError(path, "must hold at least one row")
    arrays = {
        name: _Array(dtype=column.dtype, shape=(rows, *column.shape[1:]))
        for name, column in _columns(path, first).items()
    }
    _, length = _check(path, arrays)

    def read() -> Iterator[Part]:
        height = find_height(length)
        with pyarrow.parquet.ParquetFile(path) as file:
            for batch in file.iter_batches(batch_size=height):
                yield _columns(path, batch)

    return PairsFile(rows=rows, length=length, names=tuple(arrays), read=read)


def _columns(path: Path, batch: Any) -> dict[str, NDArray[Any]]:
    """Return the columns of some rows; lists must have one length.

    Raises:
        DataFileError: a column has gaps, lists of several lengths, or no numbers.
    """
    result = {}
    for name in batch.schema.names:
        column = batch.column(name)
        if column.null_count:
            raise DataFileError(path, f"`{name[:_LONGEST_NAME]}` has missing values")
        if hasattr(column, "flatten") and hasattr(column.type, "value_type"):
            values = column.flatten().to_numpy(zero_copy_only=False)
            if len(batch) == 0 or values.size % len(batch):
                raise _uneven(path, name)
            length = values.size // len(batch)
            if (np.asarray(column.value_lengths()) != length).any():
                raise _uneven(path, name)
            result[name] = values.reshape(len(batch), length)
        else:
            result[name] = column.to_numpy(zero_copy_only=False)
    return result


def _uneven(path: Path, name: str) -> DataFileError:
    return DataFileError(
        path,
        f"`{name[:_LONGEST_NAME]}` has rows of several lengths; pad them and add "
        "`lengths`",
    )


_OPENERS: Final[Mapping[str, Callable[[Path], PairsFile]]] = {
    ".npz": _open_npz,
    ".safetensors": _open_safetensors,
    ".parquet": _open_parquet,
}
