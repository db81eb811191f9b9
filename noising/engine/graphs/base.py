"""What a graph is: where a token goes when noise strikes it.

Every method works on total noise sigma, so that a position may have its own.
"""

import abc
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Final, Self

import numpy as np

from noising.engine.arrays import FloatArray, IntArray, check_elements, float_array
from noising.engine.errors import EngineError
from noising.engine.information import (
    Channel,
    ChannelInformation,
    InformationCurve,
    ResamplingInformation,
    divergence_term,
)
from noising.engine.parameters import Parameter

MASK: Final = "mask"
BASE: Final = "base"


@dataclass(frozen=True, slots=True, kw_only=True)
class Graph(abc.ABC):
    """The transitions between tokens, as a channel at every noise level.

    A subclass gives `channel` and the base distribution; marginals, limits and
    information follow. Arrays of sigma and of tokens broadcast.

    Attributes:
        vocab_size: V, the number of ids that data may use.
        mask_id: id of the mask state, or None if the graph has none.
    """

    PARAMETERS: ClassVar[Mapping[str, Parameter]] = {}
    REPLACEMENT: ClassVar[str] = BASE
    """Where a moved token goes: BASE (drawn from the base) or MASK."""

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
    def channel(self, sigma: FloatArray) -> Channel:
        """Return the channel at total noise `sigma`; fields have its shape."""

    @property
    def num_states(self) -> int:
        """S: V, or V + 1 where the mask lies outside the vocabulary."""
        return self.vocab_size + int(self.mask_id == self.vocab_size)

    @property
    def mask_inside(self) -> bool:
        """Whether the mask id is one of the V ids."""
        return self.mask_id is not None and self.mask_id < self.vocab_size

    def base(self) -> FloatArray:
        """Return the distribution that survivors are resampled from, (V,)."""
        return np.full(self.vocab_size, 1.0 / self.vocab_size)

    def prior(self, weights: Any = None, field: str = "prior") -> FloatArray:
        """Return a token prior p_0, (V,), normalised.

        Args:
            weights: V numbers >= 0 with a positive sum; None for uniform over the
                data ids (all but a mask id inside the vocabulary).
            field: name of the argument in errors.

        Raises:
            EngineError: wrong length or sign, or weight on the mask id.
        """
        if weights is None:
            even = np.ones(self.vocab_size)
            if self.mask_inside:
                even[self.mask_id] = 0.0
            uniform: FloatArray = even / even.sum()
            return uniform
        prior = float_array(weights, field)
        if prior.shape != (self.vocab_size,):
            rule = f"must have vocab_size = {self.vocab_size} items"
            raise EngineError(field, "wrong_length", rule, list(prior.shape))
        total = float(prior.sum())
        if not (prior.min() >= 0.0 and 0.0 < total < np.inf):
            rule = "must be finite, >= 0 and have a positive sum"
            raise EngineError(field, "out_of_range", rule, float(prior.min()))
        if self.mask_inside and prior[self.mask_id] > 0.0:
            raise EngineError(
                f"{field}[{self.mask_id}]",
                "mask_in_data",
                "must be 0: this id is the mask",
                float(prior[self.mask_id]),
                "give the mask an id outside the vocabulary (mask_id null)",
            )
        return prior / total

    def information(self, prior: Any = None) -> InformationCurve:
        """Return I(x_t; x_0) as a function of sigma for a token prior."""
        return ChannelInformation(
            channel=self.channel,
            resampling=ResamplingInformation.grouped(self.prior(prior), self.base()),
        )

    def limit(self) -> FloatArray:
        """Return the distribution at infinite noise, (S,)."""
        check_elements(self.num_states, field="limit")
        at = self.channel(np.array([np.inf]))
        result = np.zeros(self.num_states)
        result[: self.vocab_size] = at.survive[0] * at.move[0] * self.base()
        if self.mask_id is not None:
            result[self.mask_id] += at.masked[0]
        return result

    def marginal(self, x0: IntArray, sigma: FloatArray) -> FloatArray:
        """Return q(x_t | x_0), (..., S), for broadcast `x0` and `sigma`."""
        x0, sigma = np.broadcast_arrays(x0, sigma)
        check_elements(x0.size, self.num_states, field="x0")
        at = self.channel(np.asarray(sigma, np.float64))
        result = np.zeros((*x0.shape, self.num_states))
        moved = (at.survive * at.move)[..., None]
        if moved.any():
            result[..., : self.vocab_size] = moved * self.base()
        kept = np.take_along_axis(result, x0[..., None], axis=-1)
        kept += (at.survive * at.keep)[..., None]
        np.put_along_axis(result, x0[..., None], kept, axis=-1)
        if self.mask_id is not None:
            result[..., self.mask_id] += at.masked
        return result

    def kl_to_limit(self, sigma: FloatArray, prior: Any = None) -> FloatArray:
        """Return sum over x_0 of p_0(x_0)·KL(q(x_t | x_0) || limit), shape of sigma.

        Infinite where q reaches a token that the limit does not.
        """
        mass = self.prior(prior)
        at = self.channel(sigma)
        if self.channel(np.array([np.inf])).masked[0] == 1.0:
            return np.where(at.survive > 0.0, np.inf, 0.0)
        # The limit is the base: own token keep·(1-b) above it, others keep·b below.
        result = np.zeros_like(sigma)
        probabilities, group = np.unique(self.base(), return_inverse=True)
        for b, share in zip(probabilities, np.bincount(group, mass), strict=True):
            if share > 0.0:
                result = result + share * _divergence_from_base(at.keep, float(b))
        return result


def _divergence_from_base(keep: FloatArray, b: float) -> FloatArray:
    """Return KL(keep·delta + (1-keep)·base || base), base(x_0) = b, as KL terms."""
    if b == 0.0:
        return np.where(keep > 0.0, np.inf, 0.0)
    excess = keep * (1.0 - b) / b
    own = divergence_term(excess, np.log1p(excess))
    lost = np.where(keep < 1.0, -keep, 0.0)
    other = np.where(keep < 1.0, divergence_term(lost, np.log1p(lost)), 1.0)
    return b * own + (1.0 - b) * other
