"""What is known about a corpus, and which schedule wastes least on it."""

from collections.abc import Mapping
from typing import Any, Final

import numpy as np

from noising.corpora.reading import CorpusData
from noising.decision import Reader, decide
from noising.engine import ForwardProcess
from noising.engine.arrays import TokenArray
from noising.models import Corpus
from noising.tokenizers import OTHER, TOKEN_TYPES, load_tokenizer

ANALYSIS_SECONDS: Final = 5.0
"""Estimated time of a comparison, of which most is that of the bigram reader."""

FREQUENT: Final = 12
"""How many of the most frequent tokens are listed."""


def make_reader(data: CorpusData) -> Reader:
    """Return the readers of a corpus; counts have the unigram reader only."""
    if data.rows is None:
        return Reader.of_counts(data.counts)
    rows: list[TokenArray] = [
        data.rows.sequence(index) for index in range(data.rows.num_sequences)
    ]
    return Reader.of_rows(rows, data.vocab_size)


def summarize(data: CorpusData, reader: Reader) -> dict[str, Any]:
    """Return sizes, entropies, token classes and the most frequent tokens."""
    known = reader.as_dict()
    if data.rows is None:  # counts have no rows
        del known["rows"], known["row_length"]
    return {
        **known,
        "type_counts": _count_types(data),
        "frequent": _list_frequent(data),
    }


def compare_schedules(
    reader: Reader, processes: Mapping[str, ForwardProcess]
) -> dict[str, Any]:
    """Return the comparison of processes on a corpus as a document.

    Args:
        reader: the readers of the corpus.
        processes: two or more processes by name, with the vocabulary of the corpus.

    Raises:
        EngineError: a process does not fit the corpus.
    """
    return decide(processes, reader).as_dict(by_position=False)


def _count_types(data: CorpusData) -> dict[str, int] | None:
    """Return the number of tokens of each type; None if no token has one."""
    if data.rows is None or (data.rows.types == OTHER).all():
        return None
    return data.rows.type_counts()


def _list_frequent(data: CorpusData) -> list[dict[str, Any]]:
    order = np.argsort(-data.counts, kind="stable")[:FREQUENT]
    ids = [int(token) for token in order if data.counts[token]]
    texts: list[str] = [""] * len(ids)
    if data.kind == Corpus.Kind.TEXT:
        tokenizer = load_tokenizer(data.tokenizer)
        texts = [tokenizer.texts([token])[0] for token in ids]
    return [
        {
            "id": token,
            "text": text,
            "count": int(data.counts[token]),
            "type": None if data.rows is None else TOKEN_TYPES[data.rows.types[token]],
        }
        for token, text in zip(ids, texts, strict=True)
    ]
