"""Readers: models of clean text by the counts of a corpus.

The bigram reader is a Markov chain over classes of tokens: every frequent token is a
class of its own, and all others are one class, whose token is drawn by its frequency.
So it reads all V ids, and knows what follows the frequent ones.

Source: Brown et al. 1992, Class-based n-gram models of natural language, eq. 1.
"""

import functools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from noising.corpus import BadRowError, Source
from noising.engine import EngineError
from noising.engine.arrays import FloatArray, IntArray, TokenArray
from noising.engine.information import entropy, xlogx
from noising.jobs import LocalExecutor, count_tokens

MAX_CLASSES: Final = 512
"""Most classes of the bigram reader; all but the most frequent ids share the last."""

ROW_LENGTH: Final = 1024
"""Tokens of a row, if nothing is known about the corpus."""

UNUSED: Final = -1
"""The class of ids that the corpus does not use."""

_BUFFERED: Final = 1 << 20  # tokens whose pairs are counted at once
_MIXED: Final = 1e-13  # nats by which a chain that has forgotten its start may differ


# No slots: functools.cached_property keeps its values in the instance's __dict__.
@dataclass(frozen=True, kw_only=True, eq=False)
class Reader:
    """The counts of a corpus, and the two readers that they define.

    Attributes:
        counts: (V,) number of occurrences of each id.
        rows: number of rows.
        classes: (V,) class of each id, 0..C-1; UNUSED for ids without occurrences.
        pairs: (C, C) how often a class follows another. The rows of the corpus are read
            one after the other, and the first token follows the last one, so that each
            class occurs as often as a first as as a second.
    """

    counts: IntArray
    rows: int
    classes: IntArray
    pairs: IntArray

    @classmethod
    def of_rows(
        cls,
        rows: Sequence[TokenArray],
        vocab_size: int,
        *,
        classes: int = MAX_CLASSES,
    ) -> "Reader":
        """Return the readers of some rows of ids in 0..V-1.

        Raises:
            EngineError: the rows have fewer than two different ids.
        """
        counts = np.zeros(vocab_size, np.int64)
        for whole in _join(rows):
            counts += np.bincount(whole, minlength=vocab_size)
        _check_counts(counts)
        of_token = choose_classes(counts, classes)
        pairs = count_pairs(rows, of_token)
        return cls(counts=counts, rows=len(rows), classes=of_token, pairs=pairs)

    @classmethod
    def of_corpus(
        cls, sources: Sequence[Source], vocab_size: int, *, classes: int = MAX_CLASSES
    ) -> "Reader":
        """Return the readers of a corpus, which is read twice.

        Raises:
            EngineError: the corpus has fewer than two different ids.
            DataFileError: a file cannot be read, or a row is bad.
        """
        counted = count_tokens(sources, LocalExecutor(), vocab_size=vocab_size)
        _check_counts(counted.counts)
        of_token = choose_classes(counted.counts, classes)
        pairs = count_pairs(_scan_rows(sources), of_token)
        return cls(
            counts=counted.counts, rows=counted.rows, classes=of_token, pairs=pairs
        )

    @classmethod
    def of_counts(cls, counts: IntArray, *, row_length: int = ROW_LENGTH) -> "Reader":
        """Return the unigram reader of some counts, which say nothing about the order.

        Args:
            counts: (V,) number of occurrences of each id.
            row_length: tokens of a row, on average.

        Raises:
            EngineError: there are fewer than two different ids.
        """
        _check_counts(counts)
        tokens = int(counts.sum())
        return cls(
            counts=counts,
            rows=max(1, round(tokens / row_length)),
            classes=choose_classes(counts, 1),
            pairs=np.array([[tokens]]),
        )

    @property
    def knows_order(self) -> bool:
        """Whether it is known which token follows which: there are several classes."""
        return self.num_classes > 1

    @property
    def tokens(self) -> int:
        """Number of tokens."""
        return int(self.counts.sum())

    @property
    def row_length(self) -> int:
        """Number of tokens of a row, on average."""
        return max(1, round(self.tokens / self.rows))

    @property
    def used_ids(self) -> int:
        """Number of different ids."""
        return int(np.count_nonzero(self.counts))

    @property
    def num_classes(self) -> int:
        """C, the number of classes."""
        return int(self.pairs.shape[0])

    @functools.cached_property
    def prior(self) -> FloatArray:
        """Share of each id, (V,): the unigram reader, and the chain's limit."""
        return np.asarray(self.counts / self.tokens)

    @functools.cached_property
    def start(self) -> FloatArray:
        """Share of each class, (C,), which the chain keeps."""
        return np.asarray(self.pairs.sum(axis=1) / self.tokens)

    @functools.cached_property
    def steps(self) -> FloatArray:
        """Chance that a class follows another, (C, C)."""
        return np.asarray(self.pairs / self.pairs.sum(axis=1, keepdims=True))

    @functools.cached_property
    def within(self) -> FloatArray:
        """Share of each id in its class, (V,); 1 for an id with a class of its own."""
        shares = np.zeros(self.counts.size)
        used = self.classes != UNUSED
        shares[used] = self.prior[used] / self.start[self.classes[used]]
        return shares

    @property
    def shared_class(self) -> int | None:
        """The class of several ids, the last one; None if each id has its own."""
        last = self.num_classes - 1
        return last if self.used_ids > self.num_classes else None

    @functools.cached_property
    def entropy(self) -> float:
        """Entropy of a token in nats, for both readers."""
        return entropy(self.prior)

    def as_dict(self) -> dict[str, Any]:
        """Return what is known of the corpus as a document."""
        return {
            "rows": self.rows,
            "tokens": self.tokens,
            "row_length": self.row_length,
            "vocab_size": int(self.counts.size),
            "used_ids": self.used_ids,
            "classes": self.num_classes,
            "unigram_nats": self.entropy,
            "bigram_nats": float(self.entropies_after(1)[1])
            if self.knows_order
            else None,
        }

    def entropies_after(self, most: int) -> FloatArray:
        """Return H(x_n | x_0) of the chain for n = 0..most, (most + 1,), in nats.

        The last one, for n = infinity, is `entropy`. Processes share the work: each
        step multiplies two matrices (C, C).
        """
        for known in self._after:
            if known.size > most:
                return known[: most + 1]
        inside = self.entropy - entropy(self.start)  # of a token, given its class
        values = np.full(most + 1, self.entropy)
        values[0] = 0.0
        ahead = self.steps
        for n in range(1, most + 1):
            values[n] = inside - self.start @ xlogx(ahead).sum(axis=1)
            if self.entropy - values[n] < _MIXED:
                break
            ahead = ahead @ self.steps
        self._after.append(values)
        return values

    @functools.cached_property
    def _after(self) -> list[FloatArray]:
        """What `entropies_after` has returned."""
        return []


def choose_classes(counts: IntArray, most: int) -> IntArray:
    """Return the class of each id, (V,): the most frequent first, ties by id.

    Args:
        counts: (V,) number of occurrences.
        most: largest number of classes; if more ids occur, the rest share the last one.
    """
    order = np.argsort(-counts, kind="stable")
    used = int(np.count_nonzero(counts))
    classes = np.full(counts.size, UNUSED)
    classes[order[:used]] = np.minimum(np.arange(used), most - 1)
    return classes


def count_pairs(rows: Iterable[TokenArray], classes: IntArray) -> IntArray:
    """Return how often a class follows another, (C, C), in rows that form a circle.

    Args:
        rows: rows of ids, at least one of them with tokens.
        classes: (V,) class of each id.
    """
    size = int(classes.max()) + 1
    pairs = np.zeros(size * size, np.int64)
    first: IntArray | None = None
    last = np.empty(0, np.int64)
    for whole in _join(rows):
        tokens = np.concatenate([last, classes[whole]])
        first = tokens[:1] if first is None else first
        pairs += np.bincount(tokens[:-1] * size + tokens[1:], minlength=size * size)
        last = tokens[-1:]
    if first is not None:
        pairs[last * size + first] += 1
    return pairs.reshape(size, size)


def _join(rows: Iterable[TokenArray]) -> Iterator[TokenArray]:
    """Yield the tokens of many rows at once, never none."""
    parts: list[TokenArray] = []
    size = 0
    for row in rows:
        parts.append(row)
        size += row.size
        if size >= _BUFFERED:
            yield np.concatenate(parts)
            parts, size = [], 0
    if size:
        yield np.concatenate(parts)


def _scan_rows(sources: Sequence[Source]) -> Iterator[TokenArray]:
    for source in sources:
        reader = source.open()
        for row in reader.scan(0, reader.count_rows()):
            if isinstance(row, BadRowError):
                raise row
            yield row.tokens


def _check_counts(counts: IntArray) -> None:
    """Check that there is something to learn.

    Raises:
        EngineError: there are fewer than two different ids.
    """
    used = int(np.count_nonzero(counts))
    if used < 2:
        rule = "must have at least two different token ids"
        raise EngineError("corpus", "too_few_ids", rule, used)
