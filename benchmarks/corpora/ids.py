"""Corpora of token ids: a text file with a sequence a line, or a .npy array."""

from __future__ import annotations

import re
import warnings
from hashlib import file_digest, sha256
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from benchmarks.corpora.corpus import (
    MAX_TOKENS,
    Corpus,
    CorpusError,
    SequenceCollector,
    shown,
    too_many_tokens,
)
from benchmarks.corpora.files import at, named_errors, read_lines
from noising.tokenizers import OTHER

_ONE_ID: Final = re.compile(r"[0-9]{1,18}", re.ASCII)
# int() alone would take "+1", "1_000" and the digits of every script.
_ALL_IDS: Final = re.compile(r"[0-9]{1,18}(?:\s+[0-9]{1,18})*", re.ASCII)


def read_id_lines(path: Path, *, vocab_size: int, name: str, source: str) -> Corpus:
    """Read a text file of ids separated by blanks, one sequence a line.

    Lines without an id are skipped; every id is of type `other`.

    Raises:
        CorpusError: the file cannot be read or holds anything but ids below
            `vocab_size`.
    """
    digest = sha256()
    collector = SequenceCollector(path)
    for number, line in read_lines(path, digest):
        words = line.split()
        if not _ALL_IDS.fullmatch(line):
            raise _not_an_id(words, at(path, number))
        ids = [int(word) for word in words]
        if max(ids) >= vocab_size:
            raise _beyond(max(ids), vocab_size, at(path, number))
        collector.add(ids)
    tokens, offsets = collector.arrays()
    return _corpus(tokens, offsets, vocab_size, digest.hexdigest(), name, source)


def read_id_array(path: Path, *, vocab_size: int, name: str, source: str) -> Corpus:
    """Read a .npy file of integers: (L,) is one sequence, (B, L) one a row.

    Pickled objects are never loaded.

    Raises:
        CorpusError: the file cannot be read, is no such array, or holds an id outside
            0..vocab_size - 1.
    """
    array = _mapped(path)
    if array.dtype.kind not in "iu":
        raise CorpusError(
            f"corpus {shown(path)} must hold integers, its dtype is {array.dtype}"
        )
    if array.ndim not in (1, 2):
        raise CorpusError(
            f"corpus {shown(path)} must have 1 or 2 dimensions, it has {array.ndim}"
        )
    if array.size == 0:
        raise CorpusError(f"corpus {shown(path)} is empty: its shape is {array.shape}")
    if array.size > MAX_TOKENS:
        raise too_many_tokens(path)
    rows = np.atleast_2d(array)
    for extreme in (int(rows.min()), int(rows.max())):
        if not 0 <= extreme < vocab_size:
            row = int(np.argwhere(rows == extreme)[0, 0])
            raise _beyond(extreme, vocab_size, f"corpus {shown(path)}, row {row}")
    with named_errors(path), path.open("rb") as file:
        digest = file_digest(file, "sha256").hexdigest()
    tokens = rows.astype(np.int32).reshape(-1)
    offsets = np.arange(0, tokens.size + 1, rows.shape[1], dtype=np.int64)
    return _corpus(tokens, offsets, vocab_size, digest, name, source)


def _mapped(path: Path) -> NDArray[np.generic]:
    try:
        # The warnings are about old but readable headers. The file is mapped, because
        # a header may claim any size: then the file must be as long.
        with warnings.catch_warnings(action="ignore"), named_errors(path):
            return np.lib.format.open_memmap(path, mode="r")
    except CorpusError:
        raise
    except (ValueError, TypeError, OverflowError, MemoryError, RecursionError) as error:
        reason = " ".join(str(error).split())[:120]
        raise CorpusError(f"corpus {shown(path)} is no .npy array: {reason}") from error


def _corpus(
    tokens: NDArray[np.int32],
    offsets: NDArray[np.int64],
    vocab_size: int,
    digest: str,
    name: str,
    source: str,
) -> Corpus:
    return Corpus(
        name=name,
        source=source,
        licence=None,
        sha256=digest,
        tokens=tokens,
        offsets=offsets,
        types=np.full(vocab_size, OTHER, dtype=np.uint8),
    )


def _not_an_id(words: list[str], where: str) -> CorpusError:
    wrong = next(word for word in words if not _ONE_ID.fullmatch(word))
    return CorpusError(
        f"{where}: {shown(wrong)} is not a token id; a corpus is a text file of ids"
        " separated by blanks, a .npy array or a Metamath .jsonl or .jsonl.gz file"
    )


def _beyond(token: int, vocab_size: int, where: str) -> CorpusError:
    return CorpusError(
        f"{where}: token id {token} is outside 0..{vocab_size - 1};"
        f" --vocab-size sets the vocabulary's size, now {vocab_size}"
    )
