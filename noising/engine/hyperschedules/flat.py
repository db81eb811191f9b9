"""The hyperschedule that gives every position the noise of its row."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np

from noising.engine.arrays import BoolArray, TokenArray
from noising.engine.hyperschedules.base import (
    GroupedSigma,
    Hyperschedule,
    SigmaFunction,
)
from noising.engine.noise_time import NoiseTime


@dataclass(frozen=True, slots=True, kw_only=True)
class Flat(Hyperschedule):
    """tau_i = t: local time is the row's time."""

    HAS_ORDER: ClassVar[bool] = True

    @classmethod
    def create(cls, parameters: Mapping[str, Any], vocab_size: int) -> Self:
        """Return the hyperschedule; it has no parameters."""
        return cls()

    @property
    def depends_on_row(self) -> bool:
        """Return False: all positions have the noise of the row's time."""
        return False

    def group_sigma(
        self,
        sigma: SigmaFunction,
        time: NoiseTime,
        length: int,
        tokens: TokenArray | None,
        real: BoolArray | None,
    ) -> GroupedSigma:
        """Return the row's sigma at every position."""
        everywhere = np.zeros((1, length), np.int64)
        return GroupedSigma(sigma=sigma(time.t)[:, None], group=everywhere)
