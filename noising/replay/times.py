"""Training times by id: one for each row, or one for each block of positions."""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from noising.engine import EngineError, ForwardProcess
from noising.engine.arrays import (
    AnyIntArray,
    FloatArray,
    bounded_integers,
    repeat_blocks,
)
from noising.engine.randomness import MAX_SEQUENCE_ID, check_word

MAX_TOTAL: Final = (1 << 53) - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeRule:
    """How times are drawn by id and draw.

    Attributes:
        method: as in `ForwardProcess.sample_times`.
        total: number of ids of the data set, or None.
        low: lower end of the times.
        high: upper end of the times.
        time_block: width of the blocks of positions that each have a time, or None for
            one time of all positions.
        max_length: number of positions of the longest sequence, with `time_block` only.
            The times of a sequence are numbered by it, so that they do not depend on
            the padding.
    """

    method: str
    total: int | None
    low: float
    high: float
    time_block: int | None
    max_length: int | None

    def __post_init__(self) -> None:
        """Check the arguments that the engine does not get as they are.

        Raises:
            EngineError: one is out of range, or lacks the other.
        """
        if self.total is not None:
            check_word(self.total, "total", MAX_TOTAL)
        pair = {"time_block": self.time_block, "max_length": self.max_length}
        for (field, value), other in zip(pair.items(), reversed(pair), strict=True):
            if value is None:
                if pair[other] is not None:
                    rule = f"must be given with `{other}`"
                    raise EngineError(field, "missing", rule, None)
            else:
                bounded_integers(value, field, low=1, high=MAX_TOTAL)

    @property
    def blocks(self) -> int:
        """The number of times of a sequence."""
        if self.time_block is None or self.max_length is None:
            return 1
        return -(-self.max_length // self.time_block)

    def draw(
        self,
        process: ForwardProcess,
        ids: Any,
        *,
        seed: int,
        draw: int,
        length: int,
        positions: Any = None,
        low: float | None = None,
        high: float | None = None,
    ) -> tuple[FloatArray, FloatArray]:
        """Return times and their weights 1/density, each (B,) or (B, L).

        Args:
            process: the process.
            ids: (B,) or (B, L) ids.
            seed: 0..2^64-1.
            draw: which of several independent draws, such as the epoch.
            length: L.
            positions: (L,) or (B, L) positions, or None for 0..L-1.
            low: lower end of these times, instead of the rule's.
            high: upper end of these times, instead of the rule's.

        Raises:
            EngineError: an argument is out of range.
        """
        elements, repeats = ids, 1
        if self.time_block is not None and self.max_length is not None:
            count = self.total or (MAX_SEQUENCE_ID + 1) // self.blocks
            rows = bounded_integers(ids, "ids", low=0, high=count - 1).astype(np.int64)
            where: AnyIntArray = np.arange(length)
            if positions is None:
                bounded_integers(length, "length", low=1, high=self.max_length)
            else:
                where = bounded_integers(
                    positions, "positions", low=0, high=self.max_length - 1
                )
            if positions is None and rows.ndim == 1:
                where, repeats = where[:: self.time_block], self.time_block
            column = rows if rows.ndim == 2 else rows.reshape(-1, 1)
            elements = column * self.blocks + where.astype(np.int64) // self.time_block
        times, weights = process.sample_times(
            ids=elements,
            seed=seed,
            method=self.method,
            total=None if self.total is None else self.total * self.blocks,
            draw=draw,
            low=self.low if low is None else low,
            high=self.high if high is None else high,
        )
        if repeats > 1:
            times = repeat_blocks(times, repeats, length)
            weights = repeat_blocks(weights, repeats, length)
        return times, weights

    def find_factors(
        self, weights: FloatArray, low: float | None = None, high: float | None = None
    ) -> FloatArray | None:
        """Return factors of weights for times that are not uniform, or None.

        Args:
            weights: the weights of `draw`.
            low: lower end of the times, as in `draw`.
            high: upper end of the times, as in `draw`.
        """
        if self.method != "importance":
            return None
        start = self.low if low is None else low
        end = self.high if high is None else high
        return weights / (end - start)

    def as_dict(self) -> dict[str, Any]:
        """Return the rule for a manifest."""
        return {
            "method": self.method,
            "total": self.total,
            "low": float(self.low),
            "high": float(self.high),
            "time_block": self.time_block,
            "max_length": self.max_length,
        }
