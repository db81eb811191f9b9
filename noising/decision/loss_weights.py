"""How much the weight of a row's loss varies, by the method that draws times.

The weight of a row is the mean of its tokens' NELBO weights, which are 0 at tokens that
bear no loss. It varies with the time, and with which tokens move at that time. Its
expectation is the same for every method.

Source: Kish 1965, section 8.2, for the effective sample size; Kingma et al. 2021 (VDM),
section 5.1 and appendix I, for the variance of a diffusion loss over times.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from noising.engine import ForwardProcess
from noising.engine.arrays import FloatArray, quiet
from noising.engine.graphs.mixture import Mixture, MixtureGraph
from noising.engine.hyperschedules import Flat
from noising.engine.information import complements

BATCH: Final = 64
"""Rows of a batch, into whose cells `stratified` and `sobol` divide the times."""

METHODS: Final = ("uniform", "stratified", "antithetic", "sobol", "importance")

_NODES: Final = 32  # of a Gauss-Legendre rule in each cell


@dataclass(frozen=True, slots=True, kw_only=True)
class LossWeights:
    """The weight of a row's loss under each method of drawing times.

    Attributes:
        mean: the expected weight, the same for all methods.
        variance: by method, the number of rows of a batch times the variance of its
            mean weight, over the squared mean; None where the method does not work.
    """

    mean: float
    variance: Mapping[str, float | None]

    def effective_share(self, method: str) -> float | None:
        """Return 1/(1 + variance), the effective share of the samples.

        A batch of n rows is worth as many rows of equal weight as this share of n.
        """
        variance = self.variance[method]
        return None if variance is None else 1.0 / (1.0 + variance)


def is_flat(process: ForwardProcess) -> bool:
    """Return whether all tokens of a row have the same noise."""
    return process.hyperschedule is None or isinstance(process.hyperschedule, Flat)


@quiet
def measure_weights(
    process: ForwardProcess, prior: Any = None, *, row_length: int
) -> LossWeights | None:
    """Return how the weight of a row varies, for times in (1/T, 1].

    Earlier times are left out, since many weights grow without a bound there, such as
    1/t, and the variance with them.

    Args:
        process: the noise process.
        prior: token prior, V weights >= 0; None for uniform over the data ids.
        row_length: number of tokens of a row, which are taken as independent.

    Returns:
        The weights; None if there are none: for graphs given by a matrix, with a
        hyperschedule, with which each position has a weight of its own, for total noise
        that falls or cannot be reached by steps, and for a single timestep.

    Raises:
        EngineError: a prior of the wrong length, sign or support.
    """
    graph = process.graph
    if not isinstance(graph, MixtureGraph) or not is_flat(process):
        return None
    low = 1.0 / process.num_timesteps
    if low == 1.0 or process.timeline.falls:
        return None
    if (process.sigmas > graph.largest_noise).any():
        return None
    nodes, parts = np.polynomial.legendre.leggauss(_NODES)
    parts = parts / 2.0
    places = (np.arange(BATCH)[:, None] + (nodes + 1.0) / 2.0) / BATCH
    times = low + (1.0 - low) * places
    moments = _TokenMoments.of(process, graph.prior(prior))
    mean, square = (each.reshape(times.shape) for each in moments.at(times.reshape(-1)))
    total = float((mean @ parts).mean())
    if not (np.isfinite(square).all() and total > 0.0):
        return None
    # Of a row at one time, by which of its tokens move.
    noise = float((np.maximum(square - mean**2, 0.0) @ parts).mean()) / row_length
    second = float((mean**2 @ parts).mean())
    by_cell, by_node = mean @ parts, mean.mean(axis=0)
    opposite = float((mean * mean[::-1, ::-1] @ parts).mean())
    between = {
        "uniform": second - total**2,
        "stratified": second - float((by_cell**2).mean()),
        "antithetic": second + opposite - 2.0 * total**2,
        # The shift moves the points of all cells alike.
        "sobol": BATCH * (float(by_node**2 @ parts) - total**2),
    }
    variance: dict[str, float | None] = {
        name: (max(0.0, value) + noise) / total**2 for name, value in between.items()
    }
    row_square = mean**2 + np.maximum(square - mean**2, 0.0) / row_length
    variance["importance"] = _vary_by_importance(
        process, times, parts, row_square, total * (1.0 - low)
    )
    return LossWeights(mean=total * (1.0 - low), variance=variance)


def _vary_by_importance(
    process: ForwardProcess,
    times: FloatArray,
    parts: FloatArray,
    row_square: FloatArray,
    mean: float,
) -> float | None:
    """Return the variance for times whose log move chances are spread evenly.

    Their density is the cross-entropy weight over the span of the log move chance.
    """
    low = 1.0 / process.num_timesteps
    ends = np.log(process.schedule.move_chance(np.array([low, 1.0])))
    pace = process.schedule.cross_entropy_weight(times.reshape(-1)).reshape(times.shape)
    divided = row_square * (ends[1] - ends[0]) / pace
    divided = np.where(row_square > 0.0, divided, 0.0)
    square = float((divided @ parts).mean()) * (1.0 - low)
    variance = square / mean**2 - 1.0
    return max(0.0, variance) if np.isfinite(variance) else None


@dataclass(frozen=True, slots=True, kw_only=True)
class _TokenMoments:
    """The first two moments of a token's weight, over x_0 and x_t.

    Attributes:
        process: the noise process.
        graph: its graph.
        prior: (G,) probability of all tokens of a group with the same base.
        base: (G,) base probability of one token of each group.
        other: sum over tokens of prior·(1 - base).
    """

    process: ForwardProcess
    graph: MixtureGraph
    prior: FloatArray
    base: FloatArray
    other: float

    @classmethod
    def of(cls, process: ForwardProcess, prior: FloatArray) -> "_TokenMoments":
        graph = process.graph
        if not isinstance(graph, MixtureGraph):
            raise TypeError("the graph must be a mixture")
        whole = graph.base()
        base, place = np.unique(whole, return_inverse=True)
        return cls(
            process=process,
            graph=graph,
            prior=np.bincount(place, prior, minlength=base.size).astype(np.float64),
            base=base,
            other=float(prior @ complements(whole)),
        )

    def at(self, times: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return the moments at (N,) times, each (N,).

        The weight of x_t = z is dsigma·rate(z)/q(z | x_0), so that its expectation is
        the sum of the rates, and its second moment that of dsigma²·rate²/q.
        """
        schedule = self.process.schedule
        sigma = schedule.sigma(times)
        at = Mixture.of(self.graph.channel(sigma))
        if self.graph.CROSS_ENTROPY:
            pace = schedule.cross_entropy_weight(times)
            pace = np.where(at.mask > 0.0, pace, 0.0)
            return at.mask * pace, at.mask * pace**2
        into_base, into_mask = self.graph.rates_into(sigma)
        dsigma = schedule.dsigma(times)
        of_mask = _square_over(into_mask, at.mask)
        of_others = _square_over(into_base, at.base) * self.other
        of_same = np.zeros_like(sigma)
        for share, base in zip(self.prior, self.base, strict=True):
            of_same += share * _square_over(into_base * base, at.keep + at.base * base)
        square = dsigma**2 * (of_mask + of_others + of_same)
        return dsigma * (into_base + into_mask), np.where(dsigma == 0.0, 0.0, square)


def _square_over(rate: FloatArray, chance: FloatArray) -> FloatArray:
    """Return rate²/chance, and 0 where the rate is 0."""
    return np.where(rate > 0.0, rate**2 / chance, 0.0)
