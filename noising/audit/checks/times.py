"""How times are distributed over rows and blocks."""

from collections.abc import Iterator
from typing import Any, Final

import numpy as np

from noising.audit.checks.base import Check
from noising.audit.evidence import Test
from noising.audit.law import Observed
from noising.engine import ForwardProcess
from noising.engine.arrays import FloatArray, repeat_blocks
from noising.engine.exact_tests import bins_p_value, chernoff_p_values

BINS: Final = 65
_KEPT: Final = 1 << 20
_ROUNDING: Final = 2.0**-9  # of a time in bfloat16
_MOST_EMPTY: Final = 0.1
_LEAST_TIMES: Final = 64
_NO_CELL_USED: Final = 0.3679  # share of cells that independent times leave empty


class Times(Check):
    """Compares times with an even distribution over their range.

    A row whose tokens all have one time counts once; so does a block where blocks are
    claimed; otherwise each token.
    """

    def __init__(
        self,
        process: ForwardProcess,
        *,
        low: float,
        high: float,
        method: str | None,
        block: int | None,
    ) -> None:
        self._process = process
        self._low, self._high = low, high
        self._method, self._block = method, block
        self._histogram = np.zeros(BINS, np.int64)
        self._outside = self._count = 0
        self._smallest, self._largest = np.inf, -np.inf
        self._pairs = self._equal = 0
        self._has_steps = True
        self._kept: list[FloatArray] = []
        self._kept_epochs: list[Any] = []
        self._blocks = np.zeros(3)  # pairs of blocks, equal ones, tokens that differ

    def add(self, chunk: Observed) -> None:
        """Count a chunk."""
        time = chunk.pairs.time
        if time is None:
            return
        self._compare_blocks(time, chunk.pairs.shape[1])
        units = self._units(time)
        flat = units.reshape(-1)
        self._count += flat.size
        outside = (flat <= self._low - _ROUNDING) | (flat > self._high + _ROUNDING)
        self._outside += int(outside.sum())
        self._smallest = min(self._smallest, float(flat.min()))
        self._largest = max(self._largest, float(flat.max()))
        steps = flat * self._process.num_timesteps
        self._has_steps &= bool((np.abs(steps - np.round(steps)) < 1e-4).all())
        place = (flat - self._low) / (self._high - self._low) * BINS
        place = np.clip(np.ceil(place - 1e-9).astype(np.int64) - 1, 0, BINS - 1)
        self._histogram += np.bincount(place, minlength=BINS)
        first = units[:, 0]
        self._pairs += max(first.size - 1, 0)
        self._equal += int((first[1:] == first[:-1]).sum())
        if sum(map(len, self._kept)) < _KEPT:
            self._kept.append(first)
            epoch = chunk.pairs.epoch
            self._kept_epochs.append(np.zeros(len(first)) if epoch is None else epoch)

    def _units(self, time: FloatArray) -> FloatArray:
        if time.shape[1] == 1 or (time == time[:, :1]).all():
            return time[:, :1]
        return time if self._block is None else time[:, :: self._block]

    def _compare_blocks(self, time: FloatArray, length: int) -> None:
        if self._block is None or self._block >= length:
            return
        whole = np.broadcast_to(time, (len(time), length))
        starts = whole[:, :: self._block]
        differing = (whole != repeat_blocks(starts, self._block, length)).sum()
        equal = (starts[:, 1:] == starts[:, :-1]).sum()
        self._blocks += (starts[:, 1:].size, equal, differing)

    def tests(self) -> Iterator[Test]:
        """Yield tests of the range, the distribution and the spread."""
        yield from self._block_tests()
        if self._count < 2 or self._smallest == self._largest:
            return  # one time for all: an audit at a fixed time
        span = f"({self._low:g}, {self._high:g}]"
        yield Test(
            code="times_out_of_range",
            case="all times",
            sentence=f"{self._outside:,} of {self._count:,} times lie outside {span}: "
            f"they go from {self._smallest:.4g} to {self._largest:.4g}",
            measured=float(self._outside),
            expected=0.0,
            p_value=0.0 if self._outside else 1.0,
        )
        yield self._repeated_test()
        yield Test(
            code="times_not_uniform",
            case=f"{BINS} parts of {span}",
            sentence=f"{self._count:,} times from {self._smallest:.4g} to "
            f"{self._largest:.4g} are not evenly distributed over {span}",
            measured=float(self._histogram.max() / self._count),
            expected=1.0 / BINS,
            p_value=self._even_p_value(),
            spread=float(np.sqrt(1.0 / BINS / self._count)),
        )
        if self._method is not None:
            yield from self._spread_tests()

    def _even_p_value(self) -> float:
        weights = np.ones(BINS)
        if self._has_steps:  # parts hold different numbers of timesteps
            total = self._process.num_timesteps
            steps = np.arange(1, total + 1) / total
            steps = steps[(steps > self._low) & (steps <= self._high)]
            place = (steps - self._low) / (self._high - self._low) * BINS
            place = np.clip(np.ceil(place - 1e-9).astype(np.int64) - 1, 0, BINS - 1)
            weights = np.bincount(place, minlength=BINS).astype(np.float64)
            if self._histogram[weights == 0.0].any() or not weights.sum():
                return 1.0  # too few timesteps for these parts
            return bins_p_value(self._histogram[weights > 0], weights[weights > 0])
        return bins_p_value(self._histogram, weights)

    def _repeated_test(self) -> Test:
        chance = 2.0**-7  # times in bfloat16 are equal more often than others
        if self._has_steps:
            chance = max(chance, 1.0 / self._process.num_timesteps)
        [p_value] = chernoff_p_values(
            np.array([self._equal]),
            np.array([self._pairs]),
            np.array([self._pairs * chance]),
        )
        share = self._equal / max(self._pairs, 1)
        return Test(
            code="repeated_times",
            case="successive rows",
            sentence=f"{self._equal:,} of {self._pairs:,} rows have the time of the "
            "row before",
            measured=share,
            expected=0.0,
            p_value=float(p_value) if share > chance else 1.0,
        )

    def _spread_tests(self) -> Iterator[Test]:
        """Yield the test of how evenly the times of an epoch use their cells."""
        times, epochs = np.concatenate(self._kept), np.concatenate(self._kept_epochs)
        if self._has_steps or times.size < max(self._count, _LEAST_TIMES):
            return
        cells, empty = times.size, 0
        for epoch in np.unique(epochs).tolist():
            own = times[epochs == epoch]
            places = (own - self._low) / (self._high - self._low) * own.size
            places = np.clip(np.ceil(places - 1e-9), 1, own.size)
            empty += own.size - np.unique(places).size
        share = empty / cells
        is_spread = share < _MOST_EMPTY
        wants_spread = self._method != "uniform"
        yield Test(
            code="times_not_stratified" if wants_spread else "times_stratified",
            case="cells of an epoch",
            sentence=f"the times of an epoch leave {share:.3g} of as many cells empty; "
            "evenly spread ones leave none and independent ones 0.368",
            measured=share,
            expected=0.0 if wants_spread else _NO_CELL_USED,
            p_value=1.0 if is_spread == wants_spread else 0.0,
        )

    def _block_tests(self) -> Iterator[Test]:
        pairs, equal, differing = self._blocks
        if not pairs:
            return
        yield Test(
            code="times_vary_in_block",
            case=f"blocks of {self._block}",
            sentence=f"{differing:,.0f} tokens have another time than the first of "
            f"their block of {self._block}",
            measured=float(differing),
            expected=0.0,
            p_value=0.0 if differing else 1.0,
        )
        half = 0.5 * pairs
        [p_value] = chernoff_p_values(
            np.array([equal]), np.array([pairs]), np.array([half])
        )
        yield Test(
            code="one_time_per_row",
            case=f"blocks of {self._block}",
            sentence=f"{equal:,.0f} of {pairs:,.0f} successive blocks of a row have "
            "the same time",
            measured=float(equal / pairs),
            expected=0.0,
            p_value=float(p_value) if equal > half else 1.0,
        )

    def histogram(self) -> list[int]:
        """Return the numbers of times in BINS parts of the range, for plots."""
        counts: list[int] = self._histogram.tolist()
        return counts
