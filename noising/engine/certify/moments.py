"""Identities between exact quantities of one token at one pair of times.

Each identity compares two results that are computed in different ways. No array has
size V x V: the sum over the states between two times takes one row and one column.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np

from noising.engine.arrays import FloatArray, IntArray, quiet
from noising.engine.graphs import MatrixGraph
from noising.engine.graphs.step import Step
from noising.engine.process import ForwardProcess

MANY_STATES: Final = 1 << 20
"""Number of states above which two tokens are tested instead of three."""
_NOISE_STEP: Final = 1e-7  # about the relative error of a slope
LEAST_CHANCE: Final = 1e-300
"""Quotients by smaller probabilities may overflow."""


def clean_tokens(process: ForwardProcess) -> list[int]:
    """Return a few ids other than the mask, among them the first and the last."""
    size, mask = process.vocab_size, process.mask_id
    ids = {int(mask == 0), size - 1 - int(mask == size - 1)}
    if process.num_states <= MANY_STATES:
        ids.add(size // 3 + int(mask == size // 3))
    return sorted(ids)


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """A clean token and a pair of times.

    Attributes:
        process: the noise process.
        x0: the clean token.
        other: another data token, or x0 if there is only one.
        s: the earlier time.
        t: the later time, where total noise is finite.
        states: (N,) the tokens and the mask, N in 1..3.
        marginal: (S,) q(x_t | x_0).
        reached: the `states` that x_t has with more than LEAST_CHANCE.
    """

    process: ForwardProcess
    x0: int
    other: int
    s: float
    t: float
    states: IntArray
    marginal: FloatArray
    reached: IntArray

    @classmethod
    def of(
        cls, process: ForwardProcess, x0: int, other: int, *, s: float, t: float
    ) -> "Moment":
        """Compute the states and the marginal that the identities share."""
        mask = x0 if process.mask_id is None else process.mask_id
        states = np.array(sorted({x0, other, mask}))
        marginal = process.marginal(x0, t)
        return cls(
            process=process,
            x0=x0,
            other=other,
            s=s,
            t=t,
            states=states,
            marginal=marginal,
            reached=states[marginal[states] > LEAST_CHANCE],
        )

    @quiet
    def columns(self, xt: IntArray) -> FloatArray:
        """Return q(xt | x_s = y) for every state y, (N, S)."""
        step = self.process.step(self.s, self.t).broadcast_to(xt.shape)
        return self.process.graph.into(xt, step)

    def deviation(self, left: FloatArray, right: FloatArray) -> float:
        """Return the largest difference, relative to the value plus 1e-3/S."""
        floor = 1e-3 / self.process.num_states
        scale = np.maximum(np.abs(left), np.abs(right)) + floor
        with np.errstate(invalid="ignore"):
            difference = np.where(left == right, 0.0, np.abs(left - right) / scale)
        return float(difference.max())


Identity: TypeAlias = Callable[[Moment], float]


def _distance_from_distribution(rows: FloatArray) -> float:
    return float(np.max([np.abs(rows.sum(axis=-1) - 1.0).max(), -rows.min()]))


def _marginal(at: Moment) -> float:
    """Marginals are distributions."""
    return _distance_from_distribution(at.marginal)


def _kernel(at: Moment) -> float:
    """Rows of the kernel are distributions."""
    return _distance_from_distribution(at.process.kernel(at.states, at.s, at.t))


def _kernel_columns(at: Moment) -> float:
    """Rows and columns of the kernel hold the same entries."""
    rows = at.process.kernel(at.states, at.s, at.t)
    columns = at.columns(at.states)
    return at.deviation(rows[:, at.states], columns[:, at.states].T)


def _semigroup(at: Moment) -> float:
    """Sum over y of q(y | x_0, s)·q(x_t | y) = q(x_t | x_0)."""
    at.process.timeline.require_valid_kernel()
    before = at.process.marginal(at.x0, at.s)
    return at.deviation(at.columns(at.states) @ before, at.marginal[at.states])


@quiet
def _bayes(at: Moment) -> float:
    """q(y | x_t, x_0)·q(x_t | x_0) = q(y | x_0, s)·q(x_t | y)."""
    xt = at.reached
    posterior = at.process.posterior(xt, at.x0, at.s, at.t)
    joint = at.process.marginal(at.x0, at.s) * at.columns(xt)
    by_bayes = joint / at.marginal[xt][:, None]
    off = _distance_from_distribution(posterior)
    return float(np.max([off, at.deviation(posterior, by_bayes)]))


def _score_ratio(at: Moment) -> float:
    """Score ratio times q(x_t | x_0) = q(y | x_0)."""
    xt, marginal = at.reached, at.marginal
    ratio = at.process.score_ratio(xt, at.x0, at.t)
    got = ratio * marginal[xt][:, None]
    return at.deviation(got, np.broadcast_to(marginal, got.shape))


@quiet
def _score_entropy(at: Moment) -> float:
    """Score entropy is 0 at the true ratio, relative to its largest term."""
    ratio = at.process.score_ratio(at.reached, at.x0, at.t)
    loss = at.process.score_entropy(np.log(ratio), at.reached, at.x0, at.t)
    biggest = max(float(ratio.max()), 1.0) * max(at.process.dsigma(at.t), 1.0)
    return float(np.abs(loss).max() / biggest)


@quiet
def _nelbo_weight(at: Moment) -> float:
    """Weight times q(x_t | x_0) = dsigma·(rate into x_t), or -alpha' at the mask."""
    process, xt = at.process, at.reached
    weight = process.nelbo_weight(xt, at.x0, at.t)
    if process.graph.CROSS_ENTROPY:
        got = weight * process.move_chance(at.t)
        alpha = process.alpha(at.t)
        lost = process.dsigma(at.t) * alpha if alpha > 0.0 else 0.0
        return at.deviation(got, np.where(xt == process.mask_id, lost, 0.0))
    got = weight * at.marginal[xt]
    sigma = np.full(xt.shape, process.sigma(at.t))
    rates = process.graph.rates_to(xt, sigma)
    source = np.where(xt == at.x0, at.other, at.x0)
    into = np.take_along_axis(rates, source[:, None], axis=-1)[:, 0]
    return at.deviation(got, process.dsigma(at.t) * into)


@quiet
def _rates(at: Moment) -> float:
    """Rates into a token are the derivative of the kernel by noise."""
    graph, xt = at.process.graph, at.states
    fastest = 1.0
    if isinstance(graph, MatrixGraph):
        fastest = max(-float(np.diagonal(graph.propagator.rates).min()), 1.0)
    sigma = np.full(xt.shape, at.process.sigma(at.t))
    noisier = sigma + _NOISE_STEP / fastest
    added = np.where(noisier > sigma, noisier - sigma, _NOISE_STEP / fastest)
    slope = graph.into(xt, Step(sigma_s=sigma, sigma_t=noisier, added=added))
    slope /= added[:, None]
    rates = graph.rates_to(xt, 0.5 * (sigma + noisier))
    for entries in (slope, rates):
        np.put_along_axis(entries, xt[:, None], 0.0, axis=-1)
    scale = float(rates.max()) + 1.0 / at.process.num_states
    return float(np.abs(slope - rates).max() / scale)


IDENTITIES: Mapping[str, tuple[Identity, float]] = {
    "marginals": (_marginal, 1e-12),
    "score_ratios": (_score_ratio, 1e-9),
    "score_entropy": (_score_entropy, 1e-12),
    "nelbo_weights": (_nelbo_weight, 1e-9),
    "kernels": (_kernel, 1e-12),
    "kernel_columns": (_kernel_columns, 1e-9),
    "semigroup": (_semigroup, 1e-9),
    "bayes": (_bayes, 1e-9),
    "rates": (_rates, 1e-6),
}
"""Maps an identity's name to its function and its tolerance."""
