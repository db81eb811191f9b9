"""The base class of graphs, which say what a token becomes under noise.

Methods take total noise sigma instead of a time, so that positions may have different
noise. Unless said otherwise, tokens and noise levels are arrays of the same shape.
Results have that shape too; distributions have a further, last axis of S states.
"""

import abc
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Final, Self

import numpy as np

from noising.engine.arrays import BoolArray, FloatArray, IntArray, float_array
from noising.engine.errors import EngineError
from noising.engine.graphs.events import Events
from noising.engine.graphs.step import Step, later_noise
from noising.engine.information import InformationCurve
from noising.engine.parameters import Parameter
from noising.engine.replacements import Even, EvenWithout, Replacement

_TINY: Final = float(np.finfo(np.float64).tiny)


@dataclass(frozen=True, slots=True, kw_only=True)
class Graph(abc.ABC):
    """The transitions between tokens at every noise level.

    Attributes:
        vocab_size: V, the number of ids that data may use.
        mask_id: id of the mask state, or None if the graph has none.
    """

    PARAMETERS: ClassVar[Mapping[str, Parameter]] = {}
    NEEDS_SCHEDULE: ClassVar[str | None] = None
    """Type of the schedule that the graph requires, or None for any."""
    MAX_INFORMATION_VOCAB: ClassVar[int] = 1 << 24
    """Largest V for which information quantities are computed."""
    INFORMATION_IS_COSTLY: ClassVar[bool] = False
    """Whether each noise level of an information curve costs a matrix exponential."""
    MASK_STAYS: ClassVar[bool] = True
    """Whether a masked token never leaves the mask."""
    COUPLED_IS_MARKOV: ClassVar[bool] = False
    """Whether the coupled trajectory is a Markov path, as if noise only masks."""
    ONLY_MASKS: ClassVar[bool] = False
    """Whether every token that moves becomes the mask."""
    CROSS_ENTROPY: ClassVar[bool] = False
    """Whether the NELBO is a weighted cross-entropy of the masked tokens."""
    FEW_CASES: ClassVar[bool] = False
    """Whether a chance q(x_t | x_0) has three values at most at one noise level: for an
    x_t that is the mask, x_0 or another data token."""

    vocab_size: int
    mask_id: int | None = None

    @classmethod
    @abc.abstractmethod
    def create(cls, parameters: Mapping[str, Any], vocab_size: int) -> Self:
        """Return the graph of checked `parameters`.

        Raises:
            EngineError: the parameters contradict the vocabulary.
        """

    @abc.abstractmethod
    def limit(self) -> FloatArray:
        """Return the distribution at infinite noise, (S,)."""

    @abc.abstractmethod
    def marginal(self, x0: IntArray, sigma: FloatArray) -> FloatArray:
        """Return q(x_t | x_0), (..., S)."""

    @abc.abstractmethod
    def likelihood(self, xt: IntArray, x0: IntArray, sigma: FloatArray) -> FloatArray:
        """Return q(x_t | x_0), elementwise."""

    @abc.abstractmethod
    def kernel(self, xs: IntArray, step: Step) -> FloatArray:
        """Return q(x_t | x_s), (..., S)."""

    @abc.abstractmethod
    def into(self, xt: IntArray, step: Step) -> FloatArray:
        """Return q(x_t | x_s = y) for every state y, (..., S)."""

    @abc.abstractmethod
    def rates_to(self, x: IntArray, sigma: FloatArray) -> FloatArray:
        """Return the forward rates from every state into x per unit sigma, (..., S).

        The entry of x itself has no meaning.
        """

    @abc.abstractmethod
    def nelbo_weight(
        self, xt: IntArray, x0: IntArray, sigma: FloatArray, dsigma: FloatArray
    ) -> FloatArray:
        """Return the weight of the KL and Itakura-Saito divergences, elementwise.

        NaN for an impossible pair.

        Raises:
            EngineError: the graph's loss has no such weight.
        """

    @abc.abstractmethod
    def curve(self, prior: FloatArray) -> InformationCurve:
        """Return I(x_t; x_0) as a function of sigma for a normalised prior, (V,)."""

    @abc.abstractmethod
    def divergence(self, sigma: FloatArray, prior: FloatArray) -> FloatArray:
        """Return sum of prior(x_0)·KL(q(x_t | x_0) || limit), (N,) for (N,) sigma."""

    @abc.abstractmethod
    def changed(self, sigma: FloatArray, prior: FloatArray) -> FloatArray:
        """Return sum of prior(x_0)·q(x_t != x_0 | x_0), (N,) for (N,) sigma."""

    def events(self, sigma: FloatArray) -> Events:
        """Return the chances that noise changes a token, in sigma's shape."""
        return Events(move=-np.expm1(-sigma))

    @property
    def replacement(self) -> Replacement:
        """The distribution of a resampled token; by default even over the data ids."""
        if self.mask_id is not None and self.mask_inside:
            return EvenWithout(size=self.vocab_size - 1, left_out=self.mask_id)
        return Even(size=self.vocab_size)

    def step_events(self, sigma_s: FloatArray, sigma_t: FloatArray) -> Events:
        """Return the chances of a step from noise sigma_s to sigma_t at a later time.

        They apply to tokens that are not masked, or to all if masks may be replaced.
        """
        return self.events(later_noise(sigma_s, sigma_t))

    @property
    def num_states(self) -> int:
        """S: V, or V + 1 where the mask lies outside the vocabulary."""
        return self.vocab_size + int(self.mask_id == self.vocab_size)

    @property
    def mask_inside(self) -> bool:
        """Whether the mask id is one of the V ids."""
        return self.mask_id is not None and self.mask_id < self.vocab_size

    def bind(self, timeline: Any) -> Self:
        """Return the graph for a timeline; most graphs do not depend on it."""
        return self

    @property
    def largest_noise(self) -> float:
        """Total noise beyond which no step has a kernel; infinite for most graphs."""
        return np.inf

    def require_kernel(self, sigma: FloatArray) -> None:
        """Check that steps up to total noise `sigma` have a kernel.

        Raises:
            EngineError: it exceeds `largest_noise`.
        """
        largest = float(np.max(sigma, initial=0.0))
        if largest > self.largest_noise:
            raise EngineError(
                "graph",
                "no_kernel",
                "has no transition kernel beyond a total noise of "
                f"{self.largest_noise:.6g}, where noise would have to be removed",
                largest,
                "marginals and `noise` work with it; `lint` reports where it ends",
            )

    def information(self, weights: Any = None) -> InformationCurve:
        """Return the information curve for a token prior; see `prior`."""
        return self.curve(self.prior(weights))

    def is_possible(self, xt: IntArray, x0: IntArray, sigma: FloatArray) -> BoolArray:
        """Return where q(x_t | x_0) > 0, elementwise."""
        return self.likelihood(xt, x0, sigma) > 0.0

    def posterior(self, xt: IntArray, x0: IntArray, step: Step) -> FloatArray:
        """Return q(x_s | x_t, x_0), (..., S), by Bayes; NaN for an impossible pair."""
        return shares(self.marginal(x0, step.sigma_s) * self.into(xt, step))

    def score_ratio(self, xt: IntArray, x0: IntArray, sigma: FloatArray) -> FloatArray:
        """Return p(y | x_0)/p(x_t | x_0) for every state y, (..., S).

        The concrete score, target of score entropy; NaN for an impossible pair.
        """
        own = self.likelihood(xt, x0, sigma)[..., None]
        return self.marginal(x0, sigma) / np.where(own > 0.0, own, np.nan)

    def reverse_rates(
        self, xt: IntArray, x0: IntArray, sigma: FloatArray, dsigma: FloatArray
    ) -> FloatArray:
        """Return dsigma·Q(y, x_t)·p(y | x_0)/p(x_t | x_0) for every y, (..., S).

        These are the rates at which the reverse process turns x_t into y, given x_0.
        """
        rates = dsigma[..., None] * self.rates_to(xt, sigma)
        return np.where(rates > 0.0, rates * self.score_ratio(xt, x0, sigma), 0.0)

    def even_distribution(self) -> FloatArray:
        """Return the uniform distribution over the data ids, (V,).

        The data ids are all but a mask id inside the vocabulary.
        """
        even = np.ones(self.vocab_size)
        if self.mask_inside:
            even[self.mask_id] = 0.0
        distribution: FloatArray = even / even.sum()
        return distribution

    def prior(self, weights: Any = None) -> FloatArray:
        """Return a token prior p_0, (V,), normalised.

        Args:
            weights: V numbers >= 0 with a positive sum; None for uniform over the
                data ids (all but a mask id inside the vocabulary).

        Raises:
            EngineError: wrong length or sign, or weight on the mask id.
        """
        if weights is None:
            return self.even_distribution()
        prior = float_array(weights, "prior")
        if prior.shape != (self.vocab_size,):
            rule = f"must have vocab_size = {self.vocab_size} items"
            raise EngineError("prior", "wrong_length", rule, list(prior.shape))
        least, largest = float(prior.min()), float(prior.max())
        if not (least >= 0.0 and 0.0 < largest < np.inf):
            wrong = least if least < 0.0 else largest
            rule = "must be finite, >= 0 and have a positive sum"
            raise EngineError("prior", "out_of_range", rule, wrong)
        if self.mask_inside and prior[self.mask_id] > 0.0:
            raise EngineError(
                f"prior[{self.mask_id}]",
                "mask_in_data",
                "must be 0: this id is the mask",
                float(prior[self.mask_id]),
                "give the mask an id outside the vocabulary (mask_id null)",
            )
        total = prior.sum()
        if not _TINY <= total < np.inf:  # the sum overflowed, or has few digits
            prior = prior / largest
            total = prior.sum()
        normalised: FloatArray = prior / total
        return normalised


def shares(weights: FloatArray) -> FloatArray:
    """Return each weight's share along the last axis; NaN where all are 0."""
    total = weights.sum(axis=-1, keepdims=True)
    return np.asarray(np.where(total > 0.0, weights, np.nan) / total)
