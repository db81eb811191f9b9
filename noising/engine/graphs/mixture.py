"""Graphs that keep a token, resample it from a base distribution or mask it.

At every noise level q(y | x) = keep·[y = x] + base·b(y) + mask·[y = mask]. Therefore
every exact quantity costs one pass over the S states, without a V x V matrix.
"""

import abc
import dataclasses
from dataclasses import dataclass
from typing import Final

import numpy as np

from noising.engine.arrays import BoolArray, FloatArray, IntArray, check_elements
from noising.engine.errors import EngineError
from noising.engine.graphs.base import Graph, shares
from noising.engine.graphs.step import Step
from noising.engine.information import (
    Channel,
    ChannelInformation,
    InformationCurve,
    ResamplingInformation,
    complements,
    divergence,
    divergence_term,
)
from noising.engine.parameters import Integer, Optional

MASK_ID: Final = Optional(
    default=None,
    inner=Integer(low=0, high=1 << 24, help="an id"),
    help="id of the mask; null or vocab_size adds one state for it",
)
LATER_MASK_ID: Final = dataclasses.replace(MASK_ID, hides_default=True)
"""For graphs that once had no `mask_id`."""
_LIFT: Final = 2.0**1000  # factor that keeps products of two small chances above 0


def choose_mask_id(mask_id: int | None, vocab_size: int) -> int:
    """Return the id of the mask: one of the V ids, or V for a state of its own.

    Raises:
        EngineError: the id is above V.
    """
    if mask_id is None:
        return vocab_size
    if mask_id > vocab_size:
        raise EngineError(
            "graph.mask_id",
            "out_of_range",
            f"must lie in 0..vocab_size = {vocab_size}",
            mask_id,
            f"null adds the id {vocab_size}",
        )
    return mask_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Mixture:
    """Weights of a mixture channel; every array has the shape of the noise levels.

    Attributes:
        keep: weight of the token itself.
        base: weight of a draw from the graph's base distribution.
        mask: weight of the mask.
    """

    keep: FloatArray
    base: FloatArray
    mask: FloatArray

    @classmethod
    def of(cls, channel: Channel) -> "Mixture":
        """Return the weights of a channel."""
        return cls(
            keep=channel.survive * channel.keep,
            base=channel.survive * channel.move,
            mask=channel.masked,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class MixtureGraph(Graph):
    """A graph whose channel is a mixture of keeping, resampling and masking.

    A subclass defines `channel` and `rates_into`. It overrides `base` if resampling is
    not uniform, and `transition` if a step depends on more than the noise added.
    """

    @abc.abstractmethod
    def channel(self, sigma: FloatArray) -> Channel:
        """Return the channel at total noise `sigma`; its arrays have that shape."""

    @abc.abstractmethod
    def rates_into(self, sigma: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return the rates of drawing from the base and of masking, per unit sigma.

        They apply to every token that is not masked, or to all tokens if masks may be
        replaced. Both have the shape of `sigma`.
        """

    def base(self) -> FloatArray:
        """Return the distribution that tokens are resampled from, (V,).

        By default it is uniform over the data ids.
        """
        return self.even_distribution()

    def transition(self, step: Step) -> Mixture:
        """Return the mixture of a step; by default that of the noise added."""
        return Mixture.of(self.channel(step.added))

    def probability(
        self, mixture: Mixture, y: IntArray, x: IntArray, unit: FloatArray | None = None
    ) -> FloatArray:
        """Return q(y | x)/unit elementwise, for data tokens x and states y.

        Args:
            mixture: the weights.
            y: states.
            x: data tokens.
            unit: divisor of the probabilities, see `_unit`; None for 1.
        """
        base = _divide(self._base_at(y), unit)
        result = mixture.base * base + np.where(y == x, mixture.keep, 0.0)
        return result + self._mask_weight(mixture.mask, y)

    def _base_at(self, y: IntArray) -> FloatArray:
        """Return the base probability of states; 0 for a mask of id V."""
        inside = y < self.vocab_size
        return np.where(inside, self.base()[np.where(inside, y, 0)], 0.0)

    def _unit(self, xt: IntArray, x0: IntArray) -> FloatArray:
        """Return the common factor of the chances and rates of reaching x_t.

        For data tokens other than x_0 that is the base probability of x_t. It cancels
        in every quotient, where it would make small chances underflow. For x_0 and the
        mask it is 1.
        """
        base = self._base_at(xt)
        return np.where((xt == x0) | (xt == self.mask_id) | (base == 0.0), 1.0, base)

    def _mask_weight(self, weight: FloatArray, y: IntArray) -> FloatArray:
        if self.mask_id is None:
            return np.zeros(np.broadcast_shapes(weight.shape, y.shape))
        return np.where(y == self.mask_id, weight, 0.0)

    def dense(
        self, mixture: Mixture, x: IntArray, unit: FloatArray | None = None
    ) -> FloatArray:
        """Return q(. | x)/unit over all states, (..., S).

        Args:
            mixture: the weights, in the shape of x.
            x: tokens.
            unit: divisor in the shape of x, or None for 1.
        """
        check_elements(x.size, self.num_states, field="x0")
        result = np.zeros((*x.shape, self.num_states))
        data = result[..., : self.vocab_size]
        if np.any(mixture.base):
            data[...] = self.base()
            if unit is not None:
                data /= unit[..., None]
            data *= mixture.base[..., None]
        if self.mask_id is not None:
            # The base never draws the mask; a product of 0 and infinity is NaN.
            result[..., self.mask_id] = _divide(mixture.mask, unit)
        kept = np.take_along_axis(result, x[..., None], axis=-1)
        kept += np.broadcast_to(_divide(mixture.keep, unit), x.shape)[..., None]
        np.put_along_axis(result, x[..., None], kept, axis=-1)
        return result

    def limit(self) -> FloatArray:
        """Return the distribution at infinite noise, (S,)."""
        end = Mixture.of(self.channel(np.array(np.inf)))
        return self.dense(end, np.array(self._any_token))

    @property
    def _any_token(self) -> int:
        return 1 if self.mask_id == 0 else 0

    def marginal(self, x0: IntArray, sigma: FloatArray) -> FloatArray:
        """Return q(x_t | x_0), (..., S), for x0 and sigma of the same shape."""
        return self.dense(Mixture.of(self.channel(sigma)), x0)

    def likelihood(self, xt: IntArray, x0: IntArray, sigma: FloatArray) -> FloatArray:
        """Return q(x_t | x_0) elementwise, for arrays of the same shape."""
        return self.probability(Mixture.of(self.channel(sigma)), xt, x0)

    def is_possible(self, xt: IntArray, x0: IntArray, sigma: FloatArray) -> BoolArray:
        """Return where q(x_t | x_0) > 0, elementwise, even where it underflows."""
        return self._relative_probability(xt, x0, sigma, self._unit(xt, x0)) > 0.0

    def _relative_probability(
        self, xt: IntArray, x0: IntArray, sigma: FloatArray, unit: FloatArray
    ) -> FloatArray:
        """Return q(x_t | x_0)/unit, elementwise."""
        return self.probability(Mixture.of(self.channel(sigma)), xt, x0, unit)

    def kernel(self, xs: IntArray, step: Step) -> FloatArray:
        """Return q(x_t | x_s), (..., S), for arrays of the same shape."""
        rows = self.dense(self.transition(step), xs)
        if self.mask_id is not None and self.MASK_STAYS:
            masked = xs == self.mask_id
            rows[masked] = 0.0
            rows[masked, self.mask_id] = 1.0
        return rows

    def into(self, xt: IntArray, step: Step) -> FloatArray:
        """Return q(x_t | x_s = y) for every state y, (..., S)."""
        mixture = self.transition(step)
        column = self._from_others(mixture, xt)
        stay = self._stay(mixture, xt)[..., None]
        np.put_along_axis(column, xt[..., None], stay, axis=-1)
        return column

    def _from_others(
        self, step: Mixture, xt: IntArray, unit: FloatArray | None = None
    ) -> FloatArray:
        """Return q(x_t | x_s = y)/unit for every state y != x_t, (..., S)."""
        check_elements(xt.size, self.num_states, field="xt")
        column = np.empty((*xt.shape, self.num_states))
        nowhere = np.full(xt.shape, -1)
        column[...] = self.probability(step, xt, nowhere, unit)[..., None]
        if self.mask_id is not None and self.MASK_STAYS:
            column[..., self.mask_id] = 0.0
        return column

    def _stay(self, step: Mixture, xt: IntArray) -> FloatArray:
        """Return q(x_t | x_s = x_t), elementwise."""
        stay = self.probability(step, xt, xt)
        return np.where(xt == self.mask_id, 1.0, stay) if self.MASK_STAYS else stay

    def posterior(self, xt: IntArray, x0: IntArray, step: Step) -> FloatArray:
        """Return q(x_s | x_t, x_0), (..., S), by Bayes; NaN for an impossible pair.

        Joint probabilities are divided by the unit of x_t, which divides
        q(x_s = x_t | x_0) in the entry y = x_t and q(x_t | x_s = y) in the others.
        """
        unit = self._unit(xt, x0)
        mixture = self.transition(step)
        before = self.marginal(x0, step.sigma_s) * _LIFT
        joint = before * self._from_others(mixture, xt, unit)
        there = self._relative_probability(xt, x0, step.sigma_s, unit) * _LIFT
        stay = there * self._stay(mixture, xt)
        np.put_along_axis(joint, xt[..., None], stay[..., None], axis=-1)
        return shares(joint)

    def score_ratio(self, xt: IntArray, x0: IntArray, sigma: FloatArray) -> FloatArray:
        """Return p(y | x_0)/p(x_t | x_0) for every state y, (..., S).

        The weights are divided before they are multiplied by the base, so that a ratio
        of two chances that would underflow keeps its digits.
        """
        unit = self._unit(xt, x0)
        at = Mixture.of(self.channel(sigma))
        own = self.probability(at, xt, x0, unit)
        own = np.where(own > 0.0, own, np.nan)
        ratios = Mixture(keep=at.keep / own, base=at.base / own, mask=at.mask / own)
        return self.dense(ratios, x0, unit)

    def rate_into(
        self, x: IntArray, sigma: FloatArray, unit: FloatArray | None = None
    ) -> FloatArray:
        """Return the forward rate from any other data token into x, per unit sigma.

        It is divided by `unit` if that is given.
        """
        base, mask = self.rates_into(sigma)
        nothing = np.zeros_like(base)
        rates = Mixture(keep=nothing, base=base, mask=mask)
        return self.probability(rates, x, np.full_like(x, -1), unit)

    def rates_to(self, x: IntArray, sigma: FloatArray) -> FloatArray:
        """Return Q(y, x), the forward rate from every state y into x, (..., S).

        The entry y = x has no meaning.
        """
        check_elements(x.size, self.num_states, field="xt")
        rates = np.empty((*x.shape, self.num_states))
        rates[...] = self.rate_into(x, sigma)[..., None]
        if self.mask_id is not None and self.MASK_STAYS:
            rates[..., self.mask_id] = 0.0
        return rates

    def nelbo_weight(
        self, xt: IntArray, x0: IntArray, sigma: FloatArray, dsigma: FloatArray
    ) -> FloatArray:
        """Return [m'(z) - (a'/a)·m(z)]/q(z | x_0) at z = x_t, elementwise.

        That is dsigma·rate_into(z)/q(z | x_0), and 0 where the rate into z is 0, even
        if dsigma is infinite. Source: von Ruette et al. 2025 (GIDD), eq. 13.
        """
        unit = self._unit(xt, x0)
        reached = self._relative_probability(xt, x0, sigma, unit)
        rate = self.rate_into(xt, sigma, unit)
        weight = np.where(rate > 0.0, dsigma * rate, 0.0)
        return weight / np.where(reached > 0.0, reached, np.nan)

    def reverse_rates(
        self, xt: IntArray, x0: IntArray, sigma: FloatArray, dsigma: FloatArray
    ) -> FloatArray:
        """Return dsigma·Q(y, x_t)·p(y | x_0)/p(x_t | x_0) for every y, (..., S).

        All data tokens y turn into x_t at the same rate, so these are the NELBO weight
        times the marginal.
        """
        weight = self.nelbo_weight(xt, x0, sigma, dsigma)[..., None]
        marginal = self.marginal(x0, sigma)
        rates = np.where(marginal > 0.0, weight * marginal, 0.0)
        if self.mask_id is not None and self.MASK_STAYS:
            rates[..., self.mask_id] = 0.0
        return rates

    def curve(self, prior: FloatArray) -> InformationCurve:
        """Return I(x_t; x_0) as a function of sigma for a normalised prior, (V,)."""
        return ChannelInformation(
            channel=self.channel,
            resampling=ResamplingInformation.of(prior, self.base()),
        )

    def divergence(self, sigma: FloatArray, prior: FloatArray) -> FloatArray:
        """Return sum of prior(x_0)·KL(q(x_t | x_0) || limit), shape of sigma.

        Infinite where q(x_t | x_0) > 0 for a token that the limit excludes.
        """
        at = self.channel(sigma)
        if self.channel(np.array([np.inf])).masked[0] == 1.0:
            return np.where(at.survive > 0.0, np.inf, 0.0)
        return self.divergence_from_base(at, prior)  # the base is the limit

    def divergence_from_base(self, at: Channel, prior: FloatArray) -> FloatArray:
        """Return sum of prior(x_0)·KL(keep·delta + move·base || base).

        That is of tokens that are not masked. The chance of x_0 lies above the base by
        keep·(1-b), those of others lie below it by keep·b.
        """
        result = np.zeros_like(at.keep)
        base = self.base()
        probabilities, first, group = np.unique(
            base, return_index=True, return_inverse=True
        )
        rest = complements(base)[first]
        for b, others, share in zip(
            probabilities, rest, np.bincount(group, prior), strict=True
        ):
            if share > 0.0:
                result = result + share * _divergence_from_base(at, b, others)
        return result

    def changed(self, sigma: FloatArray, prior: FloatArray) -> FloatArray:
        """Return the chance to be masked or resampled to another token."""
        at = Mixture.of(self.channel(sigma))
        return at.base * float(prior @ complements(self.base())) + at.mask


def _divide(weight: FloatArray, unit: FloatArray | None) -> FloatArray:
    return weight if unit is None else weight / unit


def resampling_channel(sigma: FloatArray) -> Channel:
    """Return the channel that keeps a token with chance alpha and never masks."""
    keep = np.exp(-sigma)
    nothing = np.zeros_like(keep)
    return Channel(
        survive=np.ones_like(keep),
        masked=nothing,
        keep=keep,
        move=-np.expm1(-sigma),
        survive_rate=nothing,
        keep_rate=-keep,
    )


def _divergence_from_base(at: Channel, b: float, others: float) -> FloatArray:
    """Return KL(keep·delta + move·base || base), base(x_0) = b, as KL terms.

    Args:
        at: the channel.
        b: base probability of x_0.
        others: 1 - b.
    """
    keep = at.keep
    if b == 0.0:
        return np.where(keep > 0.0, np.inf, 0.0)
    own = divergence(keep + at.move * b, b, keep * others / b)
    lost = np.where(keep < 1.0, -keep, 0.0)
    other = np.where(keep < 1.0, divergence_term(lost, np.log1p(lost)), 1.0)
    return own + others * other
