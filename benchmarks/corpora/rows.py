"""Reads corpora of the forms of noising.corpus: tables, nanoGPT, Megatron, Metamath."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from benchmarks.corpora.corpus import (
    Corpus,
    CorpusError,
    SequenceCollector,
    quote,
)
from noising.corpus import BadRowError, DataFileError, RowReader, Source
from noising.corpus.forms import LineRows, MetamathRows, hash_file
from noising.corpus.forms.known import RAW, describe_other_form, find_form
from noising.engine import EngineError
from noising.extras import MissingExtraError
from noising.tokenizers import OTHER, TOKEN_TYPES, declared_types

RAW_LENGTH: Final = 1024
"""Tokens of a sequence of a .bin file, the block size of nanoGPT."""

MOST_UINT16: Final = 1 << 16


def check_form(path: Path) -> None:
    """Check that a file does not look like another form than text with ids.

    Raises:
        CorpusError: it does; the message says how to convert the file.
    """
    try:
        form = describe_other_form(path)
    except DataFileError as error:
        raise CorpusError(f"corpus {error}") from error
    if form is not None:
        raise CorpusError(f"corpus {quote(path)} is {form}")


def read_rows(path: Path, *, vocab_size: int, name: str, source: str) -> Corpus:
    """Read a file of a form of `noising.corpus`.

    A .bin file of nanoGPT has sequences of RAW_LENGTH tokens of uint16, or of uint32 if
    there are more than 65,536 ids; a shorter one is a single sequence. A Metamath
    database has its own vocabulary, with types as in an excerpt.

    Raises:
        CorpusError: the file cannot be read, or has an id outside 0..vocab_size - 1.
    """
    try:
        reader = _open(path, vocab_size)
        declared = None
        if isinstance(reader, MetamathRows):
            declared = declared_types(
                len(reader.constants), len(reader.variables), len(reader.labels)
            )
            vocab_size = declared.size
        collector = SequenceCollector(path)
        counted = _collect(reader, vocab_size, path, collector)
        types = _choose_types(counted) if declared is None else declared
        digest = hash_file(path)
    except (DataFileError, EngineError, MissingExtraError) as error:
        raise CorpusError(f"corpus {error}") from error
    tokens, offsets = collector.arrays()
    return Corpus(
        name=name,
        source=source,
        licence=None,
        sha256=digest,
        tokens=tokens,
        offsets=offsets,
        types=types,
    )


def _open(path: Path, vocab_size: int) -> RowReader:
    if find_form(path.name) != RAW:
        return Source.parse(path, "corpus").open()
    dtype = "uint16" if vocab_size <= MOST_UINT16 else "uint32"
    tokens = path.stat().st_size // np.dtype(dtype).itemsize
    length = max(1, min(RAW_LENGTH, tokens))
    return Source.parse({"path": path, "dtype": dtype, "length": length}, "").open()


def _collect(
    reader: RowReader, vocab_size: int, path: Path, collector: SequenceCollector
) -> NDArray[np.int64]:
    """Collect the rows, and return how often an id has each type, (V, 3)."""
    kinds = len(TOKEN_TYPES)
    counted = np.zeros(vocab_size * kinds, np.int64)
    # Lines say at their end how many they are, which is another pass.
    rows = 1 << 62 if isinstance(reader, LineRows) else reader.count_rows()
    for number, row in enumerate(reader.scan(0, rows)):
        if isinstance(row, BadRowError):
            raise row
        tokens = row.tokens
        wrong = (tokens < 0) | (tokens >= vocab_size)
        if wrong.any():
            raise CorpusError(
                f"corpus {quote(path)}, row {number}: token id"
                f" {int(tokens[wrong][0])} is outside 0..{vocab_size - 1};"
                f" set --vocab-size, which is {vocab_size}"
            )
        if row.types is not None:
            cells, counts = np.unique(
                tokens.astype(np.int64) * kinds + row.types, return_counts=True
            )
            counted[cells] += counts
        collector.add(tokens.tolist())
    return counted.reshape(vocab_size, kinds)


def _choose_types(counted: NDArray[np.int64]) -> NDArray[np.uint8]:
    """Return the type that each id has most often; `other` for ids without one."""
    types: NDArray[np.uint8] = counted.argmax(axis=1).astype(np.uint8)
    types[~counted.any(axis=1)] = OTHER
    return types
