"""Recognises unsupported file formats and says how to convert them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from benchmarks.corpora.corpus import CorpusError, quote
from benchmarks.corpora.files import convert_errors

FORMS: Final = (
    "a .npy array, text or .jsonl with a list of ids per line, .jsonl rows with"
    " `input_ids`, or a Metamath excerpt (.jsonl)"
)
"""The supported formats; .gz is unpacked."""

_ARROW: Final = (
    "a table of Apache Arrow or Parquet; write rows with `input_ids` as .jsonl"
    " (datasets.Dataset.from_parquet or from_file, then to_json)"
)
_FASTA: Final = (
    "FASTA; write text with a line per sequence and a number for each letter"
)
_METAMATH: Final = (
    "a Metamath database; write its theorems as a .jsonl excerpt"
    " (benchmarks/data/README.md), or text with a line of ids per theorem"
)
_PICKLE: Final = "a pickle, which is never loaded; write the array with numpy.save"
_RAW: Final = (
    "raw numbers without a header, as nanoGPT and Megatron write them; convert it with"
    " numpy.save('ids.npy', numpy.fromfile('FILE', '<u2')), or '<u4' beyond 65,536 ids"
)
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
_TEXT: Final = (
    "text, not ids; tokenize it first (POST /api/v1/tokenize, or `encode` of a"
    " tokenizer) and write the ids of each text on a line"
)


def _unpack_with(program: str) -> str:
    return f"compressed; unpack it with {program}, or pack it as .gz"


BY_SUFFIX: Final[Mapping[str, str]] = {
    **dict.fromkeys((".parquet", ".arrow", ".feather"), _ARROW),
    **dict.fromkeys((".fasta", ".fa", ".faa", ".fna"), _FASTA),
    **dict.fromkeys((".pkl", ".pickle"), _PICKLE),
    **dict.fromkeys((".pt", ".pth", ".safetensors"), _TENSORS),
    ".mm": _METAMATH,
    ".json": _JSON,
    ".npz": _NPZ,
    ".idx": "the index of a .bin file of Megatron, without ids",
}
BY_START: Final[Mapping[bytes, str]] = {
    b"PK\x03\x04": _ZIP,
    b"PAR1": _ARROW,
    b"ARROW1": _ARROW,
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
BY_FIRST_CHARACTERS: Final[Mapping[str, str]] = {
    ">": _FASTA,
    "$": _METAMATH,
    "{": _JSON,
    "[": _JSON,
}


def check_form(path: Path) -> None:
    """Check that the name and first bytes of a file are not those of another format.

    Raises:
        CorpusError: they are; the message says how to convert the file.
    """
    is_packed = path.name.lower().endswith(".gz")
    suffix = Path(path.name.lower().removesuffix(".gz")).suffix
    form = BY_SUFFIX.get(suffix)
    if form is None and not is_packed:
        form = _by_start(path)
    if form is None and suffix == ".bin":
        form = _RAW
    if form is not None:
        raise CorpusError(f"corpus {quote(path)} is {form}")


def form_of_line(line: str) -> str:
    """Return a hint at the format of a text file with a line that has no ids."""
    form = BY_FIRST_CHARACTERS.get(line[:1])
    if form is None and any(character.isalpha() for character in line):
        form = _TEXT
    return f"it seems to be {form}" if form else f"a corpus is {FORMS}"


def _by_start(path: Path) -> str | None:
    with convert_errors(path), path.open("rb") as file:
        start = file.read(max(map(len, BY_START)))
    return next(
        (form for head, form in BY_START.items() if start.startswith(head)), None
    )
