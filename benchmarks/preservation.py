"""How many tokens noise leaves as they are, counted and expected."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from benchmarks.cases import preservation_draw
from benchmarks.corpora import TOKEN_TYPES, Corpus
from noising.engine import ForwardProcess

BATCH_TOKENS: Final = 2**16
# These two bound the array of some sequences at some times.
GROUP_TOKENS: Final = 2**12
TIMES_AT_ONCE: Final = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Sequences of similar length in one padded array.

    Attributes:
        tokens: (B, L) int32; padding repeats id 0.
        lengths: (B,) real tokens of each row.
        sequence_ids: (B,) ids that decide the rows' noise.
        real: (n,) flat positions of the real tokens.
        types: (n,) type of each real token, an index into TOKEN_TYPES.
    """

    tokens: NDArray[np.int32]
    lengths: NDArray[np.int64]
    sequence_ids: NDArray[np.int64]
    real: NDArray[np.int64]
    types: NDArray[np.uint8]

    def groups(self) -> Iterator[tuple[NDArray[np.int32], NDArray[np.uint8]]]:
        """Yield rows of one length with their types, both (m, L), a few at a time."""
        starts = np.cumsum(self.lengths) - self.lengths
        for length in np.unique(self.lengths):
            rows = np.flatnonzero(self.lengths == length)
            for some in np.array_split(rows, -(-rows.size * length // GROUP_TOKENS)):
                places = starts[some, None] + np.arange(length)
                yield self.tokens[some, :length], self.types[places]


@dataclass(frozen=True, slots=True, kw_only=True)
class Design:
    """The sequences that are noised, the same for every schedule and timestep.

    Given these sequences the positions of one result are independent, since every
    random word belongs to one sequence id and one position.

    Attributes:
        batches: all sequences, longest first.
        samples: their number.
        type_counts: (3,) tokens of each type.
    """

    batches: tuple[Batch, ...]
    samples: int
    type_counts: NDArray[np.int64]

    @classmethod
    def drawn(
        cls, corpus: Corpus, samples: int, generator: np.random.Generator
    ) -> Self:
        """Draw sequences without replacement, each used once before any again."""
        rounds, rest = divmod(samples, corpus.num_sequences)
        chosen = np.concatenate(
            [
                np.tile(np.arange(corpus.num_sequences), rounds),
                generator.permutation(corpus.num_sequences)[:rest],
            ]
        )
        batches = tuple(_batches(corpus, chosen))
        counts = sum(
            np.bincount(batch.types, minlength=len(TOKEN_TYPES)) for batch in batches
        )
        return cls(
            batches=batches, samples=samples, type_counts=np.asarray(counts, np.int64)
        )

    @property
    def mean_length(self) -> float:
        """Tokens of a sequence on average."""
        return float(self.type_counts.sum()) / self.samples


def silent() -> None:
    """Tell nobody."""


def preserved_counts(
    process: ForwardProcess,
    design: Design,
    timestep: int,
    *,
    seed: int,
    on_batch: Callable[[], None] = silent,
) -> NDArray[np.int64]:
    """Noise the design and count unchanged tokens by type, (3,).

    `on_batch` is called before each batch; what it raises ends the work.
    """
    counts = np.zeros(len(TOKEN_TYPES), dtype=np.int64)
    for batch in design.batches:
        on_batch()
        noised = process.noise(
            batch.tokens,
            timestep,
            seed=seed,
            draw=preservation_draw(timestep),
            sequence_ids=batch.sequence_ids,
            lengths=batch.lengths,
        )
        kept = ~noised.changed.reshape(-1)[batch.real]
        counts += np.bincount(batch.types[kept], minlength=len(TOKEN_TYPES))
    return counts


def expected_counts(
    process: ForwardProcess,
    design: Design,
    timesteps: NDArray[np.int64],
    *,
    on_batch: Callable[[], None] = silent,
) -> NDArray[np.float64]:
    """Return the expected number of unchanged tokens by timestep and type, (K, 3).

    A token x at total noise sigma stays x with probability
    exp(-sigma) + (1 - exp(-sigma))·limit(x).

    `on_batch` is called before each batch; what it raises ends the work.
    """
    times = np.asarray(process.time(timesteps), dtype=np.float64)
    expected = np.zeros((times.size, len(TOKEN_TYPES)))
    limit = process.limit()
    for batch in design.batches:
        on_batch()
        if process.hyperschedule is None:
            tokens = batch.tokens.reshape(-1)[batch.real]
            returning = np.bincount(
                batch.types, weights=limit[tokens], minlength=len(TOKEN_TYPES)
            )
            present = np.bincount(batch.types, minlength=len(TOKEN_TYPES))
            sigma = np.asarray(process.sigma(times))[:, None]
            expected += np.exp(-sigma) * present - np.expm1(-sigma) * returning
        else:
            for tokens, types in batch.groups():
                for start in range(0, times.size, TIMES_AT_ONCE):
                    block = slice(start, start + TIMES_AT_ONCE)
                    expected[block] += _by_position(
                        process, times[block], tokens, types, limit
                    )
    return expected


def _by_position(
    process: ForwardProcess,
    times: NDArray[np.float64],
    tokens: NDArray[np.int32],
    types: NDArray[np.uint8],
    limit: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Return (K, 3) for rows of one length, (m, L), every position at its own noise."""
    sigma = process.position_sigma(
        np.tile(times, len(tokens)),
        tokens.shape[1],
        tokens=np.repeat(tokens, times.size, axis=0),
    ).reshape(len(tokens), times.size, tokens.shape[1])
    stays = np.exp(-sigma) - np.expm1(-sigma) * limit[tokens][:, None]
    of_type = (types[..., None] == np.arange(len(TOKEN_TYPES))).astype(np.float64)
    return np.asarray(np.einsum("mkl,mlc->kc", stays, of_type))


def _batches(corpus: Corpus, chosen: NDArray[np.int64]) -> Iterator[Batch]:
    """Sort the chosen sequences by length, so that little is padded."""
    lengths = corpus.lengths[chosen]
    order = np.argsort(-lengths, kind="stable")
    start = 0
    while start < order.size:
        width = int(lengths[order[start]])
        ids = order[start : start + max(1, BATCH_TOKENS // width)]
        start += ids.size
        tokens = np.zeros((ids.size, width), dtype=np.int32)
        for row, sample in enumerate(ids):
            sequence = corpus.sequence(int(chosen[sample]))
            tokens[row, : sequence.size] = sequence
        real = np.flatnonzero(np.arange(width) < lengths[ids][:, None])
        yield Batch(
            tokens=tokens,
            lengths=lengths[ids],
            sequence_ids=ids,
            real=real,
            types=corpus.types[tokens.reshape(-1)[real]],
        )
