"""Reads corpora with the readers of noising.corpus."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from benchmarks.corpora.corpus import (
    Corpus,
    CorpusError,
    SequenceCollector,
    quote,
)
from benchmarks.corpora.files import MAX_BYTES
from noising.corpus import BadRowError, DataFileError, RowReader, Source
from noising.corpus.forms import (
    LineRows,
    MetamathRows,
    count_listed,
    hash_file,
    open_lines,
)
from noising.corpus.forms.known import IDS, NPY, RAW, TEXT, find_form
from noising.engine import EngineError
from noising.extras import MissingExtraError
from noising.tokenizers import (
    OTHER,
    TOKEN_TYPES,
    TokenizerError,
    declared_types,
    load_tokenizer,
)

ROW_LENGTH: Final = 1024
"""Tokens of a sequence of files without rows, the block size of nanoGPT."""

PART_BYTES: Final = 1 << 20

MOST_UINT16: Final = 1 << 16


def read_rows(
    path: Path,
    *,
    vocab_size: int,
    name: str,
    source: str,
    max_tokens: int | None = None,
) -> Corpus:
    """Read a file of a form of `noising.corpus`; any other name is that of ids in text.

    A .bin file of nanoGPT has sequences of ROW_LENGTH tokens of uint16, or of uint32 if
    there are more than 65,536 ids. It and a .npy list of tokens are a single sequence
    if they are shorter. A Metamath database has its own vocabulary, with types as in an
    excerpt.

    Raises:
        CorpusError: the file cannot be read, or has an id outside 0..vocab_size - 1.
    """
    with _convert_errors():
        reader = _open(path, vocab_size)
        digest = _hash_content(path)
        declared = None
        if isinstance(reader, MetamathRows):
            declared = declared_types(
                len(reader.constants), len(reader.variables), len(reader.labels)
            )
            vocab_size = declared.size
        collector = SequenceCollector(path, max_tokens)
        counted = _collect(reader, vocab_size, path, collector)
        types = _choose_types(counted) if declared is None else declared
        return _make_corpus(collector, types, digest, name=name, source=source)


def read_text(
    path: Path, *, tokenizer: str, name: str, source: str, max_tokens: int | None = None
) -> Corpus:
    """Read a line of text, or the `text` of a line of JSON, as a sequence of tokens.

    An id has the type that it has most often.

    Args:
        path: the file, with any name.
        tokenizer: name of a tokenizer, or the path of a tokenizer.json.
        name: name of the corpus in results.
        source: description of its origin.
        max_tokens: most tokens; None for 67,108,864.

    Raises:
        CorpusError: the file or the tokenizer cannot be read.
    """
    with _convert_errors():
        vocab_size = load_tokenizer(tokenizer).vocab_size
        reader = Source(path=str(path), form=TEXT, tokenizer=tokenizer).open()
        digest = _hash_content(path)
        collector = SequenceCollector(path, max_tokens)
        types = _choose_types(_collect(reader, vocab_size, path, collector))
        return _make_corpus(collector, types, digest, name=name, source=source)


@contextmanager
def _convert_errors() -> Iterator[None]:
    """Convert the errors of readers to a CorpusError."""
    try:
        yield
    except (DataFileError, EngineError, MissingExtraError) as error:
        raise CorpusError(f"corpus {error}") from error
    except TokenizerError as error:
        raise CorpusError(f"the tokenizer {error}") from error


def _make_corpus(
    collector: SequenceCollector,
    types: NDArray[np.uint8],
    digest: str,
    *,
    name: str,
    source: str,
) -> Corpus:
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
    form = find_form(path.name)
    if form is None:  # any other name
        return Source(path=str(path), form=IDS).open()
    values: dict[str, Any] = {"path": path}
    if form == RAW:
        dtype = "uint16" if vocab_size <= MOST_UINT16 else "uint32"
        tokens = path.stat().st_size // np.dtype(dtype).itemsize
        values |= {"dtype": dtype, "length": max(1, min(ROW_LENGTH, tokens))}
    elif form == NPY and (tokens := count_listed(path) or 0):
        values["length"] = min(ROW_LENGTH, tokens)
    return Source.parse(values, "corpus").open()


def _hash_content(path: Path) -> str:
    """Return the SHA-256 of the unpacked bytes.

    Raises:
        DataFileError: it cannot be read, or a packed file is too large.
    """
    if not path.name.lower().endswith(".gz"):
        return hash_file(path)
    digest, total = hashlib.sha256(), 0
    with open_lines(path) as file:
        while part := file.read(PART_BYTES):
            digest.update(part)
            total += len(part)
            if total > MAX_BYTES:
                raise DataFileError(path, "exceeds 1 GiB when it is unpacked")
    return digest.hexdigest()


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
                f"corpus {quote(path)}, {reader.locate(number)}: token id"
                f" {int(tokens[wrong][0])} is outside 0..{vocab_size - 1};"
                f" raise the vocabulary size, which is {vocab_size}"
            )
        if row.types is not None:
            cells, counts = np.unique(
                tokens.astype(np.int64) * kinds + row.types, return_counts=True
            )
            counted[cells] += counts
        collector.add(tokens)
    return counted.reshape(vocab_size, kinds)


def _choose_types(counted: NDArray[np.int64]) -> NDArray[np.uint8]:
    """Return the type that each id has most often; `other` for ids without one."""
    types: NDArray[np.uint8] = counted.argmax(axis=1).astype(np.uint8)
    types[~counted.any(axis=1)] = OTHER
    return types
