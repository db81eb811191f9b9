"""Graphs whose channel is a mixture: keep the token, draw from a base, mask.

q(y | x) = keep·[y = x] + base·b(y) + mask·[y = mask] at every noise level, so that
every exact quantity costs one pass over the S states and no V x V matrix is made.
"""

import abc
from dataclasses import dataclass

import numpy as np

from noising.engine.arrays import BoolArray, FloatArray, IntArray, check_elements
from noising.engine.graphs.base import Graph, added_noise
from noising.engine.information import (
    Channel,
    ChannelInformation,
    InformationCurve,
    ResamplingInformation,
    divergence_term,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mixture:
    """Weights of a mixture channel; every array has the shape of the noise levels.

    Attributes:
        keep: weight of the token that is there.
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

    A subclass gives `channel` and `rates_into`; it overrides `base` if survivors
    are not resampled evenly, and `transition` if noise is not homogeneous in sigma.
    """

    @abc.abstractmethod
    def channel(self, sigma: FloatArray) -> Channel:
        """Return the channel at total noise `sigma`; fields have its shape."""

    @abc.abstractmethod
    def rates_into(self, sigma: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return the rates of drawing from the base and of masking, per unit sigma.

        They act on every token that is not masked (on all, if the mask is left);
        both have the shape of `sigma`.
        """

    def base(self) -> FloatArray:
        """Return the distribution that survivors are resampled from, (V,)."""
        return np.full(self.vocab_size, 1.0 / self.vocab_size)

    def transition(
        self, sigma_s: FloatArray, sigma_t: FloatArray, same: BoolArray
    ) -> Mixture:
        """Return the mixture from noise sigma_s to sigma_t, in their shape.

        The noise added is sigma_t - sigma_s; where sigma_s is infinite nothing is
        left to keep, except that at one and the same time nothing happens.

        Args:
            sigma_s: total noise at s.
            sigma_t: total noise at t >= s.
            same: where s = t.
        """
        return Mixture.of(self.channel(added_noise(sigma_s, sigma_t, same)))

    def probability(self, mixture: Mixture, y: IntArray, x: IntArray) -> FloatArray:
        """Return q(y | x) elementwise, for data tokens x and states y."""
        inside = y < self.vocab_size
        base = np.where(inside, self.base()[np.where(inside, y, 0)], 0.0)
        result = mixture.base * base + np.where(y == x, mixture.keep, 0.0)
        return result + self._mask_weight(mixture.mask, y)

    def _mask_weight(self, weight: FloatArray, y: IntArray) -> FloatArray:
        if self.mask_id is None:
            return np.zeros(np.broadcast_shapes(weight.shape, y.shape))
        return np.where(y == self.mask_id, weight, 0.0)

    def dense(self, mixture: Mixture, x: IntArray) -> FloatArray:
        """Return q(. | x) over all states, (..., S), for tokens x of that shape."""
        check_elements(x.size, self.num_states, field="x0")
        result = np.zeros((*x.shape, self.num_states))
        if np.any(mixture.base):
            result[..., : self.vocab_size] = mixture.base[..., None] * self.base()
        if self.mask_id is not None:
            result[..., self.mask_id] += mixture.mask
        kept = np.take_along_axis(result, x[..., None], axis=-1)
        kept += np.broadcast_to(mixture.keep, x.shape)[..., None]
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
        """Return q(x_t | x_0), (..., S), for x0 and sigma of one shape."""
        return self.dense(Mixture.of(self.channel(sigma)), x0)

    def likelihood(self, xt: IntArray, x0: IntArray, sigma: FloatArray) -> FloatArray:
        """Return q(x_t | x_0) elementwise, for arrays of one shape."""
        return self.probability(Mixture.of(self.channel(sigma)), xt, x0)

    def kernel(
        self, xs: IntArray, sigma_s: FloatArray, sigma_t: FloatArray, same: BoolArray
    ) -> FloatArray:
        """Return q(x_t | x_s), (..., S), for arrays of one shape."""
        rows = self.dense(self.transition(sigma_s, sigma_t, same), xs)
        if self.mask_id is not None and self.MASK_STAYS:
            masked = xs == self.mask_id
            rows[masked] = 0.0
            rows[masked, self.mask_id] = 1.0
        return rows

    def into(
        self, xt: IntArray, sigma_s: FloatArray, sigma_t: FloatArray, same: BoolArray
    ) -> FloatArray:
        """Return q(x_t | x_s = y) for every state y, (..., S)."""
        check_elements(xt.size, self.num_states, field="xt")
        step = self.transition(sigma_s, sigma_t, same)
        nowhere = np.full(xt.shape, -1)
        column = np.empty((*xt.shape, self.num_states))
        column[...] = self.probability(step, xt, nowhere)[..., None]
        if self.mask_id is not None and self.MASK_STAYS:
            column[..., self.mask_id] = 0.0
        own = np.take_along_axis(column, xt[..., None], axis=-1)
        own += np.broadcast_to(step.keep, xt.shape)[..., None]
        np.put_along_axis(column, xt[..., None], own, axis=-1)
        if self.mask_id is not None and self.MASK_STAYS:
            column[..., self.mask_id] = xt == self.mask_id
        return column

    def rate_into(self, x: IntArray, sigma: FloatArray) -> FloatArray:
        """Return the forward rate from any other data token into x, per unit sigma."""
        base, mask = self.rates_into(sigma)
        nothing = np.zeros_like(base)
        rates = Mixture(keep=nothing, base=base, mask=mask)
        return self.probability(rates, x, np.full_like(x, -1))

    def rates_to(self, x: IntArray, sigma: FloatArray) -> FloatArray:
        """Return Q(y, x), the forward rate from every state y into x, (..., S).

        The entry y = x is not meant to be used.
        """
        check_elements(x.size, self.num_states, field="xt")
        rates = np.empty((*x.shape, self.num_states))
        rates[...] = self.rate_into(x, sigma)[..., None]
        if self.mask_id is not None and self.MASK_STAYS:
            rates[..., self.mask_id] = 0.0
        return rates

    def nelbo_factor(self, xt: IntArray, x0: IntArray, sigma: FloatArray) -> FloatArray:
        """Return the NELBO weight of x_t divided by dsigma, elementwise.

        [m'(z) - (a'/a)·m(z)]/q(z | x_0) = dsigma·rate_into(z)/q(z | x_0).
        Source: von Ruette et al. 2025 (GIDD), eq. 13.
        """
        reached = self.likelihood(xt, x0, sigma)
        return self.rate_into(xt, sigma) / np.where(reached > 0.0, reached, np.nan)

    def curve(self, prior: FloatArray) -> InformationCurve:
        """Return I(x_t; x_0) as a function of sigma for a normalised prior, (V,)."""
        return ChannelInformation(
            channel=self.channel,
            resampling=ResamplingInformation.grouped(prior, self.base()),
        )

    def divergence(self, sigma: FloatArray, prior: FloatArray) -> FloatArray:
        """Return sum of prior(x_0)·KL(q(x_t | x_0) || limit), shape of sigma.

        Infinite where q reaches a token that the limit does not.
        """
        at = self.channel(sigma)
        if self.channel(np.array([np.inf])).masked[0] == 1.0:
            return np.where(at.survive > 0.0, np.inf, 0.0)
        # The limit is the base: own token keep·(1-b) above it, others keep·b below.
        result = np.zeros_like(sigma)
        probabilities, group = np.unique(self.base(), return_inverse=True)
        for b, share in zip(probabilities, np.bincount(group, prior), strict=True):
            if share > 0.0:
                result = result + share * _divergence_from_base(at.keep, float(b))
        return result

    def changed(self, sigma: FloatArray, prior: FloatArray) -> FloatArray:
        """Return what is masked, and what is resampled to another token."""
        at = Mixture.of(self.channel(sigma))
        return at.base * float(prior @ (1.0 - self.base())) + at.mask


def resampling_channel(sigma: FloatArray) -> Channel:
    """Return the channel that keeps with chance alpha and never masks."""
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


def _divergence_from_base(keep: FloatArray, b: float) -> FloatArray:
    """Return KL(keep·delta + (1-keep)·base || base), base(x_0) = b, as KL terms."""
    if b == 0.0:
        return np.where(keep > 0.0, np.inf, 0.0)
    excess = keep * (1.0 - b) / b
    own = divergence_term(excess, np.log1p(excess))
    lost = np.where(keep < 1.0, -keep, 0.0)
    other = np.where(keep < 1.0, divergence_term(lost, np.log1p(lost)), 1.0)
    return b * own + (1.0 - b) * other
