"""Corpora, the token sequences of a benchmark."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path
from typing import Final

import numpy as np

from benchmarks.corpora.corpus import Corpus, CorpusError, legible
from benchmarks.corpora.files import at, check_regular_file, parse_json, read_lines
from benchmarks.corpora.metamath import read_metamath
from benchmarks.corpora.rows import read_rows
from benchmarks.corpora.synthetic import synthetic_corpus
from noising.corpus.forms.files import IDS_KEY
from noising.tokenizers import TOKEN_TYPES

__all__ = [
    "BUILTIN_CORPORA",
    "SETMM_PATH",
    "TOKEN_TYPES",
    "Corpus",
    "CorpusError",
    "legible",
    "load_corpus",
]

BUILTIN_CORPORA: Final = ("setmm", "synthetic")
"""Names of the corpora of every installation."""

SETMM_PATH: Final = (
    Path(__file__).resolve().parents[1] / "data" / "setmm_excerpt.jsonl.gz"
)


def load_corpus(
    name_or_path: str, *, vocab_size: int, generator: np.random.Generator
) -> Corpus:
    """Load a corpus by name or from a file.

    Args:
        name_or_path: `setmm` (real proofs), `synthetic`, or a path: of a .jsonl file (a
            Metamath excerpt, or rows of ids), of any other file that `noising.corpus`
            reads, or with any other name of a text file of ids (.gz is unpacked).
        vocab_size: number of ids of a corpus of ids or a synthetic one, at least 2;
            a Metamath corpus has its own vocabulary.
        generator: draws the synthetic corpus.

    Raises:
        CorpusError: the corpus cannot be used; one line with the file and the reason.
    """
    if name_or_path == "synthetic":
        return synthetic_corpus(vocab_size=vocab_size, generator=generator)
    if name_or_path == "setmm":
        return read_metamath(
            SETMM_PATH,
            name="setmm",
            source="Metamath set.mm, Debian metamath-databases, snapshot 2021-01",
            licence="CC0-1.0",
        )
    path = Path(name_or_path)
    check_regular_file(path)
    name, source = legible(path.name), legible(name_or_path)
    is_json = path.name.lower().endswith((".jsonl", ".jsonl.gz"))
    if is_json and not _begins_with_ids(path):
        return read_metamath(path, name=name, source=source)
    return read_rows(path, vocab_size=vocab_size, name=name, source=source)


def _begins_with_ids(path: Path) -> bool:
    """Return whether the first line that is not blank is a row of ids."""
    for number, line in read_lines(path, sha256()):
        record = parse_json(line, at(path, number))
        is_row = isinstance(record, dict) and IDS_KEY in record
        return is_row or isinstance(record, list)
    return False
