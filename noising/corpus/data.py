"""Descriptions of data files in manifests, with which replay finds the same rows."""

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, Final

from noising.corpus.forms import (
    DataFileError,
    LineRows,
    RowReader,
    find_tokens,
    hash_file,
)
from noising.corpus.forms.known import INDEXED
from noising.corpus.source import Source, take
from noising.engine import EngineError
from noising.engine.parameters import check_integer, check_keys, mapping
from noising.engine.randomness import MAX_SEQUENCE_ID

_DIGEST: Final = re.compile("[0-9a-f]{64}", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class DataFile(Source):
    """What a manifest says about a file of rows.

    Attributes:
        rows: number of rows.
        sha256: SHA-256 of the file, in hexadecimal.
        bin_sha256: SHA-256 of the .bin file of a Megatron index, else None.
        tokenizer_sha256: SHA-256 of a tokenizer.json, else None.
    """

    rows: int
    sha256: str
    bin_sha256: str | None = None
    tokenizer_sha256: str | None = None

    @classmethod
    def describe(cls, value: Any, field: str) -> "DataFile":
        """Return the description of a file, after a look at each line of it.

        Args:
            value: its path; or {"path", "dtype", "length"}, as .bin files of nanoGPT
                need it; or {"path", "tokenizer"} for text.
            field: the name of the value for errors.

        Raises:
            EngineError: the form is unknown, or lacks a value.
            DataFileError: the file is not as its form says.
        """
        source = Source.parse(value, field)
        return cls.make(source, source.open().count_rows())

    @classmethod
    def make(cls, source: Source, rows: int) -> "DataFile":
        """Return the description of a source whose rows were counted.

        Raises:
            DataFileError: a file cannot be read.
        """
        path, tokenizer = Path(source.path), source.tokenizer
        digests: dict[str, Any] = {"sha256": hash_file(path)}
        if source.form == INDEXED:
            digests["bin_sha256"] = hash_file(find_tokens(path))
        if tokenizer is not None and Path(tokenizer).is_file():
            digests["tokenizer_sha256"] = hash_file(Path(tokenizer))
        own = {each.name: getattr(source, each.name) for each in fields(Source)}
        return cls(**own, rows=rows, **digests)

    @classmethod
    def parse(cls, value: Any, field: str) -> "DataFile":
        """Return the description that a manifest has.

        Raises:
            EngineError: a key is unknown or missing, or a value is invalid.
        """
        given = mapping(value, field)
        check_keys(given, [each.name for each in fields(cls)], field)
        path = take(given, "path", field)
        if not isinstance(path, str):
            raise EngineError(f"{field}.path", "not_text", "must be text", path)
        layout = {name: given.get(name) for name in ("dtype", "length", "tokenizer")}
        form = Source.check(path, field, **layout).form
        if take(given, "form", field) != form:
            rule = f"must be {form}, as the path says"
            raise EngineError(f"{field}.form", "unknown_name", rule, given["form"])
        rows = take(given, "rows", field)
        check_integer(rows, f"{field}.rows", 1, MAX_SEQUENCE_ID)
        required = ("sha256", "bin_sha256") if form == INDEXED else ("sha256",)
        _check_digests(given, required, field)
        for name, allowed in (
            ("bin_sha256", form == INDEXED),
            ("tokenizer_sha256", layout["tokenizer"] is not None),
        ):
            if given.get(name) is not None and not allowed:
                rule = f"must not be given for the form {form}"
                raise EngineError(f"{field}.{name}", "not_together", rule, given[name])
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
        if self.tokenizer is not None and self.tokenizer_sha256 is not None:
            expected.append((folder / self.tokenizer, self.tokenizer_sha256))
        found = [(each, digest, hash_file(each)) for each, digest in expected]
        return [change for change in found if change[1] != change[2]]

    def open_in(self, folder: Path = Path()) -> RowReader:
        """Return a reader of the rows.

        Args:
            folder: the folder of relative paths.

        Raises:
            DataFileError: the file is not as the manifest says.
        """
        reader = self.at(folder).open()
        # All others know it without a look at each row.
        if not isinstance(reader, LineRows) and reader.count_rows() != self.rows:
            rows = reader.count_rows()
            message = f"has {rows} rows, of which the manifest says {self.rows}"
            raise DataFileError(folder / self.path, message)
        return reader


def _check_digests(
    given: Mapping[str, Any], required: tuple[str, ...], field: str
) -> None:
    for name in ("sha256", "bin_sha256", "tokenizer_sha256"):
        digest = take(given, name, field) if name in required else given.get(name)
        if digest is None and name not in required:
            continue
        if not isinstance(digest, str) or not _DIGEST.fullmatch(digest):
            rule = "must be 64 digits 0-9a-f"
            raise EngineError(f"{field}.{name}", "not_a_digest", rule, digest)
