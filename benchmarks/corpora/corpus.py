"""A corpus in memory: token ids, their types and their source."""

from __future__ import annotations

import os
from array import array
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from noising.tokenizers import OTHER, TOKEN_TYPES

# At four bytes each these take 256 MiB.
MAX_TOKENS: Final = 2**26
MAX_VOCAB_SIZE: Final = 2**24
COUNTED_AT_ONCE: Final = 2**20


class CorpusError(ValueError):
    """A corpus cannot be used; the message is one line that says where and why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Corpus:
    """Token sequences over a vocabulary with a type for each id.

    Attributes:
        name: name of the corpus in results.
        source: path or description of its origin.
        licence: SPDX licence identifier, or None if unknown.
        sha256: hexadecimal digest of the uncompressed bytes.
        tokens: (N,) int32, all sequences one after the other, ids in 0..V-1.
        offsets: (n + 1,) int64; sequence i is tokens[offsets[i]:offsets[i + 1]].
        types: (V,) uint8, the type of every id as an index into TOKEN_TYPES.
    """

    name: str
    source: str
    licence: str | None
    sha256: str
    tokens: NDArray[np.int32]
    offsets: NDArray[np.int64]
    types: NDArray[np.uint8]

    @property
    def vocab_size(self) -> int:
        """Number of ids, V."""
        return self.types.size

    @property
    def num_sequences(self) -> int:
        """Number of sequences."""
        return self.offsets.size - 1

    @property
    def lengths(self) -> NDArray[np.int64]:
        """(n,) tokens of each sequence, all at least 1."""
        return np.diff(self.offsets)

    def sequence(self, index: int) -> NDArray[np.int32]:
        """Return one sequence, (L,) int32, a view."""
        return self.tokens[self.offsets[index] : self.offsets[index + 1]]

    def cut(self, max_length: int) -> Self:
        """Return the corpus with longer sequences cut into pieces of `max_length`."""
        long = np.flatnonzero(self.lengths > max_length)
        cuts = [
            np.arange(self.offsets[i], self.offsets[i + 1], max_length) for i in long
        ]
        return replace(self, offsets=np.unique(np.concatenate([self.offsets, *cuts])))

    def counts(self) -> NDArray[np.int64]:
        """(V,) number of occurrences of each id."""
        counts = np.zeros(self.vocab_size, dtype=np.int64)
        # In parts, since bincount converts its argument to int64.
        for start in range(0, self.tokens.size, COUNTED_AT_ONCE):
            part = self.tokens[start : start + COUNTED_AT_ONCE]
            seen = np.bincount(part)
            counts[: seen.size] += seen
        return counts

    def frequencies(self) -> NDArray[np.float64]:
        """(V,) share of each id among the tokens; they sum to 1."""
        return self.counts() / self.tokens.size

    def entropy_nats(self) -> float:
        """Entropy of a token drawn from the corpus, in nats."""
        p = self.frequencies()
        p = p[p > 0]
        return float(-(p * np.log(p)).sum()) + 0.0

    def type_counts(self) -> dict[str, int]:
        """Number of tokens of each type."""
        by_id = self.counts()
        return {
            name: int(by_id[self.types == index].sum())
            for index, name in enumerate(TOKEN_TYPES)
        }

    def type_classes(self) -> dict[str, list[int]]:
        """Ids of each type, in the form of a token_types hyperschedule.

        `other` is empty, since it is the type of ids in no class.
        """
        return {
            name: [] if index == OTHER else np.flatnonzero(self.types == index).tolist()
            for index, name in enumerate(TOKEN_TYPES)
        }

    def summary(self) -> dict[str, Any]:
        """Return the `corpus` part of a results document."""
        return {
            "name": self.name,
            "source": self.source,
            "licence": self.licence,
            "sha256": self.sha256,
            "sequences": self.num_sequences,
            "tokens": self.tokens.size,
            "vocab_size": self.vocab_size,
            "entropy_nats": self.entropy_nats(),
            "type_counts": self.type_counts(),
        }


class SequenceCollector:
    """Collects sequences of ids with four bytes per token, up to a limit."""

    def __init__(self, path: Path, max_tokens: int | None = None) -> None:
        self._path = path
        self._max_tokens = MAX_TOKENS if max_tokens is None else max_tokens
        self._tokens = array("i")
        self._offsets = array("q", [0])

    def add(self, ids: ArrayLike) -> None:
        """Append one sequence of ids below 2**24, (L,); an empty one is skipped.

        Raises:
            CorpusError: the corpus has more tokens than it may.
        """
        self._tokens.frombytes(np.asarray(ids, np.int32).tobytes())
        if len(self._tokens) > self._max_tokens:
            raise CorpusError(
                f"corpus {quote(self._path)} has more than {self._max_tokens:,} tokens;"
                " take a part"
            )
        if len(self._tokens) > self._offsets[-1]:
            self._offsets.append(len(self._tokens))

    def arrays(self) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
        """Return tokens (N,) and offsets (n + 1,).

        Raises:
            CorpusError: nothing was added.
        """
        if not self._tokens:
            raise CorpusError(f"corpus {quote(self._path)} is empty: it has no tokens")
        return (
            np.frombuffer(self._tokens, dtype=np.int32),
            np.frombuffer(self._offsets, dtype=np.int64),
        )


def quote(value: object) -> str:
    """Quote a value for a message, on one line of at most 80 characters.

    Long paths are cut at the front, to keep the name of the file.
    """
    is_path = isinstance(value, Path)
    text = repr(str(value) if is_path else value)
    if len(text) <= 80:
        return text
    return f"'...{text[-76:]}" if is_path else f"{text[:76]}...'"


def legible(path: str) -> str:
    """Return a file name with escapes for bytes that are not UTF-8, for JSON."""
    return os.fsencode(path).decode("utf-8", errors="backslashreplace")
