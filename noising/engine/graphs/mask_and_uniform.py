"""The mixture graph: masks and uniform noise in shares that depend on total noise."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np

from noising.engine.arrays import FloatArray
from noising.engine.errors import EngineError
from noising.engine.graphs.events import Events
from noising.engine.graphs.mixture import (
    MASK_ID,
    Mixture,
    MixtureGraph,
    choose_mask_id,
)
from noising.engine.graphs.step import Step
from noising.engine.graphs.uniform_share import (
    SHARE_TYPES,
    ShareParameter,
    UniformShare,
)
from noising.engine.information import Channel, InformationCurve, divergence
from noising.engine.parameters import Parameter


@dataclass(frozen=True, slots=True, kw_only=True)
class MaskAndUniform(MixtureGraph):
    """q = alpha·delta + (1-alpha)·((1-r)·mask + r·uniform), r the uniform share.

    A masked token may become a data token again. Uniform noise never draws the mask,
    even if that is one of the V ids. With its tables the marginals are VQ-Diffusion's,
    but not the kernels: those leave masks masked.
    Source: von Ruette et al. 2025 (GIDD), eq. 1, and gidd-easydel; Gu et al. 2022
    (VQ-Diffusion), eq. 7.

    Attributes:
        share: r as a function of total noise.
    """

    FEW_CASES: ClassVar[bool] = True
    MASK_STAYS: ClassVar[bool] = False
    PARAMETERS: ClassVar[Mapping[str, Parameter]] = {
        "share": ShareParameter(
            default={"type": "log_snr", "scale": 1.0, "shift": 0.0},
            help="share of uniform noise in the resampled mass",
        ),
        "mask_id": MASK_ID,
    }
    share: UniformShare

    @classmethod
    def create(cls, parameters: Mapping[str, Any], vocab_size: int) -> Self:
        """Return the graph; the mask id may lie inside the vocabulary or be V."""
        given = parameters["share"]
        return cls(
            vocab_size=vocab_size,
            mask_id=choose_mask_id(parameters["mask_id"], vocab_size),
            share=SHARE_TYPES[given["type"]].create(given),
        )

    def bind(self, timeline: Any) -> Self:
        """Return the graph with the share at the timeline's noise levels."""
        return dataclasses.replace(self, share=self.share.bind(timeline))

    @property
    def largest_noise(self) -> float:
        """Total noise beyond which the resampled mass over alpha falls."""
        return self.share.largest_noise

    def events(self, sigma: FloatArray) -> Events:
        """Return a move chance of 1 - alpha; a move masks with chance 1 - r."""
        _, masked = self.share.split(sigma)
        return Events(move=-np.expm1(-sigma), mask=masked, mask_needs_move=True)

    def step_events(self, sigma_s: FloatArray, sigma_t: FloatArray) -> Events:
        """Return a move chance of 1 - a_t/a_s, and the masked part of the step."""
        self.require_kernel(sigma_t)
        step = Step.of_noise(sigma_s, sigma_t)
        _, masked = self.share.split_step(step)
        return Events(move=-np.expm1(-step.added), mask=masked, mask_needs_move=True)

    def channel(self, sigma: FloatArray) -> Channel:
        """Return survive = alpha + (1-alpha)·r; a survivor keeps alpha/survive."""
        alpha, moved = np.exp(-sigma), -np.expm1(-sigma)
        uniform, masked = self.share.split(sigma)
        into_base, into_mask = self.share.split_rate(sigma)
        survive = alpha + moved * uniform
        unmasked = np.where(survive > 0.0, survive, 1.0)
        keep = alpha / unmasked
        # The forward equations per unit sigma, in terms of `survive` and `keep`.
        return Channel(
            survive=survive,
            masked=moved * masked,
            keep=keep,
            move=moved * uniform / unmasked,
            survive_rate=into_base * (1.0 - survive) - into_mask * survive,
            keep_rate=-keep * into_base / unmasked,
        )

    def transition(self, step: Step) -> Mixture:
        """Return r·I + (m_t - r·m_s), r = a_t/a_s, which also replaces masks."""
        self.require_kernel(step.sigma_t)
        moved = -np.expm1(-step.added)
        drawn, masked = self.share.split_step(step)
        return Mixture(
            keep=np.exp(-step.added), base=moved * drawn, mask=moved * masked
        )

    def rates_into(self, sigma: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return the parts of resampling and masking in the noise; they add up to 1."""
        self.require_kernel(sigma)
        return self.share.split_rate(sigma)

    def curve(self, prior: FloatArray) -> InformationCurve:
        """Return I(x_t; x_0) as a function of sigma for a normalised prior, (V,).

        Raises:
            EngineError: the share belongs to a schedule that does not exist yet.
        """
        if not self.share.is_bound:
            raise EngineError(
                "graph.share",
                "needs_noise",
                "must not be a table with a schedule that depends on the graph",
                "table",
                "choose a `log_snr` share, or a schedule other than `sedd_entropy`",
            )
        # super() without arguments fails in a dataclass with slots.
        return MixtureGraph.curve(self, prior)

    def divergence(self, sigma: FloatArray, prior: FloatArray) -> FloatArray:
        """Return sum of prior(x_0)·KL(q(x_t | x_0) || limit), shape of sigma.

        That is KL of being masked or not, plus KL among the tokens that are not masked.
        """
        end, end_masked = (part[0] for part in self.share.split(np.array([np.inf])))
        at = self.channel(sigma)
        uniform, _ = self.share.split(sigma)
        # survive - end, without cancellation if the share is that of the limit.
        excess = np.exp(-sigma) * (1.0 - uniform) + (uniform - end)
        masking = np.zeros_like(sigma)
        for chance, limit, more in (
            (at.survive, end, excess),
            (at.masked, end_masked, -excess),
        ):
            masking = masking + (
                divergence(chance, limit, np.maximum(more / limit, -1.0))
                if limit > 0.0
                else np.where(chance > 0.0, np.inf, 0.0)
            )
        among = at.survive * self.divergence_from_base(at, prior)
        return masking + np.where(at.survive > 0.0, among, 0.0)
