"""The GIDD graph: uniform noise in the middle of time, masks at the end."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Final, Protocol, Self

import numpy as np

from noising.engine.arrays import FloatArray
from noising.engine.graphs.events import Events
from noising.engine.graphs.mixture import (
    LATER_MASK_ID,
    Mixture,
    MixtureGraph,
    choose_mask_id,
)
from noising.engine.graphs.step import Step
from noising.engine.information import Channel
from noising.engine.parameters import Parameter

_FIRST_TIME: Final = 1e-300  # replaces t = 0, where the ratio of t and c is 0/0


class GiddClock(Protocol):
    """The methods of GIDD's schedule that the graph uses."""

    @property
    def gamma(self) -> float:
        """Exponent of the uniform noise's bump."""

    def parts_at(self, sigma: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Return t, 1 - t and c(t) at total noise sigma, each exact where small."""

    def mixing(self, t: FloatArray) -> FloatArray:
        """Return c(t) = B·(t(1-t))^(gamma/2), the weight of uniform noise."""

    def step_parts(self, s: FloatArray, t: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return the chances that a step from s to t >= s resamples and masks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GiddGraph(MixtureGraph):
    """q(x_t | x_0) = ((1-t)·delta + c·uniform + t·mask)/(1+c).

    A masked token may become a data token again while uniform noise grows. Uniform
    noise never draws the mask, even if that is one of the V ids.
    Source: von Ruette et al. 2025 (GIDD), eq. 6 to 9.

    Attributes:
        clock: the process's schedule, which must be GIDD's; see `bind`.
    """

    NEEDS_SCHEDULE: ClassVar[str | None] = "gidd"
    FEW_CASES: ClassVar[bool] = True
    MASK_STAYS: ClassVar[bool] = False
    PARAMETERS: ClassVar[Mapping[str, Parameter]] = {"mask_id": LATER_MASK_ID}

    clock: GiddClock | None = None

    @classmethod
    def create(cls, parameters: Mapping[str, Any], vocab_size: int) -> Self:
        """Return the graph; the mask id may lie inside the vocabulary or be V."""
        mask_id = choose_mask_id(parameters["mask_id"], vocab_size)
        return cls(vocab_size=vocab_size, mask_id=mask_id)

    def bind(self, timeline: Any) -> Self:
        """Return the graph with GIDD's schedule as its clock."""
        return dataclasses.replace(self, clock=timeline.schedule)

    @property
    def _clock(self) -> GiddClock:
        if self.clock is None:
            raise RuntimeError("bind a schedule before using the graph")
        return self.clock

    def events(self, sigma: FloatArray) -> Events:
        """Return a move chance of 1 - alpha; a move masks with chance t/(t+c)."""
        t, _, c = self._clock.parts_at(sigma)
        moved = t + c
        return Events(
            move=-np.expm1(-sigma),
            mask=t / np.where(moved > 0.0, moved, 1.0),
            mask_needs_move=True,
        )

    def step_events(self, sigma_s: FloatArray, sigma_t: FloatArray) -> Events:
        """Return a move chance of 1 - r, r = a_t/a_s, with masks by m_t - r·m_s."""
        mixture = self.transition(Step.of_noise(sigma_s, sigma_t))
        moved = mixture.base + mixture.mask
        return Events(
            move=1.0 - mixture.keep,
            mask=mixture.mask / np.where(moved > 0.0, moved, 1.0),
            mask_needs_move=True,
        )

    def channel(self, sigma: FloatArray) -> Channel:
        """Return the channel at total noise sigma."""
        t, left, c = self._clock.parts_at(sigma)
        unmasked = np.where(left + c > 0.0, left + c, 1.0)
        keep = left / unmasked
        survive = (left + c) / (1.0 + c)
        into_base, into_mask = self.rates_into(sigma)
        # The forward equations per unit sigma, in terms of `survive` and `keep`.
        survive_rate = into_base * (1.0 - survive) - into_mask * survive
        keep_rate = -keep * into_base / np.where(survive > 0.0, survive, 1.0)
        return Channel(
            survive=survive,
            masked=t / (1.0 + c),
            keep=keep,
            move=c / unmasked,
            survive_rate=survive_rate,
            keep_rate=keep_rate,
        )

    def transition(self, step: Step) -> Mixture:
        """Return r·I + (m_t - r·m_s), r = a_t/a_s, which also replaces masks."""
        keep = np.exp(-step.added)
        if step.s is not None and step.t is not None:
            drawn, masked = self._clock.step_parts(step.s, step.t)
            same = step.s == step.t
            return Mixture(
                keep=keep,
                base=np.where(same, 0.0, drawn),
                mask=np.where(same, 0.0, masked),
            )
        at_s = Mixture.of(self.channel(step.sigma_s))
        at_t = Mixture.of(self.channel(step.sigma_t))
        return Mixture(
            keep=keep,
            base=np.maximum(at_t.base - keep * at_s.base, 0.0),
            mask=np.maximum(at_t.mask - keep * at_s.mask, 0.0),
        )

    def rates_into(self, sigma: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return the shares of resampling and masking in the noise; they add up to 1.

        Per unit time they are c/(t(1-t))·(gamma/2 + t(1-gamma))/(1+c) and
        1/((1-t)(1+c)), and their sum is dsigma.
        """
        t, _, c = self._clock.parts_at(sigma)
        first = np.array(_FIRST_TIME)
        c = np.where(t < first, self._clock.mixing(first), c)
        gamma = self._clock.gamma
        resampled = c * (gamma / 2.0 + t * (1.0 - gamma))
        masked = np.maximum(t, first)
        return resampled / (resampled + masked), masked / (resampled + masked)
