"""A source: a data file and what its reader must know; folders and globs of them."""

import glob
import json
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, Self

from noising.corpus.forms import (
    DTYPES,
    ArrayRows,
    ArrowRows,
    DataFileError,
    IdLineRows,
    IndexedRows,
    JsonRows,
    MetamathRows,
    ParquetRows,
    RawRows,
    RowReader,
    TextRows,
    begins_with_text,
)
from noising.corpus.forms.files import convert_errors, find_size
from noising.corpus.forms.indexed import MAGIC
from noising.corpus.forms.known import (
    ARROW,
    FORMS,
    IDS,
    INDEXED,
    JSONL,
    METAMATH,
    NPY,
    PARQUET,
    RAW,
    TEXT,
    describe_other_form,
    find_form,
)
from noising.engine import EngineError
from noising.engine.parameters import check_integer, check_keys, mapping, nearest
from noising.engine.randomness import MAX_SEQUENCE_ID

KEYS: Final = ("path", "dtype", "length", "tokenizer")

_READERS: Final[Mapping[str, Callable[["Source"], RowReader]]] = {
    NPY: lambda source: ArrayRows(Path(source.path), source.length),
    JSONL: lambda source: JsonRows(Path(source.path)),
    RAW: lambda source: RawRows(
        Path(source.path), source.dtype or "", source.length or 0
    ),
    INDEXED: lambda source: IndexedRows(Path(source.path)),
    PARQUET: lambda source: ParquetRows(Path(source.path)),
    ARROW: lambda source: ArrowRows(Path(source.path)),
    IDS: lambda source: IdLineRows(Path(source.path)),
    TEXT: lambda source: TextRows(Path(source.path), source.tokenizer or ""),
    METAMATH: lambda source: MetamathRows(Path(source.path)),
}

_ALLOWED: Final[Mapping[str, tuple[str, ...]]] = {
    "dtype": (RAW,),
    "length": (RAW, NPY),
    "tokenizer": (TEXT,),
}
"""Forms that each further value is for."""

_REQUIRED: Final[Mapping[str, tuple[str, ...]]] = {"dtype": (RAW,), "length": (RAW,)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A data file and what its reader must know.

    Attributes:
        path: the path.
        form: how it is read, a value of `forms.known`.
        dtype: a key of DTYPES for a .bin file of nanoGPT, else None.
        length: number of tokens of a row, for such a file, or a .npy list of tokens.
        tokenizer: name or path of the tokenizer for a file of text, else None.
    """

    path: str
    form: str
    dtype: str | None = None
    length: int | None = None
    tokenizer: str | None = None

    @classmethod
    def parse(cls, value: Any, field: str) -> "Source":
        """Return the source that a path, or a mapping with KEYS, describes.

        Raises:
            EngineError: the form is unknown, lacks a value or has one too many.
            DataFileError: the file has a form that is not read; says which.
        """
        if isinstance(value, (str, os.PathLike)):
            value = {"path": value}
        given = mapping(value, field)
        check_keys(given, KEYS, field)
        path = take(given, "path", field)
        if not isinstance(path, (str, os.PathLike)):
            raise EngineError(f"{field}.path", "not_text", "must be a path", path)
        further = {name: given.get(name) for name in KEYS if name != "path"}
        return cls.check(os.fspath(path), field, **further)

    @classmethod
    def check(
        cls, path: str, field: str, *, dtype: Any, length: Any, tokenizer: Any
    ) -> "Source":
        """Return the source of checked values; errors as in `parse`."""
        if tokenizer is not None and not isinstance(tokenizer, str):
            rule = "must be the name or path of a tokenizer"
            raise EngineError(f"{field}.tokenizer", "not_text", rule, tokenizer)
        form = find_form(path, tokenizer)
        if form is None:
            other = None
            if Path(path).is_file():
                other = describe_other_form(Path(path))
            if other is not None:
                raise DataFileError(Path(path), f"is {other}")
            raise EngineError(f"{field}.path", "unknown_form", f"must be {FORMS}", path)
        values = {"dtype": dtype, "length": length, "tokenizer": tokenizer}
        refuse_values(values, form, field)
        for name, forms in _REQUIRED.items():
            if form in forms and values[name] is None:
                way_out = "for a file of Megatron, name its .idx file"
                rule = "must be given for a .bin file"
                raise EngineError(f"{field}.{name}", "missing", rule, None, way_out)
        if dtype is not None and (not isinstance(dtype, str) or dtype not in DTYPES):
            rule = f"must be one of {', '.join(DTYPES)}"
            hint = nearest(dtype, DTYPES) if isinstance(dtype, str) else ""
            raise EngineError(f"{field}.dtype", "unknown_name", rule, dtype, hint)
        if length is not None:
            check_integer(length, f"{field}.length", 1, MAX_SEQUENCE_ID)
        return cls(
            path=path, form=form, dtype=dtype, length=length, tokenizer=tokenizer
        )

    def at(self, folder: Path) -> Self:
        """Return a copy whose relative paths start at a folder."""
        tokenizer = self.tokenizer
        if tokenizer is not None and (folder / tokenizer).is_file():
            tokenizer = str(folder / tokenizer)
        return replace(self, path=str(folder / self.path), tokenizer=tokenizer)

    def open(self) -> RowReader:
        """Return a reader of the rows.

        Raises:
            DataFileError: the file is not as its form says.
            MissingExtraError: a package that reads the form is not installed.
        """
        return _READERS[self.form](self)


def find_sources(
    places: Sequence[str],
    *,
    dtype: str | None = None,
    length: int | None = None,
    tokenizer: str | None = None,
    default_tokenizer: str | None = None,
) -> list[Source]:
    """Return the data files at some places, in the order of their rows.

    Args:
        places: paths of files, folders, and patterns such as `data/*.parquet`. The
            files of a folder or pattern are sorted by name, without hidden ones; a
            folder of `Dataset.save_to_disk` has its own order.
        dtype: for .bin files of nanoGPT, "uint16" or "uint32".
        length: number of tokens of a row of .bin files, and of .npy lists of tokens.
        tokenizer: for text in .txt and .jsonl files.
        default_tokenizer: for files that begin with text, if no tokenizer is named;
            None to take them for files of ids.

    Raises:
        EngineError: there are no files, or the values do not fit them.
        DataFileError: a file has a form that is not read; says which.
    """
    sources = []
    for place in places:
        for path in _find_paths(place, tokenizer):
            own = tokenizer
            if tokenizer is None and default_tokenizer and begins_with_text(Path(path)):
                own = default_tokenizer
            form = find_form(path, own)
            values = {"dtype": dtype, "length": length, "tokenizer": own}
            if form == RAW:
                _check_not_indexed(Path(path))
            fitting = {
                name: value if form is None or form in _ALLOWED[name] else None
                for name, value in values.items()
            }
            sources.append(Source.check(path, "data", **fitting))
    forms = {source.form for source in sources}
    for name, value in (("dtype", dtype), ("length", length), ("tokenizer", tokenizer)):
        if value is not None and not forms.intersection(_ALLOWED[name]):
            rule = f"must not be given for the form {', '.join(sorted(forms))}"
            raise EngineError(name, "not_together", rule, value)
    return sources


def refuse_values(given: Mapping[str, Any], form: str, field: str) -> None:
    """Check that a form has no values that are for other forms.

    Raises:
        EngineError: it has one; names it.
    """
    for name, forms in _ALLOWED.items():
        if given.get(name) is not None and form not in forms:
            rule = f"must not be given for the form {form}"
            raise EngineError(f"{field}.{name}", "not_together", rule, given[name])


def take(given: Mapping[str, Any], name: str, field: str) -> Any:
    """Return a value of a mapping.

    Raises:
        EngineError: it is missing.
    """
    if name not in given:
        raise EngineError(f"{field}.{name}", "missing", "must be given", None)
    return given[name]


def _find_paths(place: str, tokenizer: str | None) -> list[str]:
    path = Path(place)
    if path.is_dir():
        return _list_folder(path, tokenizer)
    if not path.exists() and any(character in place for character in "*?["):
        found = sorted(each for each in glob.glob(place, recursive=True))  # noqa: PTH207 - an absolute pattern has no folder
        files = [each for each in found if Path(each).is_file()]
        if not files:
            raise EngineError("data", "empty", "must match a file", place)
        return files
    find_size(path)
    return [place]


def _list_folder(folder: Path, tokenizer: str | None) -> list[str]:
    """Return the data files of a folder."""
    if (folder / "dataset_dict.json").is_file():
        names = sorted(each.name for each in folder.iterdir() if each.is_dir())
        rule = f"holds several data sets; name one of its folders: {', '.join(names)}"
        raise DataFileError(folder, rule)
    if (folder / "state.json").is_file():
        return _list_saved_dataset(folder)
    with convert_errors(folder):
        files = sorted(each for each in folder.iterdir() if each.is_file())
    files = [each for each in files if not each.name.startswith(".")]
    indexed = {each.with_suffix(".bin") for each in files if each.suffix == ".idx"}
    readable = [
        str(each)
        for each in files
        if find_form(each.name, tokenizer) is not None and each not in indexed
    ]
    if not readable:
        shown = ", ".join(each.name[:40] for each in files[:5]) or "nothing"
        rule = f"has no file that is read, has {shown}; a corpus is {FORMS}"
        raise DataFileError(folder, rule)
    return readable


def _list_saved_dataset(folder: Path) -> list[str]:
    """Return the files that `Dataset.save_to_disk` wrote, in the order of the rows."""
    path = folder / "state.json"
    with convert_errors(path):
        content = path.read_bytes()
    try:
        state = json.loads(content)
        names = [each["filename"] for each in state["_data_files"]]
        is_shuffled = bool(state.get("_indices_data_files"))
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise DataFileError(path, "must list `_data_files` with file names") from error
    if is_shuffled:
        rule = "has an order of its own; write it with flatten_indices() first"
        raise DataFileError(path, rule)
    for name in names:
        if not isinstance(name, str) or Path(name).name != name:
            raise DataFileError(path, "must name files of its folder only")
    return [str(folder / name) for name in names]


def _check_not_indexed(path: Path) -> None:
    """Refuse to read the tokens of Megatron as if they had no index."""
    index = path.with_suffix(".idx")
    if not index.is_file():
        return
    with convert_errors(index), index.open("rb") as file:
        if file.read(len(MAGIC)) == MAGIC:
            raise DataFileError(path, f"has an index of Megatron; name {index.name}")
