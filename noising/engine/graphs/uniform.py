"""The uniform graph: a moved token becomes any token."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np

from noising.engine.arrays import FloatArray
from noising.engine.graphs.mixture import MixtureGraph, resampling_channel
from noising.engine.information import Channel


@dataclass(frozen=True, slots=True, kw_only=True)
class UniformGraph(MixtureGraph):
    """q(x_t | x_0) = alpha·[x_t = x_0] + (1-alpha)/V.

    A moved token is drawn from all V ids, including its own, so it stays the same with
    probability alpha + (1-alpha)/V.
    Source: Austin et al. 2021 (D3PM), appendix A.2.1; Lou, Meng, Ermon 2024
    (SEDD), eq. 15.
    """

    FEW_CASES: ClassVar[bool] = True

    @classmethod
    def create(cls, parameters: Mapping[str, Any], vocab_size: int) -> Self:
        """Return the graph over `vocab_size` ids."""
        return cls(vocab_size=vocab_size)

    def channel(self, sigma: FloatArray) -> Channel:
        """Return keep = alpha, without masks."""
        return resampling_channel(sigma)

    def rates_into(self, sigma: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return rate 1 of resampling and rate 0 of masking."""
        return np.ones_like(sigma), np.zeros_like(sigma)
