"""The absorbing graph: a moved token becomes the mask and stays masked."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np

from noising.engine.arrays import FloatArray
from noising.engine.graphs.mixture import MASK_ID, MixtureGraph, choose_mask_id
from noising.engine.information import (
    Channel,
    ErasureInformation,
    InformationCurve,
    entropy,
)
from noising.engine.parameters import Parameter
from noising.engine.replacements import Constant, Replacement


@dataclass(frozen=True, slots=True, kw_only=True)
class Absorbing(MixtureGraph):
    """q(x_t | x_0) = alpha·[x_t = x_0] + (1-alpha)·[x_t = mask].

    Source: Austin et al. 2021 (D3PM), appendix A.2.2; Lou, Meng, Ermon 2024
    (SEDD), eq. 16.
    """

    FEW_CASES: ClassVar[bool] = True
    ONLY_MASKS: ClassVar[bool] = True
    CROSS_ENTROPY: ClassVar[bool] = True
    COUPLED_IS_MARKOV: ClassVar[bool] = True
    PARAMETERS: ClassVar[Mapping[str, Parameter]] = {"mask_id": MASK_ID}

    @classmethod
    def create(cls, parameters: Mapping[str, Any], vocab_size: int) -> Self:
        """Return the graph; the mask id may lie inside the vocabulary or be V."""
        mask_id = choose_mask_id(parameters["mask_id"], vocab_size)
        return cls(vocab_size=vocab_size, mask_id=mask_id)

    @property
    def replacement(self) -> Replacement:
        """The mask, which replaces every token that moves."""
        return Constant(token=self.mask_id or 0)

    def channel(self, sigma: FloatArray) -> Channel:
        """Return survive = alpha; a survivor is always kept."""
        survive = np.exp(-sigma)
        return Channel(
            survive=survive,
            masked=-np.expm1(-sigma),
            keep=np.ones_like(survive),
            move=np.zeros_like(survive),
            survive_rate=-survive,
            keep_rate=np.zeros_like(survive),
        )

    def rates_into(self, sigma: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return rate 0 of resampling and rate 1 of masking."""
        return np.zeros_like(sigma), np.ones_like(sigma)

    def curve(self, prior: FloatArray) -> InformationCurve:
        """Return alpha·H(p_0), since masking only erases."""
        return ErasureInformation(start=entropy(prior), start_doubt=0.0)
