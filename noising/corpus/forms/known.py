"""The forms that are read, by the ends of names; and how to convert other forms."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from noising.corpus.forms.files import convert_errors

NPY, JSONL, RAW, INDEXED = "npy", "jsonl", "bin", "idx"
PARQUET, ARROW, IDS, TEXT, METAMATH = "parquet", "arrow", "ids", "text", "mm"

BY_SUFFIX: Final[Mapping[str, str]] = {
    ".npy": NPY,
    ".jsonl": JSONL,
    ".bin": RAW,
    ".idx": INDEXED,
    ".parquet": PARQUET,
    ".arrow": ARROW,
    ".feather": ARROW,
    ".mm": METAMATH,
    ".txt": IDS,
}
"""Forms of files by the ends of their names; with a tokenizer, .txt is TEXT."""

PACKED: Final = (JSONL, IDS, TEXT, METAMATH)
"""Forms that may be packed, with names that end in .gz."""

FORMS: Final = (
    "a .npy array, .parquet, .arrow or .jsonl with `input_ids`, .bin of nanoGPT, .idx "
    "of Megatron, .txt with ids or text, or .mm of Metamath (.jsonl, .txt and .mm also "
    "as .gz)"
)

_FASTA: Final = (
    "FASTA; write text with a line per sequence and a number for each letter"
)
_PICKLE: Final = "a pickle, which is never loaded; write the array with numpy.save"
_TENSORS: Final = (
    "a file of tensors; write the ids with numpy.save('ids.npy', tensor.numpy())"
)
_UTF16: Final = "UTF-16 text; convert it with iconv -f UTF-16 -t UTF-8"
_NPZ: Final = (
    "an archive of arrays; write one of them with"
    " numpy.save('ids.npy', numpy.load('FILE')['NAME'])"
)
_ZIP: Final = "a zip archive; unpack it, and name the file with the ids"
_JSON: Final = (
    "one JSON document; write .jsonl with a list of ids, or a row with `input_ids`,"
    " per line"
)
_CSV: Final = (
    "a table of text; write a line of ids per row as .txt, or .jsonl rows with"
    " `input_ids`"
)
_TEXT: Final = (
    "text, not ids; name a tokenizer, or tokenize it first (POST /api/v1/tokenize, or"
    " `encode` of a tokenizer) and write the ids of each text on a line"
)
_TABLE: Final = "a table of {}; give it a name that ends in {}"


def _unpack_with(program: str) -> str:
    return f"compressed; unpack it with {program}, or pack it as .gz"


_OTHER_BY_SUFFIX: Final[Mapping[str, str]] = {
    **dict.fromkeys((".fasta", ".fa", ".faa", ".fna"), _FASTA),
    **dict.fromkeys((".pkl", ".pickle"), _PICKLE),
    **dict.fromkeys((".pt", ".pth", ".safetensors"), _TENSORS),
    **dict.fromkeys((".csv", ".tsv"), _CSV),
    ".json": _JSON,
    ".npz": _NPZ,
}
_OTHER_BY_START: Final[Mapping[bytes, str]] = {
    b"PK\x03\x04": _ZIP,
    b"PAR1": _TABLE.format("Parquet", ".parquet"),
    b"ARROW1": _TABLE.format("Apache Arrow", ".arrow"),
    b"MMIDIDX\x00\x00": "an index of Megatron; give it a name that ends in .idx",
    b"\x93NUMPY": "a .npy array; give it a name that ends in .npy",
    b"\x80\x04\x95": _PICKLE,
    b"\x89HDF": "HDF5; write one array of it with numpy.save",
    b"\x1f\x8b": "compressed; give it a name that ends in .gz",
    b"\x28\xb5\x2f\xfd": _unpack_with("zstd -d"),
    b"\xfd7zXZ": _unpack_with("xz -d"),
    b"BZh": _unpack_with("bzip2 -d"),
    b"\xff\xfe": _UTF16,
    b"\xfe\xff": _UTF16,
}
_BY_FIRST_CHARACTER: Final[Mapping[str, str]] = {
    ">": _FASTA,
    "$": "a Metamath database; give it a name that ends in .mm",
    "{": _JSON,
    "[": _JSON,
}

_WORD: Final = re.compile(r"[^\W\d_]{2}")
_TABLE_HEAD: Final = re.compile(r"[^\s,]+(,[^\s,]+)+")


def find_form(name: str, tokenizer: str | None = None) -> str | None:
    """Return the form that the name of a file says, or None.

    Args:
        name: the name.
        tokenizer: the tokenizer of the text in the file; None for ids.
    """
    lower = name.lower()
    form = BY_SUFFIX.get(Path(lower.removesuffix(".gz")).suffix)
    if lower.endswith(".gz") and form not in PACKED:
        return None
    return TEXT if tokenizer is not None and form in (IDS, JSONL) else form


def describe_other_form(path: Path) -> str | None:
    """Return which form that is not read a file has, with the way to convert it.

    Args:
        path: a regular file.

    Returns:
        A predicate, such as "FASTA; write text ...", or None if it is not known.
    """
    lower = path.name.lower()
    suffix = Path(lower.removesuffix(".gz")).suffix
    form = _OTHER_BY_SUFFIX.get(suffix)
    own = BY_SUFFIX.get(suffix)
    if own is not None and own not in PACKED and lower.endswith(".gz"):
        return f"a packed {suffix} file; unpack it with gunzip"
    if form is not None or lower.endswith(".gz"):
        return form
    with convert_errors(path), path.open("rb") as file:
        start = file.read(max(map(len, _OTHER_BY_START)))
    starts = (form for head, form in _OTHER_BY_START.items() if start.startswith(head))
    return next(starts, None)


def guess_form(line: str) -> str:
    """Return a hint at the form of a text file with a line that has no ids."""
    form = _BY_FIRST_CHARACTER.get(line[:1])
    if form is None and any(character.isalpha() for character in line):
        form = _TEXT
    return f"it seems to be {form}" if form else f"a corpus is {FORMS}"


def seems_text(line: str) -> bool:
    """Return whether a line has a word, and is not of another form.

    Names between commas, without blanks, are the head of a table.
    """
    if line[:1] in _BY_FIRST_CHARACTER or _TABLE_HEAD.fullmatch(line):
        return False
    return _WORD.search(line) is not None and line.replace("\t", " ").isprintable()
