"""Reads what an account uploads or pastes: text, token ids or counts, within bounds."""

import codecs
import gzip
import hashlib
import io
import re
import tempfile
import zlib
from dataclasses import dataclass, replace
from pathlib import Path, PurePath
from typing import Final

import numpy as np
from django.conf import settings

from benchmarks.corpora import Corpus as Rows
from benchmarks.corpora import CorpusError, load_corpus
from noising.corpora.counts import CountsError, read_counts
from noising.corpus.forms import begins_with_text
from noising.engine.arrays import IntArray
from noising.models import Corpus

TEXT_SUFFIXES: Final = (".txt", ".md")
ROW_SUFFIXES: Final = (".jsonl", ".npy", ".bin", ".mm")
COUNT_SUFFIXES: Final = (".csv", ".tsv", ".json")
SUFFIXES: Final = (*TEXT_SUFFIXES, *ROW_SUFFIXES, *COUNT_SUFFIXES)
"""Ends of the names of files that pages take; those of text may be followed by .gz."""

PASTED: Final = "pasted.txt"
"""The name of what is typed or pasted."""

_LONGEST_NAME: Final = 40
_UINT16_IDS: Final = 1 << 16
_COUNT_HEADS: Final = (
    re.compile(r'\{\s*"[0-9]+"\s*:'),
    re.compile(r"\w+\s*[,;\t]\s*counts?\s*\n", re.IGNORECASE),
)
_PAIR: Final = re.compile(rb"([0-9]{1,15})[\s,;:]+[0-9]{1,15}", re.ASCII)
_FEWEST_PAIRS: Final = 3
"""Fewer lines of two numbers may well be rows whose first ids rise by chance."""
_GZIP: Final = b"\x1f\x8b"


class UnreadableError(Exception):
    """What was given cannot be read; the message is a sentence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """What an account uploads or pastes.

    Attributes:
        name: name of the file; PASTED for text of a form.
        content: its bytes.
        kind: a kind of corpus, or "" to find it out.
        tokenizer: the tokenizer for text.
        vocab_size: number of ids, for ids and counts; None for the largest and one.
    """

    name: str
    content: bytes
    kind: str
    tokenizer: str
    vocab_size: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CorpusData:
    """The tokens of a corpus, or their counts.

    Attributes:
        kind: a kind of corpus.
        tokenizer: the tokenizer of a text, else "".
        sha256: digest of what was given.
        counts: (V,) number of occurrences of each id.
        rows: the tokens with their types; None for counts.
    """

    kind: str
    tokenizer: str
    sha256: str
    counts: IntArray
    rows: Rows | None

    @property
    def vocab_size(self) -> int:
        """V."""
        return self.counts.size


def read_given(given: Given) -> CorpusData:
    """Return the tokens or counts of an upload.

    Raises:
        UnreadableError: it cannot be read, or exceeds a limit; names file and line.
    """
    name = _clean_name(given.name)
    suffixes = [suffix.lower() for suffix in PurePath(name).suffixes]
    content = given.content
    if suffixes[-1:] == [".gz"] or content.startswith(_GZIP):
        name, content = name.removesuffix(".gz"), _unpack(name, content)
    suffix = PurePath(name).suffix.lower()
    if suffix not in SUFFIXES:
        shown = ", ".join(SUFFIXES)
        raise UnreadableError(
            f"{name}: the name must end with one of {shown}; `noising compare "
            "--corpus` on your own machine reads further forms."
        )
    given = replace(given, name=name, content=content)
    kind = given.kind
    if not kind and _looks_like_counts(suffix, content):
        kind = Corpus.Kind.COUNTS
    data = _read_counts(given, suffix) if kind == "counts" else _read_rows(given, kind)
    if int(np.count_nonzero(data.counts)) < 2:
        raise UnreadableError(f"{name}: must have at least two different tokens.")
    return data


def _read_rows(given: Given, kind: str) -> CorpusData:
    limit = given.vocab_size or settings.MAX_PROBABILITIES
    if given.name.lower().endswith(".bin") and given.vocab_size is None:
        limit = min(limit, _UINT16_IDS)
    with tempfile.TemporaryDirectory(prefix="corpus-") as folder:
        # Files of ids in text have any name; only .txt may be one of text.
        stem, suffix = PurePath(given.name).stem, PurePath(given.name).suffix.lower()
        name = f"{stem}.txt" if suffix not in ROW_SUFFIXES else given.name
        path = Path(folder) / name
        path.write_bytes(given.content)
        try:
            is_text = kind == "text" or begins_with_text(path)
            if is_text and kind == "ids":
                raise CorpusError(f"{given.name}: begins with text, not with token ids")
            if is_text:
                _check_characters(given)
            rows = load_corpus(
                str(path),
                vocab_size=limit,
                generator=np.random.default_rng(0),
                tokenizer=given.tokenizer if is_text else None,
                max_tokens=settings.MAX_CORPUS_TOKENS,
            )
        except ValueError as error:  # a CorpusError or DataFileError
            message = str(error).replace(f"{folder}/", "").removeprefix("corpus ")
            raise UnreadableError(f"{message}.") from error
    counts = rows.counts()
    has_vocabulary = is_text or suffix == ".mm" or given.vocab_size is not None
    if not has_vocabulary and rows.vocab_size == limit:
        used = max(2, int(np.flatnonzero(counts)[-1]) + 1)
        counts, rows = counts[:used], replace(rows, types=rows.types[:used])
    if counts.size > settings.MAX_PROBABILITIES:
        raise UnreadableError(
            f"{given.name}: has {counts.size:,} different tokens; the limit is "
            f"{settings.MAX_PROBABILITIES:,}."
        )
    return CorpusData(
        kind=Corpus.Kind.TEXT if is_text else Corpus.Kind.IDS,
        tokenizer=given.tokenizer if is_text else "",
        sha256=rows.sha256,
        counts=counts,
        rows=rows,
    )


def _read_counts(given: Given, suffix: str) -> CorpusData:
    most = given.vocab_size or settings.MAX_PROBABILITIES
    try:
        counts = read_counts(given.content, suffix=suffix, max_vocab_size=most)
    except CountsError as error:
        raise UnreadableError(f"{given.name}: {error}.") from error
    missing = max(given.vocab_size or 0, 2) - counts.size
    return CorpusData(
        kind=Corpus.Kind.COUNTS,
        tokenizer="",
        sha256=hashlib.sha256(given.content).hexdigest(),
        counts=np.pad(counts, (0, max(0, missing))),
        rows=None,
    )


def _looks_like_counts(suffix: str, content: bytes) -> bool:
    """Return whether a file is a table or a JSON object of counts.

    Text that is pasted may be such an object, have the head `id,count`, or be lines of
    an id and its count, in the order of the ids.
    """
    if suffix in COUNT_SUFFIXES:
        return True
    start = content[:200].decode("utf-8", errors="ignore").lstrip("\ufeff \n\r\t")
    if suffix not in TEXT_SUFFIXES:
        return False
    return any(head.match(start) for head in _COUNT_HEADS) or _has_pairs(content)


def _has_pairs(content: bytes) -> bool:
    """Return whether all lines have two numbers, of which the first ones rise."""
    last, lines = -1, 0
    for line in io.BytesIO(content.removeprefix(codecs.BOM_UTF8)):
        if not line.strip():
            continue
        pair = _PAIR.fullmatch(line.strip())
        if pair is None or int(pair[1]) <= last:
            return False
        last, lines = int(pair[1]), lines + 1
    return lines >= _FEWEST_PAIRS


def _check_characters(given: Given) -> None:
    most = settings.MAX_CORPUS_CHARACTERS
    # Every character has a byte or more, so that few texts need to be decoded.
    if len(given.content) <= most:
        return
    size = len(given.content.decode("utf-8", errors="replace"))
    if size > most:
        raise CorpusError(
            f"{given.name}: has {size:,} characters of text; the limit is {most:,}: "
            "take a part of it, which says almost the same about frequencies, or use "
            "`noising compare --corpus` on your own machine"
        )


def _unpack(name: str, content: bytes) -> bytes:
    most = settings.MAX_BODY_BYTES
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(content)) as file:
            unpacked = file.read(most + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise UnreadableError(f"{name}: is not a complete gzip file.") from error
    if len(unpacked) > most:
        raise UnreadableError(
            f"{name}: has more than {most:,} bytes when it is unpacked."
        )
    return unpacked


def _clean_name(name: str) -> str:
    """Return a name that is safe for a file and for messages."""
    plain = re.sub(r"[^\w.-]+", "_", PurePath(name).name).lstrip(".")
    return plain[-_LONGEST_NAME:].lstrip(".-") or PASTED
