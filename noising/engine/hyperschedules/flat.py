"""The hyperschedule that changes nothing: every position has the row's noise."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from noising.engine.arrays import BoolArray, TokenArray
from noising.engine.hyperschedules.base import (
    Hyperschedule,
    Moment,
    Placed,
    SigmaFunction,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Flat(Hyperschedule):
    """tau_i = t: local time is the row's time."""

    @classmethod
    def create(cls, parameters: Mapping[str, Any], vocab_size: int) -> Self:
        """Return the hyperschedule; it has no parameters."""
        return cls()

    def placed(
        self,
        sigma: SigmaFunction,
        moment: Moment,
        length: int,
        tokens: TokenArray | None,
        real: BoolArray | None,
    ) -> Placed:
        """Return the row's sigma at every position."""
        everywhere = np.zeros((1, length), np.int64)
        return Placed(sigma=sigma(moment.t)[:, None], group=everywhere)
