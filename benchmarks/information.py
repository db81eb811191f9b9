"""The information about x_0 that is left in x_t, measured and exact."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from benchmarks.cases import information_draw
from benchmarks.corpora import Corpus
from benchmarks.statistics import Measurement, mean
from noising.engine import ForwardProcess, Noised
from noising.engine.arrays import quiet
from noising.engine.graphs import MatrixGraph

ROWS, LENGTH = 256, 1_024


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenSource:
    """Draws independent tokens from a corpus, different ones at every timestep.

    Attributes:
        corpus: the corpus.
        prior: (V,) token frequencies of the corpus.
        seed: determines the tokens and their noise.
    """

    corpus: Corpus
    prior: NDArray[np.float64]
    seed: int

    @classmethod
    def of(cls, corpus: Corpus, seed: int) -> Self:
        """Return the source for a corpus, and count its tokens."""
        return cls(
            corpus=corpus,
            prior=corpus.frequencies(),
            seed=seed,
        )

    def tokens(self, timestep: int) -> NDArray[np.int32]:
        """Draw (256, 1024) tokens, each from any position of the corpus."""
        generator = np.random.default_rng([self.seed, timestep])
        positions = generator.integers(self.corpus.tokens.size, size=(ROWS, LENGTH))
        return self.corpus.tokens[positions]


def measure_information(
    process: ForwardProcess, source: TokenSource, timestep: int, *, exact: float
) -> Measurement:
    """Estimate I(x_t; x_0) in nats per token by Monte Carlo.

    The estimate is the mean of log q(x_t | x_0) - log q(x_t) over independent draws of
    x_0 from the corpus and x_t from the engine. Its expectation is I, so it is
    unbiased, unlike a plug-in estimate from a V x V table of counts, where V is in the
    thousands and most pairs never occur. The interval uses the variance in closed form,
    since the sample variance is far too small if the few tokens that carry the
    remaining information are not drawn.

    Source: Cover and Thomas 2006, eq. 2.29.
    """
    clean = source.tokens(timestep)
    noised = process.noise(
        clean, timestep, seed=source.seed, draw=information_draw(timestep)
    )
    log_ratios = _of_matrix if isinstance(process.graph, MatrixGraph) else _of_mixture
    ratios, square = log_ratios(process, timestep, source.prior, clean, noised)
    return mean(
        float(ratios.mean()),
        exact=exact,
        deviation=float(np.sqrt(max(0.0, square - exact**2))),
        count=ratios.size,
    )


@quiet
def _of_mixture(
    process: ForwardProcess,
    timestep: int,
    prior: NDArray[np.float64],
    clean: NDArray[np.int32],
    noised: Noised,
) -> tuple[NDArray[np.float64], float]:
    """Return log q(x_t | x_0)/q(x_t) of each token, and its expected square.

    q(y | x) is the same for all x other than y, so two vectors of S values suffice.
    """
    states = np.arange(process.num_states)
    weights = np.zeros(states.size)
    weights[: prior.size] = prior
    sigma = np.full(states.size, process.sigmas[timestep])
    other = (states + 1) % process.vocab_size
    stays = process.graph.likelihood(states, states, sigma)
    comes = process.graph.likelihood(states, other, sigma)
    outcome = weights * stays + (1.0 - weights) * comes
    log_stays, log_comes = _log_ratio(stays, outcome), _log_ratio(comes, outcome)
    tokens = noised.tokens
    ratios = np.where(noised.changed, log_comes[tokens], log_stays[tokens])
    # E over x_0 and x_t, split into x_t = x_0 and x_t != x_0.
    square = np.sum(weights * stays * log_stays**2)
    square += np.sum((1.0 - weights) * comes * log_comes**2)
    return ratios, float(square)


def _of_matrix(
    process: ForwardProcess,
    timestep: int,
    prior: NDArray[np.float64],
    clean: NDArray[np.int32],
    noised: Noised,
) -> tuple[NDArray[np.float64], float]:
    """Return the same for a matrix graph, from the whole matrix."""
    rows = process.marginal(np.arange(process.vocab_size), process.time(timestep))
    log_ratios = _log_ratio(rows, np.broadcast_to(prior @ rows, rows.shape))
    square = prior @ (rows * log_ratios**2).sum(axis=1)
    return log_ratios[clean, noised.tokens], float(square)


def information_left(
    process: ForwardProcess, prior: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the exact I(x_t; x_0) in nats at every timestep, (T,)."""
    times = process.time(np.arange(process.num_timesteps))
    return np.asarray(process.mutual_information(times, prior=prior))


def _log_ratio(
    numerator: NDArray[np.float64], denominator: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return log(n/d), or 0 where either is 0, since such a pair is never drawn."""
    possible = (numerator > 0.0) & (denominator > 0.0)
    ratio = np.divide(
        numerator, denominator, out=np.ones_like(numerator), where=possible
    )
    return np.log(ratio)
