"""How the number of changed tokens varies from row to row."""

from collections.abc import Iterator
from typing import Final

import numpy as np

from noising.audit.checks.base import Check
from noising.audit.evidence import Test, share_spread
from noising.audit.law import Observed
from noising.engine.arrays import FloatArray, IntArray, quiet
from noising.engine.exact_tests import binomial_tables, bins_p_value, chernoff_p_values

BINS: Final = 33
"""Parts of [0, 1] in which the counts' places in their distributions are counted."""

_SEED: Final = 20231
_EVEN: Final = 1.0 / 12.0  # variance of the uniform distribution on [0, 1]
_MOST_TABLE: Final = 1 << 22


class RowCounts(Check):
    """Tests the number of changed tokens in each row against its binomial law.

    A count's place in its distribution, P(X < k) + u·P(X = k) with u even on [0, 1], is
    evenly distributed whatever the chance of each row. Exact counts gather in the
    middle; dependent tokens and hidden times by block gather at both ends.

    Source: Brockwell 2007, "Universal residuals: a multivariate transformation".
    """

    def __init__(self, block: int | None) -> None:
        self._block = block
        self._generator = np.random.default_rng(_SEED)
        self._bins = np.zeros(BINS, np.int64)
        self._sum_of_squares = 0.0
        self._units = self._empty = 0
        self._expected_empty = 0.0
        self.skipped = False

    def add(self, chunk: Observed) -> None:
        """Count a chunk."""
        law = chunk.law
        if law is None:
            return
        if law.by_row:
            self._add(chunk.changed_count, chunk.eligible_count, law.change[:, 0])
            return
        change = np.broadcast_to(law.change, chunk.eligible.shape)
        if self._block is None:
            self._count_empty(chunk, change)
            return
        starts = np.arange(0, change.shape[1], self._block)
        most = np.maximum.reduceat(
            np.where(chunk.eligible, change, 0.0), starts, axis=1
        )
        own = most[:, np.arange(change.shape[1]) // self._block]
        if (chunk.eligible & (change != own)).any():
            self._count_empty(chunk, change)
            return
        changed = np.add.reduceat(chunk.changed, starts, axis=1, dtype=np.int64)
        eligible = np.add.reduceat(chunk.eligible, starts, axis=1, dtype=np.int64)
        self._add(changed.reshape(-1), eligible.reshape(-1), most.reshape(-1))

    @quiet
    def _count_empty(self, chunk: Observed, change: FloatArray) -> None:
        """Count the rows without changes where tokens have chances of their own."""
        self.skipped = True
        some = chunk.eligible_count > 0
        stay = np.where(chunk.eligible, np.log1p(-change), 0.0).sum(axis=1)
        self._units += int(some.sum())
        self._empty += int((chunk.changed_count[some] == 0).sum())
        self._expected_empty += float(np.exp(stay[some]).sum())

    @quiet
    def _add(self, changed: IntArray, eligible: IntArray, chance: FloatArray) -> None:
        some = eligible > 0
        changed, eligible, chance = changed[some], eligible[some], chance[some]
        self._units += changed.size
        self._empty += int((changed == 0).sum())
        stay = np.where(chance < 1.0, eligible * np.log1p(-chance), -np.inf)
        self._expected_empty += float(np.exp(stay).sum())
        open_ = (chance > 0.0) & (chance < 1.0)
        changed, eligible, chance = changed[open_], eligible[open_], chance[open_]
        if not changed.size:
            return
        step = max(_MOST_TABLE // (int(eligible.max()) + 1), 1)
        for start in range(0, changed.size, step):
            part = slice(start, start + step)
            single, below = binomial_tables(eligible[part], chance[part])
            at = changed[part, None]
            places = np.take_along_axis(below, at, axis=1)[:, 0]
            weight = np.take_along_axis(single, at, axis=1)[:, 0]
            places += self._generator.random(places.size) * weight
            places = np.clip(places, 0.0, np.nextafter(1.0, 0.0))
            self._bins += np.bincount((places * BINS).astype(np.int64), minlength=BINS)
            self._sum_of_squares += float(((places - 0.5) ** 2).sum())

    def tests(self) -> Iterator[Test]:
        """Yield a test of the counts, and one of the rows without noise."""
        unit = "rows" if self._block is None else "blocks"
        total = int(self._bins.sum())
        if total:
            variance = self._sum_of_squares / total
            even = variance < _EVEN
            yield Test(
                code="even_counts" if even else "uneven_counts",
                case=f"all {unit}",
                sentence=f"the numbers of changed tokens of {total:,} {unit} vary "
                f"{'less' if even else 'more'} than independent tokens give: the "
                f"variance of their places in the law is {variance:.3g}, not 0.0833",
                measured=variance,
                expected=_EVEN,
                p_value=bins_p_value(self._bins, np.ones(BINS)),
                spread=float(np.sqrt(1.0 / 180.0 / total)),
            )
        if self._units:
            expected = self._expected_empty
            p_value = chernoff_p_values(
                np.array(self._empty), np.array(self._units), np.array(expected)
            )
            yield Test(
                code="empty_rows",
                case=f"all {unit}",
                sentence=f"{self._empty:,} of {self._units:,} {unit} have no changed "
                f"token, {expected:.4g} expected",
                measured=self._empty / self._units,
                expected=expected / self._units,
                p_value=float(p_value) if self._empty > expected else 1.0,
                spread=share_spread(expected, self._units),
            )

    def notes(self) -> Iterator[str]:
        """Yield what a reader should know that is no fault."""
        unit = "rows" if self._block is None else "blocks"
        if self._empty:
            yield (
                f"{self._empty:,} of {self._units:,} {unit} have no changed token; the "
                f"law gives {self._expected_empty:.4g}. A loss that divides by the "
                "number of changed tokens is 0/0 there: `at_least=1` prevents it."
            )
        if self.skipped:
            yield (
                "The numbers of changed tokens by row were not tested, since the "
                "tokens of a row have different chances."
            )
