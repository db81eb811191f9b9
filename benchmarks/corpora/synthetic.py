"""Random tokens with Zipf's frequencies, like those of real text."""

from __future__ import annotations

from hashlib import sha256
from typing import Final

import numpy as np

from benchmarks.corpora.corpus import Corpus
from noising.tokenizers import OTHER, TOKEN_TYPES

NUM_SEQUENCES: Final = 1_024
SHORTEST, LONGEST = 32, 256


def synthetic_corpus(*, vocab_size: int, generator: np.random.Generator) -> Corpus:
    """Draw 1,024 sequences of 32 to 256 tokens by Zipf's law.

    Id r has a frequency proportional to 1 / (r + 1). Of every eight ids the first two
    are `critical`, the third is `variable` and the rest are `other`, so that each type
    has frequent and rare tokens.

    Args:
        vocab_size: number of ids, at least 2.
        generator: draws the sequences; the same state gives the same corpus.
    """
    lengths = generator.integers(SHORTEST, LONGEST + 1, size=NUM_SEQUENCES)
    offsets = np.concatenate([[0], np.cumsum(lengths)])
    cumulative = np.cumsum(1.0 / np.arange(1, vocab_size + 1))
    points = generator.random(int(offsets[-1])) * cumulative[-1]
    tokens = np.searchsorted(cumulative, points, side="right")
    # Rounding may put a point at the end of the last interval.
    tokens = np.minimum(tokens, vocab_size - 1).astype(np.int32)
    place = np.arange(vocab_size) % 8
    types = np.full(vocab_size, OTHER, dtype=np.uint8)
    types[place < 2] = TOKEN_TYPES.index("critical")
    types[place == 2] = TOKEN_TYPES.index("variable")
    return Corpus(
        name="synthetic",
        source="drawn by Zipf's law from the run's seed",
        licence=None,
        sha256=sha256(tokens.astype("<i4").tobytes()).hexdigest(),
        tokens=tokens,
        offsets=offsets,
        types=types,
    )
