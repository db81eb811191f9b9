"""The hybrid graphs of HDLM, which both resample and mask tokens.

A resampled token never becomes the mask: if that is one of the V ids, V below is the
number of the other ids.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np

from noising.engine.arrays import FloatArray
from noising.engine.graphs.events import Events
from noising.engine.graphs.mixture import (
    LATER_MASK_ID,
    Mixture,
    MixtureGraph,
    choose_mask_id,
)
from noising.engine.graphs.step import Step, later_noise
from noising.engine.information import (
    Channel,
    ErasureInformation,
    InformationCurve,
    ResamplingInformation,
)
from noising.engine.parameters import Number, Parameter


@dataclass(frozen=True, slots=True, kw_only=True)
class HdlmGamma(MixtureGraph):
    """Resampling at rate gamma and masking at rate 1 - gamma.

    With A = exp(-(1-gamma)·sigma) and B = exp(-gamma·sigma) a token stays the same with
    probability A·(B + (1-B)/V), becomes each other token with A·(1-B)/V and the mask
    with 1 - A.
    Source: Fathi et al. 2025 (HDLM), the gamma-hybrid.

    Attributes:
        gamma: share of the noise that resamples, in [0, 1].
    """

    FEW_CASES: ClassVar[bool] = True
    PARAMETERS: ClassVar[Mapping[str, Parameter]] = {
        "gamma": Number(
            default=0.1, low=0.0, high=1.0, help="share of the noise that resamples"
        ),
        "mask_id": LATER_MASK_ID,
    }
    gamma: float

    @classmethod
    def create(cls, parameters: Mapping[str, Any], vocab_size: int) -> Self:
        """Return the graph; the mask id may lie inside the vocabulary or be V."""
        mask_id = choose_mask_id(parameters["mask_id"], vocab_size)
        return cls(vocab_size=vocab_size, mask_id=mask_id, gamma=parameters["gamma"])

    def events(self, sigma: FloatArray) -> Events:
        """Return a move chance of 1 - B and an independent mask chance of 1 - A."""
        return Events(
            move=-np.expm1(-_times(self.gamma, sigma)),
            mask=-np.expm1(-_times(1.0 - self.gamma, sigma)),
        )

    def channel(self, sigma: FloatArray) -> Channel:
        """Return survive = A and keep = B."""
        masking, resampling = 1.0 - self.gamma, self.gamma
        survive = np.exp(-_times(masking, sigma))
        keep = np.exp(-_times(resampling, sigma))
        return Channel(
            survive=survive,
            masked=-np.expm1(-_times(masking, sigma)),
            keep=keep,
            move=-np.expm1(-_times(resampling, sigma)),
            survive_rate=-masking * survive,
            keep_rate=-resampling * keep,
        )

    def rates_into(self, sigma: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return the rates gamma and 1 - gamma."""
        return np.full_like(sigma, self.gamma), np.full_like(sigma, 1.0 - self.gamma)


def _times(rate: float, sigma: FloatArray) -> FloatArray:
    """Return rate·sigma with 0·infinity = 0."""
    return rate * sigma if rate > 0.0 else np.zeros_like(sigma)


@dataclass(frozen=True, slots=True, kw_only=True)
class HdlmEpsilon(MixtureGraph):
    """Masking of a sequence in which a share epsilon was resampled beforehand.

    q(x_t | x_0) = alpha·((1-epsilon)·delta + epsilon·uniform) + (1-alpha)·mask. The
    resampling happens at t = 0, so x_0 is already noisy there; later only masking is
    added.
    Source: Fathi et al. 2025 (HDLM), the epsilon-hybrid.

    Attributes:
        epsilon: share of the tokens resampled, in [0, 1).
    """

    FEW_CASES: ClassVar[bool] = True
    CROSS_ENTROPY: ClassVar[bool] = True
    PARAMETERS: ClassVar[Mapping[str, Parameter]] = {
        "epsilon": Number(
            default=0.1,
            low=0.0,
            high=1.0,
            open_high=True,
            help="share of the tokens that is resampled from the start",
        ),
        "mask_id": LATER_MASK_ID,
    }
    epsilon: float

    @classmethod
    def create(cls, parameters: Mapping[str, Any], vocab_size: int) -> Self:
        """Return the graph; the mask id may lie inside the vocabulary or be V."""
        mask_id = choose_mask_id(parameters["mask_id"], vocab_size)
        return cls(
            vocab_size=vocab_size, mask_id=mask_id, epsilon=parameters["epsilon"]
        )

    def events(self, sigma: FloatArray) -> Events:
        """Return a move chance of epsilon and an independent mask chance 1 - alpha."""
        return Events(move=np.full_like(sigma, self.epsilon), mask=-np.expm1(-sigma))

    def step_events(self, sigma_s: FloatArray, sigma_t: FloatArray) -> Events:
        """Return masking only: tokens are resampled at t = 0."""
        added = later_noise(sigma_s, sigma_t)
        return Events(move=np.zeros_like(added), mask=-np.expm1(-added))

    def channel(self, sigma: FloatArray) -> Channel:
        """Return survive = alpha; a survivor is resampled with chance epsilon."""
        survive = np.exp(-sigma)
        return Channel(
            survive=survive,
            masked=-np.expm1(-sigma),
            keep=np.full_like(survive, 1.0 - self.epsilon),
            move=np.full_like(survive, self.epsilon),
            survive_rate=-survive,
            keep_rate=np.zeros_like(survive),
        )

    def transition(self, step: Step) -> Mixture:
        """Return masking only: (alpha_t/alpha_s)·I + (1 - alpha_t/alpha_s)·mask."""
        keep = np.exp(-step.added)
        masked = -np.expm1(-step.added)
        return Mixture(keep=keep, base=np.zeros_like(keep), mask=masked)

    def rates_into(self, sigma: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return rate 0 of resampling and rate 1 of masking."""
        return np.zeros_like(sigma), np.ones_like(sigma)

    def curve(self, prior: FloatArray) -> InformationCurve:
        """Return alpha times the information of the resampled tokens."""
        resampling = ResamplingInformation.of(prior, self.base())
        keep, move = np.array([1.0 - self.epsilon]), np.array([self.epsilon])
        return ErasureInformation(
            start=float(resampling.information(keep, move)[0][0]),
            start_doubt=float(resampling.conditional_entropy(keep, move)[0][0]),
        )
