"""Descriptions of data files in manifests, with which replay finds the same rows."""

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, Final

from noising.engine import EngineError
from noising.engine.parameters import check_keys, mapping, nearest
from noising.engine.randomness import MAX_SEQUENCE_ID
from noising.replay.forms import (
    DTYPES,
    ArrayRows,
    DataFileError,
    IndexedRows,
    JsonRows,
    RawRows,
    RowReader,
    find_tokens,
    hash_file,
)
from noising.replay.order import check_integer

RAW, INDEXED = "bin", "idx"
SUFFIXES: Final[Mapping[str, str]] = {
    ".npy": "npy",
    ".jsonl": "jsonl",
    ".bin": RAW,
    ".idx": INDEXED,
}
"""Forms of files by the ends of their names."""

FORMS: Final = (
    "a .npy array, .jsonl, a .bin file of nanoGPT, or an .idx file of Megatron next "
    "to its .bin file"
)

_READERS: Final[Mapping[str, Callable[[Path], RowReader]]] = {
    "npy": ArrayRows,
    "jsonl": JsonRows,
    INDEXED: IndexedRows,
}
"""Readers of the forms that need no more than a path."""

_DIGEST: Final = re.compile("[0-9a-f]{64}", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class DataFile:
    """What a manifest says about a file of rows.

    Attributes:
        path: the path, as the run had it.
        form: a value of SUFFIXES.
        rows: number of rows.
        sha256: SHA-256 of the file, in hexadecimal.
        dtype: a key of DTYPES for the form `bin`, else None.
        length: number of tokens of a row for the form `bin`, else None.
        bin_sha256: SHA-256 of the .bin file for the form `idx`, else None.
    """

    path: str
    form: str
    rows: int
    sha256: str
    dtype: str | None = None
    length: int | None = None
    bin_sha256: str | None = None

    @classmethod
    def describe(cls, value: Any, field: str) -> "DataFile":
        """Return the description of a file.

        Args:
            value: its path; or {"path", "dtype", "length"}, as .bin files of nanoGPT
                need it.
            field: the name of the value for errors.

        Raises:
            EngineError: the form is unknown, or lacks a value.
            DataFileError: the file is not as its form says.
        """
        if isinstance(value, (str, os.PathLike)):
            value = {"path": value}
        given = mapping(value, field)
        check_keys(given, ("path", "dtype", "length"), field)
        path = _take(given, "path", field)
        if not isinstance(path, (str, os.PathLike)):
            raise EngineError(f"{field}.path", "not_text", "must be a path", path)
        path = os.fspath(path)
        dtype, length = given.get("dtype"), given.get("length")
        form = _find_form(path, field)
        _check_layout(form, dtype, length, field)
        reader = _open(Path(path), form, dtype, length)
        has_index = form == INDEXED
        return cls(
            path=path,
            form=form,
            rows=reader.count_rows(),
            sha256=hash_file(Path(path)),
            dtype=dtype,
            length=length,
            bin_sha256=hash_file(find_tokens(Path(path))) if has_index else None,
        )

    @classmethod
    def parse(cls, value: Any, field: str) -> "DataFile":
        """Return the description that a manifest has.

        Raises:
            EngineError: a key is unknown or missing, or a value is invalid.
        """
        given = mapping(value, field)
        check_keys(given, [each.name for each in fields(cls)], field)
        path = _take(given, "path", field)
        if not isinstance(path, str):
            raise EngineError(f"{field}.path", "not_text", "must be text", path)
        form = _find_form(path, field)
        if _take(given, "form", field) != form:
            rule = f"must be {form}, as the path says"
            raise EngineError(f"{field}.form", "unknown_name", rule, given["form"])
        rows = _take(given, "rows", field)
        check_integer(rows, f"{field}.rows", 1, MAX_SEQUENCE_ID)
        _check_layout(form, given.get("dtype"), given.get("length"), field)
        for name in ("sha256", "bin_sha256") if form == INDEXED else ("sha256",):
            digest = _take(given, name, field)
            if not isinstance(digest, str) or not _DIGEST.fullmatch(digest):
                rule = "must be 64 digits 0-9a-f"
                raise EngineError(f"{field}.{name}", "not_a_digest", rule, digest)
        if form != INDEXED:
            _refuse(given, ("bin_sha256",), form, field)
        return cls(**given)

    def as_dict(self) -> dict[str, Any]:
        """Return the description for a manifest, without what is None."""
        return {name: x for name, x in asdict(self).items() if x is not None}

    def find_changes(self, folder: Path = Path()) -> list[tuple[Path, str, str]]:
        """Return the files whose SHA-256 differs: path, the manifest's and the file's.

        Args:
            folder: the folder of relative paths.

        Raises:
            DataFileError: a file cannot be read.
        """
        path = folder / self.path
        expected = [(path, self.sha256)]
        if self.bin_sha256 is not None:
            expected.append((find_tokens(path), self.bin_sha256))
        found = [(each, digest, hash_file(each)) for each, digest in expected]
        return [change for change in found if change[1] != change[2]]

    def open(self, folder: Path = Path()) -> RowReader:
        """Return a reader of the rows.

        Raises:
            DataFileError: the file is not as the manifest says.
        """
        path = folder / self.path
        reader = _open(path, self.form, self.dtype, self.length)
        # All others know it without a look at each row.
        if not isinstance(reader, JsonRows) and reader.count_rows() != self.rows:
            rows = reader.count_rows()
            message = f"has {rows} rows, of which the manifest says {self.rows}"
            raise DataFileError(path, message)
        return reader


def _open(path: Path, form: str, dtype: str | None, length: int | None) -> RowReader:
    if dtype is not None and length is not None:
        return RawRows(path, dtype, length)
    return _READERS[form](path)


def _find_form(path: str, field: str) -> str:
    form = SUFFIXES.get(Path(path).suffix.lower())
    if form is None:
        rule = f"must be {FORMS}"
        raise EngineError(f"{field}.path", "unknown_form", rule, path)
    return form


def _check_layout(form: str, dtype: Any, length: Any, field: str) -> None:
    """Check that a file of nanoGPT has a dtype and a length, and that others do not."""
    if form != RAW:
        _refuse({"dtype": dtype, "length": length}, ("dtype", "length"), form, field)
        return
    for name, value in (("dtype", dtype), ("length", length)):
        if value is None:
            way_out = "for a file of Megatron, name its .idx file"
            rule = "must be given for a .bin file"
            raise EngineError(f"{field}.{name}", "missing", rule, None, way_out)
    if not isinstance(dtype, str) or dtype not in DTYPES:
        rule = f"must be one of {', '.join(DTYPES)}"
        hint = nearest(dtype, DTYPES) if isinstance(dtype, str) else ""
        raise EngineError(f"{field}.dtype", "unknown_name", rule, dtype, hint)
    check_integer(length, f"{field}.length", 1, MAX_SEQUENCE_ID)


def _refuse(
    given: Mapping[str, Any], names: tuple[str, ...], form: str, field: str
) -> None:
    for name in names:
        if given.get(name) is not None:
            rule = f"must not be given for the form {form}"
            raise EngineError(f"{field}.{name}", "not_together", rule, given[name])


def _take(given: Mapping[str, Any], name: str, field: str) -> Any:
    if name not in given:
        raise EngineError(f"{field}.{name}", "missing", "must be given", None)
    return given[name]
