"""The information that x_t still holds about x_0, measured and exact."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from benchmarks.cases import information_draw
from benchmarks.corpora import Corpus
from benchmarks.statistics import Measurement, mean
from noising.engine import ForwardProcess

ROWS, LENGTH = 256, 1_024


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenSource:
    """Draws independent tokens from a corpus, other ones at every timestep.

    Attributes:
        corpus: where they are drawn from.
        prior: (V,) the corpus's token frequencies.
        seed: decides the tokens and their noise.
    """

    corpus: Corpus
    prior: NDArray[np.float64]
    seed: int

    @classmethod
    def of(cls, corpus: Corpus, seed: int) -> Self:
        """Count the corpus's tokens once."""
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


def measured_information(
    process: ForwardProcess, source: TokenSource, timestep: int, *, exact: float
) -> Measurement:
    """Estimate I(x_t; x_0) in nats per token by Monte Carlo.

    The estimate is the mean of log q(x_t | x_0) - log q(x_t) over independent draws of
    x_0 from the corpus and x_t from the engine. Its expectation is I itself: unlike a
    plug-in estimate from a V x V table of counts it has no bias, although V is in the
    thousands and most pairs are never seen. Its variance is known in closed form, and
    the interval uses that: the variance of the draws themselves is far too small where
    the few tokens that carry what is left were not drawn.

    The graph must keep a token with probability alpha or draw it anew from the limit.

    Source: Cover and Thomas 2006, eq. 2.29.
    """
    time = process.time(timestep)
    alpha, move = float(process.alpha(time)), float(process.move_chance(time))
    prior = np.zeros(process.num_states)
    prior[: source.prior.size] = source.prior
    drawn_anew = move * process.limit()
    outcome = alpha * prior + drawn_anew
    same = _log_ratio(alpha + drawn_anew, outcome)
    other = _log_ratio(drawn_anew, outcome)
    noised = process.noise(
        source.tokens(timestep),
        timestep,
        seed=source.seed,
        draw=information_draw(timestep),
    )
    ratios = np.where(noised.changed, other[noised.tokens], same[noised.tokens])
    # E over x_0 and x_t, split into x_t = x_0 and x_t != x_0.
    square = np.sum(prior * (alpha + drawn_anew) * same**2)
    square += np.sum((1.0 - prior) * drawn_anew * other**2)
    return mean(
        float(ratios.mean()),
        exact=exact,
        deviation=float(np.sqrt(max(0.0, square - exact**2))),
        count=ratios.size,
    )


def information_left(
    process: ForwardProcess, prior: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the exact I(x_t; x_0) in nats at every timestep, (T,)."""
    times = process.time(np.arange(process.num_timesteps))
    return np.asarray(process.mutual_information(times, prior=prior))


def _log_ratio(
    numerator: NDArray[np.float64], denominator: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return log(n/d), 0 where either is 0: such a pair is never drawn."""
    possible = (numerator > 0.0) & (denominator > 0.0)
    ratio = np.divide(
        numerator, denominator, out=np.ones_like(numerator), where=possible
    )
    return np.log(ratio)
