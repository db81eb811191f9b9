"""A denoiser that knows how often each token occurs, and nothing else."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from benchmarks.corpora import load_corpus
from noising.engine import ForwardProcess
from noising.tokenizers import load_tokenizer

CANDIDATES: Final = 64


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class UnigramDenoiser:
    """Replaces each noised token by the clean one that is likeliest under its own.

    That is the x0 with the largest posterior p(x0 | xt), which is proportional to
    p0(x0)·q(xt | x0): p0 is the share of x0 among the tokens of a corpus, q the noise
    process's own likelihood at the alpha that comes with the tokens. Every position is
    judged alone, from its one token: a trained model would look at the others, too.

    Candidates for x0 are xt itself and the most frequent tokens. That is exact for
    graphs under which a token that moved says nothing of where it came from (uniform,
    absorbing, marginal): of all x0 other than xt the most frequent is then the best.

    Attributes:
        process: the noise process of the tokens.
        prior: (V,) p0.
        candidates: (K,) the most frequent ids.
    """

    process: ForwardProcess
    prior: NDArray[np.float64]
    candidates: NDArray[np.int64]

    @classmethod
    def from_counts(cls, process: ForwardProcess, counts: NDArray[np.int64]) -> Self:
        """Learn from how often each id occurs, at most V counts.

        One more occurrence is shared by all V ids, so that none is impossible.
        """
        prior = np.full(process.vocab_size, 1.0 / process.vocab_size)
        prior[: counts.size] += counts
        prior /= prior.sum()
        order = np.argsort(-prior, kind="stable")
        # The mask is in no clean text.
        order = order[order != process.mask_id]
        return cls(process=process, prior=prior, candidates=order[:CANDIDATES])

    def denoise(
        self, noised_tokens: NDArray[np.int64], alpha: float
    ) -> NDArray[np.int64]:
        """Return the likeliest clean tokens, (L,) int64.

        Args:
            noised_tokens: (L,) states of the process.
            alpha: share of the signal that is left, in [0, 1].
        """
        states, where = np.unique(noised_tokens, return_inverse=True)
        own = np.where(self._is_clean(states), states, self.candidates[0])
        shape = (states.size, self.candidates.size)
        clean = np.column_stack([own, np.broadcast_to(self.candidates, shape)])
        sigma = math.inf if alpha == 0.0 else -math.log(alpha)
        likelihood = self.process.graph.likelihood(
            *np.broadcast_arrays(states[:, None], clean, np.float64(sigma))
        )
        best = (self.prior[clean] * likelihood).argmax(axis=1)
        found: NDArray[np.int64] = clean[np.arange(states.size), best][where]
        return found

    def _is_clean(self, states: NDArray[np.int64]) -> NDArray[np.bool_]:
        mask_id = self.process.mask_id
        is_mask = np.isin(states, [] if mask_id is None else [mask_id])
        return (states < self.process.vocab_size) & ~is_mask


def corpus_counts(tokenizer: str) -> NDArray[np.int64]:
    """Return how often each id occurs when a tokenizer reads set.mm, (V,).

    Args:
        tokenizer: the name of a built-in tokenizer.
    """
    corpus = load_corpus("setmm", vocab_size=2, generator=np.random.default_rng(0))
    words, reader = load_tokenizer("metamath"), load_tokenizer(tokenizer)
    counts = np.zeros(reader.vocab_size, dtype=np.int64)
    for index in range(corpus.num_sequences):
        text = words.decode(corpus.sequence(index).tolist())
        np.add.at(counts, reader.backend.encode(text).ids, 1)
    return counts
