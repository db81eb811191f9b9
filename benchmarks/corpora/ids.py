"""Reads corpora of token ids: text or JSON with a sequence per line, or .npy arrays."""

from __future__ import annotations

import re
import warnings
from hashlib import file_digest, sha256
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from benchmarks.corpora.corpus import (
    MAX_TOKENS,
    Corpus,
    CorpusError,
    SequenceCollector,
    quote,
    too_many_tokens,
)
from benchmarks.corpora.files import at, convert_errors, parse_json, read_lines
from noising.corpus.forms.known import guess_form
from noising.tokenizers import OTHER

IDS_KEY: Final = "input_ids"
MASK_KEY: Final = "attention_mask"

_ONE_ID: Final = re.compile(r"[0-9]{1,18}", re.ASCII)
# int() alone would accept "+1", "1_000" and the digits of every script.
_ALL_IDS: Final = re.compile(r"[0-9]{1,18}(?:(?:\s*,\s*|\s+)[0-9]{1,18})*", re.ASCII)
_SEPARATOR: Final = re.compile(r"[\s,]+")


def read_id_lines(path: Path, *, vocab_size: int, name: str, source: str) -> Corpus:
    """Read a text file of ids, one sequence per line.

    Ids are separated by blanks or commas, and a line may be in brackets: `1 2`, `1,2`
    and `[1, 2]` are the same sequence. Lines without ids are skipped. Every id has the
    type `other`.

    Raises:
        CorpusError: the file cannot be read or contains anything but ids below
            `vocab_size`.
    """
    digest = sha256()
    collector = SequenceCollector(path)
    for number, line in read_lines(path, digest):
        inner = _without_brackets(line)
        if not inner:  # an empty list
            continue
        if not _ALL_IDS.fullmatch(inner):
            raise _not_an_id(line, inner, at(path, number))
        ids = [int(word) for word in _SEPARATOR.split(inner)]
        if max(ids) >= vocab_size:
            raise _beyond(max(ids), vocab_size, at(path, number))
        collector.add(ids)
    tokens, offsets = collector.arrays()
    return _corpus(tokens, offsets, vocab_size, digest.hexdigest(), name, source)


def is_row_of_ids(record: Any) -> bool:
    """Return whether a line of JSON is a list of ids or a row with `input_ids`."""
    return isinstance(record, list) or (isinstance(record, dict) and IDS_KEY in record)


def read_id_rows(path: Path, *, vocab_size: int, name: str, source: str) -> Corpus:
    """Read JSON Lines, where each line is a list of ids or an object with `input_ids`.

    If an object has an `attention_mask`, ids where it is 0 are padding and are dropped.
    Other keys are ignored.

    Raises:
        CorpusError: the file cannot be read or a line has another form.
    """
    digest = sha256()
    collector = SequenceCollector(path)
    for number, line in read_lines(path, digest):
        where = at(path, number)
        record = parse_json(line, where)
        if not is_row_of_ids(record):
            raise CorpusError(
                f"{where}: must be a list of ids or an object with `{IDS_KEY}` like the"
                f" first line, got {quote(record)}"
            )
        collector.add(_row(record, vocab_size, where))
    tokens, offsets = collector.arrays()
    return _corpus(tokens, offsets, vocab_size, digest.hexdigest(), name, source)


def _row(record: Any, vocab_size: int, where: str) -> list[int]:
    """Return the ids of one line, without padding."""
    if isinstance(record, list):
        return _check_ids(record, vocab_size, where)
    ids = _check_ids(record[IDS_KEY], vocab_size, where)
    mask = record.get(MASK_KEY)
    if mask is None:
        return ids
    is_mask = isinstance(mask, list) and all(flag in (0, 1) for flag in mask)
    if not is_mask or len(mask) != len(ids):
        raise CorpusError(
            f"{where}: `{MASK_KEY}` must be a list of 0 and 1, one for each of the"
            f" {len(ids)} ids, got {quote(mask)}"
        )
    return [token for token, is_real in zip(ids, mask, strict=True) if is_real]


def _check_ids(ids: Any, vocab_size: int, where: str) -> list[int]:
    if not isinstance(ids, list):
        raise CorpusError(f"{where}: `{IDS_KEY}` must be a list, got {quote(ids)}")
    for token in ids:
        if type(token) is not int:  # neither true nor 1.0 is an id
            raise CorpusError(f"{where}: {quote(token)} is not a token id")
        if not 0 <= token < vocab_size:
            raise _beyond(token, vocab_size, where)
    return ids


def read_id_array(path: Path, *, vocab_size: int, name: str, source: str) -> Corpus:
    """Read a .npy file of integers: (L,) is one sequence, (B, L) has one per row.

    Pickled objects are never loaded.

    Raises:
        CorpusError: the file cannot be read, is not such an array, or contains an id
            outside 0..vocab_size - 1.
    """
    array = _map_array(path)
    if array.dtype.kind not in "iu":
        raise CorpusError(
            f"corpus {quote(path)} must hold integers, its dtype is {array.dtype}"
        )
    if array.ndim not in (1, 2):
        raise CorpusError(
            f"corpus {quote(path)} must have 1 or 2 dimensions, it has {array.ndim}"
        )
    if array.size == 0:
        raise CorpusError(f"corpus {quote(path)} is empty: its shape is {array.shape}")
    if array.size > MAX_TOKENS:
        raise too_many_tokens(path)
    rows = np.atleast_2d(array)
    for extreme in (int(rows.min()), int(rows.max())):
        if not 0 <= extreme < vocab_size:
            row = int(np.argwhere(rows == extreme)[0, 0])
            raise _beyond(extreme, vocab_size, f"corpus {quote(path)}, row {row}")
    with convert_errors(path), path.open("rb") as file:
        digest = file_digest(file, "sha256").hexdigest()
    tokens = rows.astype(np.int32).reshape(-1)
    offsets = np.arange(0, tokens.size + 1, rows.shape[1], dtype=np.int64)
    return _corpus(tokens, offsets, vocab_size, digest, name, source)


def _map_array(path: Path) -> NDArray[np.generic]:
    try:
        # The warnings are about old but readable headers. The file is mapped, which
        # fails if the header claims a larger array than the file has.
        with warnings.catch_warnings(action="ignore"), convert_errors(path):
            return np.lib.format.open_memmap(path, mode="r")
    except CorpusError:
        raise
    except (ValueError, TypeError, OverflowError, MemoryError, RecursionError) as error:
        reason = " ".join(str(error).split())[:120]
        raise CorpusError(
            f"corpus {quote(path)} is not a .npy array: {reason}"
        ) from error


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


def _without_brackets(line: str) -> str:
    if line.startswith("[") and line.endswith("]"):
        return line[1:-1].strip()
    return line


def _not_an_id(line: str, inner: str, where: str) -> CorpusError:
    words = _SEPARATOR.split(inner)
    wrong = next((word for word in words if not _ONE_ID.fullmatch(word)), inner)
    return CorpusError(f"{where}: {quote(wrong)} is not a token id; {guess_form(line)}")


def _beyond(token: int, vocab_size: int, where: str) -> CorpusError:
    return CorpusError(
        f"{where}: token id {token} is outside 0..{vocab_size - 1};"
        f" set --vocab-size, which is {vocab_size}"
    )
