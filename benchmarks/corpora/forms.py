"""Forms of files that no reader takes: which one it is, and how to convert it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from benchmarks.corpora.corpus import CorpusError, shown
from benchmarks.corpora.files import named_errors

FORMS: Final = (
    "a .npy array, text or .jsonl with a list of ids a line, .jsonl rows with"
    " `input_ids`, or a Metamath excerpt (.jsonl)"
)
"""What is read; .gz is unpacked."""

_ARROW: Final = (
    "a table of Apache Arrow or Parquet; write rows with `input_ids` as .jsonl"
    " (datasets.Dataset.from_parquet or from_file, then to_json)"
)
_FASTA: Final = (
    "FASTA; write one line a sequence, with a number for each letter, as text"
)
_METAMATH: Final = (
    "a Metamath database; write its theorems as a .jsonl excerpt"
    " (benchmarks/data/README.md), or a line of ids a theorem"
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
    "one JSON document; write a list of ids, or a row with `input_ids`, a line (.jsonl)"
)
_TEXT: Final = (
    "text, not ids; tokenize it first (POST /api/v1/tokenize, or `encode` of a"
    " tokenizer) and write the ids of a text a line"
)


def _packed(program: str) -> str:
    return f"compressed; unpack it with {program}, or pack it as .gz"


BY_SUFFIX: Final[Mapping[str, str]] = {
    **dict.fromkeys((".parquet", ".arrow", ".feather"), _ARROW),
    **dict.fromkeys((".fasta", ".fa", ".faa", ".fna"), _FASTA),
    **dict.fromkeys((".pkl", ".pickle"), _PICKLE),
    **dict.fromkeys((".pt", ".pth", ".safetensors"), _TENSORS),
    ".mm": _METAMATH,
    ".json": _JSON,
    ".npz": _NPZ,
    ".idx": "the index of Megatron's .bin beside it, and holds no ids",
}
BY_START: Final[Mapping[bytes, str]] = {
    b"PK\x03\x04": _ZIP,
    b"PAR1": _ARROW,
    b"ARROW1": _ARROW,
    b"\x93NUMPY": "a .npy array; give it a name that ends in .npy",
    b"\x80\x04\x95": _PICKLE,
    b"\x89HDF": "HDF5; write one array of it with numpy.save",
    b"\x1f\x8b": "compressed; give it a name that ends in .gz",
    b"\x28\xb5\x2f\xfd": _packed("zstd -d"),
    b"\xfd7zXZ": _packed("xz -d"),
    b"BZh": _packed("bzip2 -d"),
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
    """Refuse a file whose name or first bytes tell a form that no reader takes.

    Raises:
        CorpusError: one line with the form and how to convert it.
    """
    is_packed = path.name.lower().endswith(".gz")
    suffix = Path(path.name.lower().removesuffix(".gz")).suffix
    form = BY_SUFFIX.get(suffix)
    if form is None and not is_packed:
        form = _by_start(path)
    if form is None and suffix == ".bin":
        form = _RAW
    if form is not None:
        raise CorpusError(f"corpus {shown(path)} is {form}")


def form_of_line(line: str) -> str:
    """Return what a line of a text file that holds no ids seems to belong to."""
    form = BY_FIRST_CHARACTERS.get(line[:1])
    if form is None and any(character.isalpha() for character in line):
        form = _TEXT
    return f"it seems to be {form}" if form else f"a corpus is {FORMS}"


def _by_start(path: Path) -> str | None:
    with named_errors(path), path.open("rb") as file:
        start = file.read(max(map(len, BY_START)))
    return next(
        (form for head, form in BY_START.items() if start.startswith(head)), None
    )
