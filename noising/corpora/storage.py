"""Writes of corpora, and their tokens for those who measure on them."""

import io
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import transaction
from django.utils import timezone

from benchmarks.corpora import Corpus as Rows
from benchmarks.corpora import CorpusError, pack_corpus, unpack_corpus
from noising.corpora.reading import CorpusData
from noising.models import Corpus, CorpusTokens, parse_reference
from noising.services.identifiers import uuid7

if TYPE_CHECKING:
    from django.contrib.auth.models import User


class CorporaLimitError(Exception):
    """The account has as many corpora as it may, or there is no more room."""


def corpus_create(
    *,
    name: str,
    data: CorpusData,
    summary: Mapping[str, Any],
    comparison: Mapping[str, Any],
    owner: "User",
) -> Corpus:
    """Store a corpus and its tokens, in one transaction.

    Args:
        name: Its name, which need not be unique.
        data: What was read.
        summary: What `summarize` returned.
        comparison: What `compare_schedules` returned.
        owner: The account that stores it, and the only one that sees it.

    Raises:
        CorporaLimitError: The account has MAX_CORPORA corpora, or all corpora would
            take more than MAX_CORPORA_BYTES.
        ValidationError: The name is not allowed.
    """
    content = _pack(data)
    corpus = Corpus(
        id=uuid7(moment=timezone.now()),
        name=name,
        owner=owner,
        kind=data.kind,
        tokenizer=data.tokenizer,
        vocab_size=data.vocab_size,
        tokens=int(data.counts.sum()),
        size_bytes=len(content),
        sha256=data.sha256,
        summary=dict(summary),
        comparison=dict(comparison),
    )
    corpus.full_clean()
    with transaction.atomic():
        _check_room(owner, len(content))
        corpus.save(force_insert=True)
        CorpusTokens.objects.create(corpus=corpus, content=content)
    return corpus


def corpus_rename(*, corpus: Corpus, name: str) -> None:
    """Change the name of a corpus; runs keep the name that they were queued with.

    Raises:
        ValidationError: The name is not allowed.
    """
    corpus.name = name
    corpus.clean_fields(exclude=["summary", "comparison"])
    corpus.save(update_fields=["name"])


def corpus_compare(*, corpus: Corpus, comparison: Mapping[str, Any]) -> None:
    """Replace the comparison of schedules on a corpus."""
    corpus.comparison = dict(comparison)
    corpus.save(update_fields=["comparison"])


def load_data(corpus: Corpus) -> CorpusData:
    """Return the tokens of a corpus, or their counts."""
    content = bytes(corpus.content.content)
    rows = None
    if corpus.kind == Corpus.Kind.COUNTS:
        with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
            counts = arrays["counts"]
    else:
        rows = _unpack(corpus, content)
        counts = rows.counts()
    return CorpusData(
        kind=corpus.kind,
        tokenizer=corpus.tokenizer,
        sha256=corpus.sha256,
        counts=counts,
        rows=rows,
    )


def find_measurable(name: str) -> Rows | None:
    """Return the rows of the corpus that the parameters of a run name.

    Returns:
        The rows; None if the name is that of another kind of corpus.

    Raises:
        CorpusError: the corpus was deleted, or has no rows.
    """
    corpus_id = parse_reference(name)
    if corpus_id is None:
        return None
    corpus = Corpus.objects.select_related("content").filter(pk=corpus_id).first()
    if corpus is None:
        raise CorpusError(f"corpus {corpus_id}: it was deleted")
    if not corpus.is_measurable:
        raise CorpusError(f"corpus {corpus_id}: it has counts, and no rows of tokens")
    return _unpack(corpus, bytes(corpus.content.content))


def _pack(data: CorpusData) -> bytes:
    if data.rows is not None:
        return pack_corpus(data.rows)
    stream = io.BytesIO()
    np.savez_compressed(stream, counts=data.counts)
    return stream.getvalue()


def _unpack(corpus: Corpus, content: bytes) -> Rows:
    return unpack_corpus(
        content, name=corpus.name, source="stored corpus", sha256=corpus.sha256
    )


def _check_room(owner: "User", size_bytes: int) -> None:
    # A lock, so that two simultaneous requests cannot exceed the limit together.
    get_user_model()._default_manager.select_for_update().get(pk=owner.pk)
    count = Corpus.objects.of(owner.pk).count()
    if count >= settings.MAX_CORPORA:
        raise CorporaLimitError(
            f"This account has {count} corpora; the limit is {settings.MAX_CORPORA}: "
            "delete those that are no longer needed."
        )
    if Corpus.objects.all().total_bytes() + size_bytes > settings.MAX_CORPORA_BYTES:
        raise CorporaLimitError(
            "All corpora of this service take as much room as they may: ask its "
            "operator to raise MAX_CORPORA_BYTES, or delete some of yours."
        )
