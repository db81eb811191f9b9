"""The quantities that have a curve over time."""

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from noising.curves.labels import INFORMATION, SIGNAL, AxisLabel
from noising.engine import ForwardProcess
from noising.engine.arrays import FloatArray
from noising.engine.graphs import MatrixGraph
from noising.engine.schedules.grid import GridSchedule

GRID_SLACK: Final = 1e-9
"""How far a time may lie after a grid point and still count as that point."""


# No slots: functools.cached_property keeps its values in the instance's __dict__.
@dataclass(frozen=True, kw_only=True, eq=False)
class Sample:
    """A process at several times, with values that several quantities need.

    Attributes:
        process: the process.
        t: (N,) times in [0, 1].
    """

    process: ForwardProcess
    t: FloatArray

    @functools.cached_property
    def information_nats(self) -> FloatArray:
        """I(x_t; x_0) for a uniform prior, (N,); NaN if the graph is too large."""
        graph = self.process.graph
        if graph.vocab_size > graph.MAX_INFORMATION_VOCAB:
            return self.missing
        return np.asarray(self.process.mutual_information(self.t))

    @property
    def entropy_nats(self) -> float:
        """H(x_0) of the uniform prior over the data ids."""
        graph = self.process.graph
        return float(np.log(graph.vocab_size - int(graph.mask_inside)))

    @property
    def missing(self) -> FloatArray:
        """NaN at every time."""
        return np.full(self.t.shape, np.nan)


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantity:
    """A function of time.

    Attributes:
        title: its title in plots.
        y_label: label of the vertical axis.
        y_log: whether the vertical axis is logarithmic.
        is_share: whether values lie between 0 and 1, which the vertical axis shows.
        is_costly: whether it needs the channel, which for matrix graphs takes a matrix
            exponential at each time.
        values: returns the (N,) values of a sample; NaN if there is none.
    """

    title: str
    y_label: AxisLabel
    y_log: bool = False
    is_share: bool = False
    is_costly: bool = False
    values: Callable[[Sample], FloatArray]


def _information_share(sample: Sample) -> FloatArray:
    nats = sample.entropy_nats
    if not nats > 0.0:
        return sample.missing
    # Both are exact only to a few ulp, so their ratio may exceed 1.
    return np.minimum(sample.information_nats / nats, 1.0)


def _nelbo_weight(sample: Sample) -> FloatArray:
    """Return the weight of a resampled token: at the mask, or else at another id.

    All such tokens have the same weight. Matrix graphs do not have one, nor do others
    have it at times whose noise has no kernel.
    """
    process = sample.process
    if isinstance(process.graph, MatrixGraph):
        return sample.missing
    t = sample.t
    if isinstance(process.schedule, GridSchedule):
        # Between grid points sigma is linear, so the weight has a tooth in each
        # interval. Training knows the timesteps only, the right ends.
        steps = process.schedule.steps
        t = np.ceil(t * steps - GRID_SLACK) / steps
    x0 = 1 if process.mask_id == 0 else 0
    xt = 1 - x0 if process.mask_id is None else process.mask_id
    weights = sample.missing
    has_kernel = np.asarray(process.sigma(t)) <= process.graph.largest_noise
    weights[has_kernel] = process.nelbo_weight(xt, x0, t[has_kernel])
    return weights


QUANTITIES: Final[Mapping[str, Quantity]] = {
    "alpha": Quantity(
        title="Signal left",
        y_label=SIGNAL,
        is_share=True,
        values=lambda sample: np.asarray(sample.process.alpha(sample.t)),
    ),
    "sigma": Quantity(
        title="Total noise",
        y_label=AxisLabel(words="total noise", symbol=r"\sigma(t)"),
        y_log=True,
        values=lambda sample: np.asarray(sample.process.sigma(sample.t)),
    ),
    "dsigma": Quantity(
        title="Rate of noise",
        y_label=AxisLabel(
            words="rate of noise", symbol=r"\mathrm{d}\sigma / \mathrm{d}t"
        ),
        y_log=True,
        values=lambda sample: np.asarray(sample.process.dsigma(sample.t)),
    ),
    "log_snr": Quantity(
        title="Log signal-to-noise ratio",
        y_label=AxisLabel(words="log SNR", symbol=r"\log(\alpha / (1 - \alpha))"),
        values=lambda sample: np.asarray(sample.process.log_snr(sample.t)),
    ),
    "information": Quantity(
        title="Information left about a token",
        y_label=AxisLabel(words="share left", symbol="I(x_t; x_0) / H(x_0)"),
        is_share=True,
        is_costly=True,
        values=_information_share,
    ),
    "information_nats": Quantity(
        title="Information left about a token",
        y_label=INFORMATION,
        is_costly=True,
        values=lambda sample: sample.information_nats,
    ),
    "change_chance": Quantity(
        title="Expected changed tokens",
        y_label=AxisLabel(words="share of tokens", symbol=r"P(x_t \neq x_0)"),
        is_share=True,
        is_costly=True,
        values=lambda sample: np.asarray(sample.process.change_chance(sample.t)),
    ),
    "nelbo_weight": Quantity(
        title="Weight in the negative ELBO",
        y_label=AxisLabel(words="weight of a resampled token"),
        y_log=True,
        values=_nelbo_weight,
    ),
}
"""All quantities by name."""
