"""Left-to-right hyperschedules without blocks or ramps."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np

from noising.engine.arrays import FloatArray, IntArray
from noising.engine.errors import EngineError
from noising.engine.hyperschedules.base import ContinuousHyperschedule
from noising.engine.hyperschedules.rows import LevelHyperschedule
from noising.engine.noise_time import NoiseTime
from noising.engine.parameters import Number, Numbers, Optional, Parameter


@dataclass(frozen=True, slots=True, kw_only=True)
class Autoregressive(LevelHyperschedule):
    """One position after the other goes from full noise to clean.

    Source: Fathi et al. 2025 (HDLM), in the limit of blocks of one position.
    """

    @classmethod
    def create(cls, parameters: Mapping[str, Any], vocab_size: int) -> Self:
        """Return the hyperschedule; it has no parameters."""
        return cls(levels=1)

    def count(self, length: int) -> int:
        """Return the length, since each step cleans one position."""
        return length

    def at(self, steps: IntArray, length: int) -> IntArray:
        """Return each step's levels: 1 from position `step` on."""
        return (np.arange(length) >= steps[:, None]).astype(np.int64)


@dataclass(frozen=True, slots=True, kw_only=True)
class ArDiffusion(ContinuousHyperschedule):
    """Local times on a line through an anchor, so that left positions are clean first.

    For a sequence of N positions n = 1..N at time t let s = t·(N + T). The line goes
    from (n_s, t_s) = (clip(N - s, 0, N), clip(s - N, 0, T)) through the anchor
    (n_e, t_e). The local time of position n is the height of the line at n, clipped to
    0..T and divided by T.
    Source: Wu et al. 2023 (AR-Diffusion), eq. 5 to 7.

    Attributes:
        anchor: (n_e, t_e), or None for (2N, T).
    """

    PARAMETERS: ClassVar[Mapping[str, Parameter]] = {
        "anchor": Optional(
            default=None,
            inner=Numbers(
                item=Number(low=0.0, open_low=True, help="a coordinate"),
                help="position and timestep",
            ),
            help="position > length and timestep >= T; null for 2·length and T",
        ),
    }
    anchor: tuple[float, float] | None

    @classmethod
    def create(cls, parameters: Mapping[str, Any], vocab_size: int) -> Self:
        """Return the hyperschedule; an anchor is a position and a timestep."""
        anchor = parameters["anchor"]
        if anchor is None:
            return cls(anchor=None)
        if len(anchor) != 2:
            rule = "must be a position and a timestep"
            raise EngineError("hyperschedule.anchor", "wrong_length", rule, len(anchor))
        return cls(anchor=(anchor[0], anchor[1]))

    def local(self, time: NoiseTime, length: int) -> FloatArray:
        """Return the local times, (B, length).

        Raises:
            EngineError: the anchor is not beyond the end of the sequence.
        """
        total = time.num_timesteps
        position, timestep = self._anchor(length, total)
        s = time.t[:, None] * (length + total)
        start = np.clip(length - s, 0.0, length)
        height = np.clip(s - length, 0.0, total)
        slope = (timestep - height) / (position - start)
        line = slope * (np.arange(1, length + 1) - start) + height
        return np.clip(line, 0.0, total) / total

    def _anchor(self, length: int, total: int) -> tuple[float, float]:
        """Return the anchor for a sequence of `length` over `total` timesteps."""
        if self.anchor is None:
            return 2.0 * length, float(total)
        if self.anchor[0] <= length or self.anchor[1] < total:
            raise EngineError(
                "hyperschedule.anchor",
                "out_of_range",
                f"must lie beyond the length {length} and not before T = {total}",
                list(self.anchor),
                "null means [2·length, T]",
            )
        return self.anchor
