"""Corpora as bytes, for databases: a compressed archive of three arrays."""

from __future__ import annotations

import io

import numpy as np

from benchmarks.corpora.corpus import Corpus


def pack_corpus(corpus: Corpus) -> bytes:
    """Return the tokens, offsets and types of a corpus as bytes."""
    stream = io.BytesIO()
    np.savez_compressed(
        stream, tokens=corpus.tokens, offsets=corpus.offsets, types=corpus.types
    )
    return stream.getvalue()


def unpack_corpus(content: bytes, *, name: str, source: str, sha256: str) -> Corpus:
    """Return the corpus that `pack_corpus` wrote.

    Args:
        content: the bytes.
        name: name of the corpus in results.
        source: description of its origin.
        sha256: digest of the file that it was read from.
    """
    with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
        return Corpus(
            name=name,
            source=source,
            licence=None,
            sha256=sha256,
            tokens=arrays["tokens"],
            offsets=arrays["offsets"],
            types=arrays["types"],
        )
