"""Corpora, the token sequences of a benchmark."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import numpy as np

from benchmarks.corpora.corpus import Corpus, CorpusError, legible
from benchmarks.corpora.files import at, check_regular_file, parse_json, read_lines
from benchmarks.corpora.metamath import read_metamath
from benchmarks.corpora.packed import pack_corpus, unpack_corpus
from benchmarks.corpora.rows import read_rows, read_text
from benchmarks.corpora.synthetic import synthetic_corpus
from noising.corpus import DataFileError
from noising.corpus.forms import begins_with_text
from noising.corpus.forms.files import IDS_KEY
from noising.tokenizers import DEFAULT_TOKENIZER, TOKEN_TYPES

__all__ = [
    "BUILTIN_CORPORA",
    "SETMM_PATH",
    "TOKEN_TYPES",
    "Corpus",
    "CorpusError",
    "legible",
    "load_corpus",
    "pack_corpus",
    "unpack_corpus",
]

BUILTIN_CORPORA: Final = ("setmm", "synthetic")
"""Names of the corpora of every installation."""

SETMM_PATH: Final = (
    Path(__file__).resolve().parents[1] / "data" / "setmm_excerpt.jsonl.gz"
)


def load_corpus(
    name_or_path: str,
    *,
    vocab_size: int,
    generator: np.random.Generator,
    tokenizer: str | None = None,
    max_tokens: int | None = None,
) -> Corpus:
    """Load a corpus by name or from a file.

    Args:
        name_or_path: `setmm` (real proofs), `synthetic`, or a path: of a .jsonl file (a
            Metamath excerpt, rows of ids or of text), of any other file that
            `noising.corpus` reads, or with any other name of a file of ids or of text
            (.gz is unpacked).
        vocab_size: number of ids of a corpus of ids or a synthetic one, at least 2;
            a Metamath corpus has its own vocabulary, and a text that of its tokenizer.
        generator: draws the synthetic corpus.
        tokenizer: name or path of the tokenizer for text; None for DEFAULT_TOKENIZER.
        max_tokens: most tokens of a file; None for 67,108,864.

    Raises:
        CorpusError: the corpus cannot be used; one line with the file and the reason.
    """
    if tokenizer is not None and name_or_path in BUILTIN_CORPORA:
        raise CorpusError(f"corpus {name_or_path}: it has tokens, and no tokenizer")
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
    described: Any = {"name": name, "source": source, "max_tokens": max_tokens}
    if tokenizer is not None or _begins_with_text(path):
        return read_text(path, tokenizer=tokenizer or DEFAULT_TOKENIZER, **described)
    is_json = path.name.lower().endswith((".jsonl", ".jsonl.gz"))
    if is_json and not _begins_with_ids(path):
        return read_metamath(path, **described)
    return read_rows(path, vocab_size=vocab_size, **described)


def _begins_with_text(path: Path) -> bool:
    try:
        return begins_with_text(path)
    except DataFileError as error:
        raise CorpusError(f"corpus {error}") from error


def _begins_with_ids(path: Path) -> bool:
    """Return whether the first line that is not blank is a row of ids."""
    for number, line in read_lines(path, sha256()):
        record = parse_json(line, at(path, number))
        is_row = isinstance(record, dict) and IDS_KEY in record
        return is_row or isinstance(record, list)
    return False
