"""A corpus in memory: token ids, their types, and where they come from."""

from __future__ import annotations

import os
from array import array
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray

from noising.tokenizers import OTHER, TOKEN_TYPES

# At four bytes each these take 256 MiB.
MAX_TOKENS: Final = 2**26
MAX_VOCAB_SIZE: Final = 2**24
COUNTED_AT_ONCE: Final = 2**20


class CorpusError(ValueError):
    """A corpus cannot be used; the message is one line that says where and why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Corpus:
    """Token sequences over a vocabulary whose ids have a type each.

    Attributes:
        name: what the corpus is called in results.
        source: where it was read from.
        licence: its SPDX licence identifier, if known.
        sha256: hexadecimal digest of its uncompressed bytes.
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
        """(V,) how often each id occurs."""
        counts = np.zeros(self.vocab_size, dtype=np.int64)
        # bincount makes int64 of what it is given: a part at a time.
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
        """Ids of each type, as a token_types hyperschedule names them.

        `other` is left empty: it is what an id in no class is.
        """
        return {
            name: [] if index == OTHER else np.flatnonzero(self.types == index).tolist()
            for index, name in enumerate(TOKEN_TYPES)
        }

    def summary(self) -> dict[str, Any]:
        """Describe the corpus as a results document does."""
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
    """Gathers sequences of ids in four bytes a token, up to a limit."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._tokens = array("i")
        self._offsets = array("q", [0])

    def add(self, ids: Iterable[int]) -> None:
        """Append one sequence of ids below 2**24; an empty one is skipped.

        Raises:
            CorpusError: the corpus has more than 67,108,864 tokens.
        """
        self._tokens.extend(ids)
        if len(self._tokens) > MAX_TOKENS:
            raise too_many_tokens(self._path)
        if len(self._tokens) > self._offsets[-1]:
            self._offsets.append(len(self._tokens))

    def arrays(self) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
        """Return tokens (N,) and offsets (n + 1,).

        Raises:
            CorpusError: nothing was added.
        """
        if not self._tokens:
            raise CorpusError(f"corpus {shown(self._path)} is empty: it has no tokens")
        return (
            np.frombuffer(self._tokens, dtype=np.int32),
            np.frombuffer(self._offsets, dtype=np.int64),
        )


def too_many_tokens(path: Path) -> CorpusError:
    """Make the error for a corpus beyond the limit."""
    return CorpusError(
        f"corpus {shown(path)} has more than {MAX_TOKENS:,} tokens; benchmark a part"
    )


def shown(value: object) -> str:
    """Quote a value for a message: one line, no control characters, at most 80.

    A path is cut at its front: it is the file's name that tells files apart.
    """
    is_path = isinstance(value, Path)
    text = repr(str(value) if is_path else value)
    if len(text) <= 80:
        return text
    return f"'...{text[-76:]}" if is_path else f"{text[:76]}...'"


def legible(path: str) -> str:
    """Make the bytes of a file name that are not UTF-8 fit for JSON."""
    return os.fsencode(path).decode("utf-8", errors="backslashreplace")
