"""The marginal graph: a moved token is drawn from the data's own frequencies."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Final, Self

import numpy as np

from noising.engine.arrays import FloatArray
from noising.engine.errors import EngineError
from noising.engine.graphs.mixture import MixtureGraph, resampling_channel
from noising.engine.information import Channel
from noising.engine.parameters import Number, Numbers, Parameter
from noising.engine.replacements import Replacement, Table

_LEAST_SHARE: Final = float(np.finfo(np.float64).tiny)
"""Smaller float64 numbers lose digits and then underflow."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Marginal(MixtureGraph):
    """q(x_t | x_0) = alpha·[x_t = x_0] + (1-alpha)·pi(x_t).

    Source: Austin et al. 2021 (D3PM), appendix A.2.5; Vignac et al. 2023 (DiGress).

    Attributes:
        frequencies: (V,) pi, the normalised counts.
        table: draws from pi.
    """

    PARAMETERS: ClassVar[Mapping[str, Parameter]] = {
        "counts": Numbers(
            item=Number(low=0.0, help="count of one token"),
            help="V token counts >= 0 with a positive sum",
        ),
    }
    frequencies: FloatArray
    table: Table

    @classmethod
    def create(cls, parameters: Mapping[str, Any], vocab_size: int) -> Self:
        """Return the graph; `counts` has one count for every id."""
        counts = np.asarray(parameters["counts"])
        field = "graph.counts"
        if counts.size != vocab_size:
            rule = f"must have vocab_size = {vocab_size} items"
            raise EngineError(field, "wrong_length", rule, counts.size)
        largest = float(counts.max())
        if largest == 0.0:
            rule = "must have a positive sum"
            raise EngineError(field, "out_of_range", rule, 0.0)
        scaled = counts / largest  # so that the sum cannot overflow
        frequencies = scaled / scaled.sum()
        rare = np.flatnonzero((frequencies < _LEAST_SHARE) & (counts > 0.0))
        if rare.size:
            raise EngineError(
                f"{field}[{rare[0]}]",
                "out_of_range",
                f"must be 0 or at least {_LEAST_SHARE:.3g} of the sum",
                float(counts[rare[0]]),
                "give 0 for a token that is never drawn",
            )
        return cls(
            vocab_size=vocab_size,
            frequencies=frequencies,
            table=Table.of(scaled),
        )

    @property
    def replacement(self) -> Replacement:
        """The distribution pi."""
        return self.table

    def base(self) -> FloatArray:
        """Return pi."""
        return self.frequencies

    def channel(self, sigma: FloatArray) -> Channel:
        """Return keep = alpha, without masks."""
        return resampling_channel(sigma)

    def rates_into(self, sigma: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return rate 1 of resampling and rate 0 of masking."""
        return np.ones_like(sigma), np.zeros_like(sigma)
