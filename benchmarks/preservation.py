"""The number of unchanged tokens, counted and expected."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from benchmarks.cases import preservation_draw
from benchmarks.corpora import TOKEN_TYPES, Corpus
from noising.engine import ForwardProcess
from noising.engine.arrays import quiet

BATCH_TOKENS: Final = 2**16
# Bounds of an array of some sequences at some times.
GROUP_TOKENS: Final = 2**12
TIMES_AT_ONCE: Final = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class PaddedBatch:
    """Sequences of similar length in one padded array.

    Attributes:
        tokens: (B, L) int32; padding repeats id 0.
        lengths: (B,) number of real tokens of each row.
        sequence_ids: (B,) ids that determine the rows' noise.
        real: (n,) flat positions of the real tokens.
        types: (n,) type of each real token, an index into TOKEN_TYPES.
    """

    tokens: NDArray[np.int32]
    lengths: NDArray[np.int64]
    sequence_ids: NDArray[np.int64]
    real: NDArray[np.int64]
    types: NDArray[np.uint8]

    def groups(self) -> Iterator[tuple[NDArray[np.int32], NDArray[np.uint8]]]:
        """Yield a few rows of the same length with their types, both (m, L)."""
        starts = np.cumsum(self.lengths) - self.lengths
        for length in np.unique(self.lengths):
            rows = np.flatnonzero(self.lengths == length)
            for some in np.array_split(rows, -(-rows.size * length // GROUP_TOKENS)):
                places = starts[some, None] + np.arange(length)
                yield self.tokens[some, :length], self.types[places]


@dataclass(frozen=True, slots=True, kw_only=True)
class Design:
    """The sequences that are noised for every schedule and timestep.

    Given these sequences the positions of one result are independent, since every
    random word belongs to one sequence id and one position.

    Attributes:
        batches: all sequences, longest first.
        samples: number of sequences.
        type_counts: (3,) number of tokens of each type.
    """

    batches: tuple[PaddedBatch, ...]
    samples: int
    type_counts: NDArray[np.int64]

    @classmethod
    def draw(cls, corpus: Corpus, samples: int, generator: np.random.Generator) -> Self:
        """Draw sequences; all are used equally often, give or take one."""
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
        """Mean number of tokens of a sequence."""
        return float(self.type_counts.sum()) / self.samples


def do_nothing() -> None:
    """Do nothing: the default of callbacks."""


def preserved_counts(
    process: ForwardProcess,
    design: Design,
    timestep: int,
    *,
    seed: int,
    on_batch: Callable[[], None] = do_nothing,
) -> NDArray[np.int64]:
    """Noise the design and count unchanged tokens by type, (3,).

    `on_batch` is called before each batch; an exception in it stops the work.
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
    on_batch: Callable[[], None] = do_nothing,
) -> NDArray[np.float64]:
    """Return the expected number of unchanged tokens by timestep and type, (K, 3).

    A token x stays x with probability q(x | x) at the noise of its position: on the
    uniform graph alpha + (1 - alpha)/V, on the absorbing graph alpha.

    `on_batch` is called before each batch; an exception in it stops the work.
    """
    times = np.asarray(process.time(timesteps), dtype=np.float64)
    expected = np.zeros((times.size, len(TOKEN_TYPES)))
    count = _by_token if process.hyperschedule is None else _by_position
    for batch in design.batches:
        on_batch()
        for start in range(0, times.size, TIMES_AT_ONCE):
            block = slice(start, start + TIMES_AT_ONCE)
            expected[block] += count(process, times[block], batch)
    return expected


def _by_token(
    process: ForwardProcess, times: NDArray[np.float64], batch: PaddedBatch
) -> NDArray[np.float64]:
    """Return (K, 3) if all positions have the noise of their time."""
    tokens = batch.tokens.reshape(-1)[batch.real]
    ids, places, counts = np.unique(tokens, return_index=True, return_counts=True)
    sigma = np.asarray(process.sigma(times))
    stays = _stay_chances(process, ids, sigma[:, None])
    of_type = batch.types[places][:, None] == np.arange(len(TOKEN_TYPES))
    return np.asarray(stays @ (of_type * counts[:, None]))


def _by_position(
    process: ForwardProcess, times: NDArray[np.float64], batch: PaddedBatch
) -> NDArray[np.float64]:
    """Return (K, 3) if every position has its own noise."""
    expected = np.zeros((times.size, len(TOKEN_TYPES)))
    for tokens, types in batch.groups():
        expected += _in_group(process, times, tokens, types)
    return expected


def _in_group(
    process: ForwardProcess,
    times: NDArray[np.float64],
    tokens: NDArray[np.int32],
    types: NDArray[np.uint8],
) -> NDArray[np.float64]:
    """Return (K, 3) for rows of the same length, (m, L)."""
    sigma = process.position_sigma(
        np.tile(times, len(tokens)),
        tokens.shape[1],
        tokens=np.repeat(tokens, times.size, axis=0),
    ).reshape(len(tokens), times.size, tokens.shape[1])
    stays = _stay_chances(process, tokens[:, None], sigma)
    of_type = (types[..., None] == np.arange(len(TOKEN_TYPES))).astype(np.float64)
    return np.asarray(np.einsum("mkl,mlc->kc", stays, of_type))


@quiet
def _stay_chances(
    process: ForwardProcess, tokens: NDArray[np.int32], sigma: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return q(x | x) of tokens at total noise, in their common shape."""
    clean, noise = np.broadcast_arrays(tokens.astype(np.int64), sigma)
    return process.graph.likelihood(clean, clean, noise)


def _batches(corpus: Corpus, chosen: NDArray[np.int64]) -> Iterator[PaddedBatch]:
    """Yield batches of sequences sorted by length, which minimises padding."""
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
        yield PaddedBatch(
            tokens=tokens,
            lengths=lengths[ids],
            sequence_ids=ids,
            real=real,
            types=corpus.types[tokens.reshape(-1)[real]],
        )
