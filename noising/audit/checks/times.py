"""How times are distributed over rows and blocks."""

import itertools
from collections.abc import Iterator
from typing import Any, Final

import numpy as np

from noising.audit.checks.base import Check
from noising.audit.evidence import Test, share_spread
from noising.audit.law import Observed
from noising.engine import ForwardProcess
from noising.engine.arrays import BoolArray, FloatArray, IntArray
from noising.engine.exact_tests import bins_p_value, chernoff_p_values

BINS: Final = 65
_KEPT: Final = 1 << 20
_SEED: Final = 20232
_ROUNDING: Final = 2.0**-9  # of a time in bfloat16
_GRIDS: Final = (1 << 8, 1 << 11)  # of random numbers in bfloat16 and float16
_RANKS: Final = 64
_MIRRORED: Final = 0.2
_MOST_EMPTY: Final = 0.1
_LEAST_TIMES: Final = 64
_NO_CELL_USED: Final = 0.3679  # share of cells that independent times leave empty
_WINDOWED: Final = 1 << 12
_LEAST_WINDOWED: Final = 512
_WINDOWS: Final = range(8, 257)  # batch sizes that are tried

_SPREAD: Final = {"uniform": False, "stratified": True, "sobol": True}
"""Whether the times of a method use all cells; other methods are not tested for it."""


class Times(Check):
    """Compares times with an even distribution over their range.

    A row with one time counts once. Of a row with several, each block counts once where
    blocks are claimed; otherwise each run of equal times does. Tokens that may not
    change have no time.

    Rounded times, such as timesteps or numbers in bfloat16, are spread over what rounds
    to them, so that parts of the range are compared as if times were exact.
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
        self._last = np.zeros(0)
        self._has_steps = True
        self._generator = np.random.default_rng(_SEED)
        self._kept: list[FloatArray] = []
        self._kept_epochs: list[Any] = []
        self._kept_ranks: list[Any] = []
        self._blocks = np.zeros(3)  # pairs of blocks, equal ones, tokens that differ

    def add(self, chunk: Observed) -> None:
        """Count a chunk."""
        time = chunk.pairs.time
        if time is None:
            return
        flat = first = time[:, 0]
        if time.shape[1] > 1 or self._block is not None:
            whole = np.broadcast_to(time, chunk.pairs.shape)
            of_blocks = self._split_rows(whole, chunk.eligible)
            if time.shape[1] > 1:
                flat, first = of_blocks
        if not flat.size:
            return
        self._count += flat.size
        outside = (flat <= self._low - _ROUNDING) | (flat > self._high + _ROUNDING)
        self._outside += int(outside.sum())
        self._smallest = min(self._smallest, float(flat.min()))
        self._largest = max(self._largest, float(flat.max()))
        place = (self._spread(flat) - self._low) / (self._high - self._low) * BINS
        place = np.clip(np.ceil(place - 1e-9).astype(np.int64) - 1, 0, BINS - 1)
        self._histogram += np.bincount(place, minlength=BINS)
        successive = np.append(self._last, first)
        self._pairs += successive.size - 1
        self._equal += int((successive[1:] == successive[:-1]).sum())
        self._last = first[-1:]
        if sum(map(len, self._kept)) < _KEPT:
            self._kept.append(first)
            names = (self._kept_epochs, self._kept_ranks)
            of_pairs = (chunk.pairs.epoch, chunk.pairs.rank)
            for kept, name in zip(names, of_pairs, strict=True):
                unknown = name is None or name.size != first.size
                kept.append(np.zeros(first.size) if unknown else name)

    def _split_rows(
        self, time: FloatArray, eligible: BoolArray
    ) -> tuple[FloatArray, FloatArray]:
        """Return the separate times of rows, and the first of each row."""
        if self._block is None:
            of_tokens, row = time[eligible], np.nonzero(eligible)[0]
            is_first = np.ones(row.size, bool)
            is_first[1:] = row[1:] != row[:-1]
            differs = is_first.copy()
            differs[1:] |= of_tokens[1:] != of_tokens[:-1]
            return of_tokens[differs], of_tokens[is_first]
        starts = np.arange(0, time.shape[1], self._block)
        low = np.minimum.reduceat(np.where(eligible, time, np.inf), starts, axis=1)
        own = low[:, np.arange(time.shape[1]) // self._block]
        used = np.isfinite(low)
        both = used[:, 1:] & used[:, :-1]
        equal = both & (low[:, 1:] == low[:, :-1])
        self._blocks += (both.sum(), equal.sum(), (eligible & (time != own)).sum())
        some = used.any(axis=1)
        return low[used], low[some, used[some].argmax(axis=1)]

    def _spread(self, time: FloatArray) -> FloatArray:
        """Return times spread over what rounds to them."""
        draw = self._generator.random(time.size)
        steps = time * self._process.num_timesteps
        nearest = np.round(steps)
        if (np.abs(steps - nearest) < 1e-4).all():
            return np.asarray((nearest - draw) / self._process.num_timesteps)
        self._has_steps = False
        single = time.astype(np.float32)
        if (single != time).any():
            return time
        for grid in _GRIDS if self._low == 0.0 and self._high == 1.0 else ():
            if (single * grid % 1.0 == 0.0).all():  # with 0 or with 1, so on a circle
                return np.asarray((time + (draw - 0.5) / grid) % 1.0)
        if (single.view(np.uint32) & 0xFFFF == 0).all():
            digits = 8  # bfloat16
        elif (single.astype(np.float16) == single).all():
            digits = 11
        else:
            return time
        fraction, exponent = np.frexp(time)
        step = 2.0 ** (exponent - digits)
        below = np.where(fraction == 0.5, 0.25, 0.5)  # powers of two: finer below
        return np.asarray(time + ((0.5 + below) * draw - below) * step)

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
        yield from self._repeated_tests()
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
        if self._method in _SPREAD:
            yield from self._spread_tests()

    def _even_p_value(self) -> float:
        """Return the p-value of the histogram; of pairs t and 1 - t one counts."""
        counts, mirrored = self._histogram, self._histogram[::-1]
        noise = np.sqrt(float(BINS * self._count))  # of the sum below, if independent
        if np.abs(counts - mirrored).sum() < _MIRRORED * noise:
            counts = (counts + mirrored) // 2
            half = BINS // 2 + 1
            weights = np.ones(half)
            weights[-1] = 0.5  # the middle part is its own mirror image
            counts = counts[:half].copy()
            counts[-1] //= 2
            return bins_p_value(counts, weights)
        return bins_p_value(counts, np.ones(BINS))

    def _repeated_tests(self) -> Iterator[Test]:
        """Yield tests of successive rows, and of the same rows of two ranks."""
        yield self._repeated_test(
            "successive rows",
            f"{self._equal:,} of {self._pairs:,} rows have the time of the row before",
            self._equal,
            self._pairs,
        )
        times, ranks = np.concatenate(self._kept), np.concatenate(self._kept_ranks)
        names = np.unique(ranks)[:_RANKS].tolist()
        for one, other in itertools.pairwise(names):
            left, right = times[ranks == one], times[ranks == other]
            rows = min(left.size, right.size)
            equal = int((left[:rows] == right[:rows]).sum())
            yield self._repeated_test(
                f"ranks {one:.0f} and {other:.0f}",
                f"{equal:,} of {rows:,} rows of rank {one:.0f} have the time of the "
                f"same row of rank {other:.0f}",
                equal,
                rows,
            )

    def _repeated_test(self, case: str, sentence: str, equal: int, pairs: int) -> Test:
        width = self._high - self._low
        # Times in bfloat16 are equal more often than others.
        chance = 2.0**-7 * self._high / width
        if self._has_steps:
            chance = max(chance, 1.0 / (width * self._process.num_timesteps))
        chance = min(chance, 1.0)
        [p_value] = chernoff_p_values(
            np.array([equal]), np.array([pairs]), np.array([pairs * chance])
        )
        share = equal / max(pairs, 1)
        return Test(
            code="repeated_times",
            case=case,
            sentence=sentence,
            measured=share,
            expected=chance,
            p_value=float(p_value) if share > chance else 1.0,
            spread=share_spread(pairs * chance, pairs),
        )

    def _spread_tests(self) -> Iterator[Test]:
        """Yield the test of how evenly the times of an epoch use their cells."""
        times, epochs = np.concatenate(self._kept), np.concatenate(self._kept_epochs)
        if self._has_steps or times.size < max(self._count, _LEAST_TIMES):
            return
        order = np.argsort(epochs, kind="stable")
        places = (times[order] - self._low) / (self._high - self._low)
        sizes = np.unique(epochs, return_counts=True)[1]
        share, cells = _empty_share(places, sizes), "an epoch"
        if times.size >= _LEAST_WINDOWED:
            some = places[:_WINDOWED]
            windows = [
                (_empty_share(some[: some.size // size * size], size), size)
                for size in _WINDOWS
            ]
            least, size = min(windows)
            if least < _MOST_EMPTY <= share:
                share, cells = least, f"a batch of {size}"
        is_spread = share < _MOST_EMPTY
        wants_spread = _SPREAD[str(self._method)]
        yield Test(
            code="times_not_stratified" if wants_spread else "times_stratified",
            case=f"cells of {cells}",
            sentence=f"if the range has as many cells as {cells} has times, the times "
            f"leave {share:.3g} of the cells empty; evenly spread ones leave none and "
            "independent ones 0.368",
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
            spread=share_spread(half, float(pairs)),
        )

    def histogram(self) -> list[int]:
        """Return the numbers of times in BINS parts of the range, for plots."""
        counts: list[int] = self._histogram.tolist()
        return counts


def _empty_share(places: FloatArray, sizes: IntArray | int) -> float:
    """Return the share of empty cells.

    Args:
        places: (K,) places in the range, from 0 to 1.
        sizes: how many successive places share a range of as many cells.
    """
    if isinstance(sizes, int):
        sizes = np.full(places.size // sizes, sizes)
    starts, of = np.repeat(np.cumsum(sizes) - sizes, sizes), np.repeat(sizes, sizes)
    cells = np.clip(np.ceil(places * of - 1e-9), 1, of) + starts
    return 1.0 - np.unique(cells).size / max(places.size, 1)
