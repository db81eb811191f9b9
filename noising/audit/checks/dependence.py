"""Whether positions, rows, ranks and epochs have noise of their own."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from noising.audit.checks.base import Check
from noising.audit.checks.places import Places
from noising.audit.evidence import Test, share_spread
from noising.audit.law import Observed
from noising.engine import ForwardProcess
from noising.engine.arrays import AnyArray, BoolArray, FloatArray, IntArray
from noising.engine.exact_tests import bins_p_value, chernoff_p_values
from noising.engine.graphs.mixture import MixtureGraph

KEPT: Final = 1 << 20
"""Tokens of which the changes are kept, of each rank and of the first epoch."""

_RANKS: Final = 64
_CELLS: Final = 4


class PairCount:
    """How often both tokens of a pair changed, and how often they should.

    Attributes:
        trials: pairs of tokens that may change.
        both: pairs of which both changed.
        expected: the expected number of these by the first token's position, if the
            tokens are independent.
        rows: pairs of rows that were compared.
        equal: of these, how many changed at exactly the same positions.
    """

    def __init__(self, lag: int = 0) -> None:
        self._lag = lag
        self.trials = self.both = 0.0
        self.expected = np.zeros(0)
        self.rows = self.equal = 0

    def add(self, left: "Rows", right: "Rows") -> None:
        """Count pairs of tokens at the same places of two arrays of rows."""
        may = left.eligible & right.eligible
        self.rows += len(may)
        some = left.changed.any(axis=-1) & ~(left.changed == left.eligible).all(axis=-1)
        self.equal += int((some & (left.changed == right.changed).all(axis=-1)).sum())
        self.add_pairs(
            np.arange(may.shape[-1]),
            may,
            left.changed & right.changed,
            left.chance * right.chance,
        )

    def add_pairs(
        self, places: IntArray, may: BoolArray, both: BoolArray, chance: AnyArray
    ) -> None:
        """Count pairs of tokens.

        Args:
            places: (K,) positions of the first tokens.
            may: (N, K), whether both may change.
            both: (N, K), whether both changed.
            chance: chance of this if they are independent; broadcasts to (N, K).
        """
        if not places.size:
            return
        self.trials += float(may.sum())
        self.both += float(both.sum())
        size = int(places.max()) + 1
        if size > self.expected.size:
            self.expected = np.pad(self.expected, (0, size - self.expected.size))
        np.add.at(self.expected, places, np.where(may, chance, 0.0).sum(axis=0))

    def test(self, code: str, case: str, sentence: str, factors: FloatArray) -> Test:
        """Return the test of the count.

        Args:
            code: the finding.
            case: what was compared.
            sentence: begins the result in words.
            factors: by how much the tokens of each position change more often than
                others; (L,).
        """
        expected = self._expect(factors)
        share, mean = self.both / self.trials, expected / self.trials
        [p_value] = chernoff_p_values(
            np.array([self.both]), np.array([self.trials]), np.array([expected])
        )
        equal = (
            f"; {self.equal:,} of {self.rows:,} pairs of rows changed at exactly the "
            "same positions"
            if self.equal
            else ""
        )
        return Test(
            code=code,
            case=case,
            sentence=f"{sentence} both change with the frequency {share:.4g}, where "
            f"independent ones give {mean:.4g}{equal}",
            measured=share,
            expected=mean,
            p_value=float(p_value),
            spread=share_spread(expected, self.trials),
        )

    def _expect(self, factors: FloatArray) -> float:
        size = self.expected.size
        pairs = factors[:size] * factors[self._lag : size + self._lag]
        return min(float(self.expected @ pairs), self.trials)


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows with their changes and the chances of these.

    Attributes:
        changed: (N, L), whether each token changed.
        eligible: (N, L), whether it may change.
        chance: (N, 1) or (N, L) chances of a change.
    """

    changed: BoolArray
    eligible: BoolArray
    chance: NDArray[np.float32]

    def __getitem__(self, key: Any) -> "Rows":
        return Rows(self.changed[key], self.eligible[key], self.chance[key])

    @classmethod
    def of(cls, chunk: Observed) -> "Rows | None":
        """Return the rows of a chunk, or None where no chances are known."""
        chance = chunk.conditional
        if chance is None:
            return None
        return cls(chunk.changed, chunk.eligible, chance.astype(np.float32))


def compare_rows(left: Rows, right: Rows) -> PairCount:
    """Count the pairs of two lists of rows, as far as both reach."""
    count = PairCount()
    rows = min(len(left.changed), len(right.changed))
    length = min(left.changed.shape[1], right.changed.shape[1])
    part = (slice(rows), slice(length))
    count.add(left[part], right[part])
    return count


class Dependence(Check):
    """Counts pairs of tokens that both changed.

    Given how many tokens of each row changed, the expected number of such pairs is
    known if positions and rows are independent, whatever alpha is. Pairs do not
    overlap.
    """

    def __init__(self, process: ForwardProcess, places: Places) -> None:
        self._process, self._places = process, places
        self._neighbours, self._apart = PairCount(lag=1), PairCount(lag=8)
        self._rows = PairCount()
        self._same_id = np.zeros(2)  # pairs of resampled tokens; those with one new id

    def add(self, chunk: Observed) -> None:
        """Count a chunk."""
        rows = Rows.of(chunk)
        if rows is None:
            return
        self._add_positions(chunk, rows)
        even = len(rows.changed) // 2 * 2
        if even:
            self._rows.add(rows[:even:2], rows[1:even:2])

    def _add_positions(self, chunk: Observed, rows: Rows) -> None:
        length = rows.changed.shape[1]
        chance = self._pair_chance(chunk)
        for count, lag in ((self._neighbours, 1), (self._apart, 8)):
            starts = np.arange(length - lag)
            left = starts[starts // lag % 2 == 0]
            right = left + lag
            may = rows.eligible[:, left] & rows.eligible[:, right]
            both = rows.changed[:, left] & rows.changed[:, right]
            if chance is None:
                pairs = rows.chance[:, left] * rows.chance[:, right]
            else:
                pairs = chance[:, None]
            count.add_pairs(left, may, both, pairs)
            if lag == 1:
                self._add_same_ids(chunk, both, left, right)

    @staticmethod
    def _pair_chance(chunk: Observed) -> FloatArray | None:
        """Return the chance that two given tokens of a row changed, (N,)."""
        if not chunk.is_exchangeable:
            return None
        n = chunk.eligible_count.astype(np.float64)
        k = chunk.changed_count
        return np.asarray(k * (k - 1) / np.maximum(n * (n - 1), 1.0))

    def _add_same_ids(
        self, chunk: Observed, both: BoolArray, left: IntArray, right: IntArray
    ) -> None:
        xt, mask_id = chunk.pairs.xt, self._process.mask_id
        one, other = xt[:, left][both], xt[:, right][both]
        if mask_id is not None:
            drawn = (one != mask_id) & (other != mask_id)
            one, other = one[drawn], other[drawn]
        self._same_id += (one.size, (one == other).sum())

    def tests(self) -> Iterator[Test]:
        """Yield a test for each kind of pair."""
        factors = self._places.position_factors()
        for count, code, case, sentence in (
            (self._neighbours, "dependent_positions", "neighbours", "neighbours"),
            (
                *(self._apart, "dependent_positions", "eight apart"),
                "tokens eight positions apart",
            ),
            (
                *(self._rows, "repeated_rows", "rows"),
                "tokens at one position of two successive rows",
            ),
        ):
            if count.trials:
                yield count.test(code, case, sentence, factors)
        yield from self._same_id_test()

    def _same_id_test(self) -> Iterator[Test]:
        pairs, same = self._same_id
        graph = self._process.graph
        if not pairs or not isinstance(graph, MixtureGraph):
            return
        base = graph.base()
        # Neither token draws its own id, which makes others likelier by this factor.
        most = min(float(base @ base) / (1.0 - float(base.max())) ** 2, 1.0)
        [p_value] = chernoff_p_values(
            np.array([same]), np.array([pairs]), np.array([pairs * most])
        )
        yield Test(
            code="repeated_positions",
            case="neighbours",
            sentence=f"{same:,.0f} of {pairs:,.0f} pairs of resampled neighbours drew "
            f"the same id, at most {pairs * most:,.1f} expected",
            measured=float(same / pairs),
            expected=most,
            p_value=float(p_value) if same > pairs * most else 1.0,
            spread=share_spread(pairs * most, pairs),
        )


class Ranks(Check):
    """Compares rows that different ranks noised at the same place of their order."""

    def __init__(self, places: Places) -> None:
        self._places = places
        self._kept: dict[int, list[Rows]] = {}
        self._tokens: dict[int, int] = {}

    def add(self, chunk: Observed) -> None:
        """Keep the first rows of each rank."""
        rows, ranks = Rows.of(chunk), chunk.pairs.rank
        if rows is None or ranks is None:
            return
        for rank in np.unique(ranks).tolist():
            if rank not in self._kept and len(self._kept) == _RANKS:
                continue
            seen = self._tokens.get(rank, 0)
            if seen < KEPT:
                part = rows[ranks == rank]
                self._kept.setdefault(rank, []).append(part)
                self._tokens[rank] = seen + part.changed.size

    def tests(self) -> Iterator[Test]:
        """Yield a test of each two successive ranks."""
        ranks = sorted(self._kept)
        for one, other in itertools.pairwise(ranks):
            left, right = (_join(self._kept[rank]) for rank in (one, other))
            count = compare_rows(left, right)
            if count.trials:
                yield count.test(
                    "same_noise_on_ranks",
                    f"ranks {one} and {other}",
                    f"tokens of the same row and position on ranks {one} and {other}",
                    self._places.position_factors(),
                )


def _join(parts: list[Rows]) -> Rows:
    """Return the rows of parts of one length as one; others are left out."""
    length = parts[0].changed.shape[1]
    same = [part for part in parts if part.changed.shape[1] == length]
    width = max(part.chance.shape[1] for part in same)
    return Rows(
        np.concatenate([part.changed for part in same]),
        np.concatenate([part.eligible for part in same]),
        np.concatenate(
            [np.broadcast_to(part.chance, (len(part.chance), width)) for part in same]
        ),
    )


class Epochs(Check):
    """Compares the noise and the times of the same row in different epochs.

    The first row of each id is kept, and later ones are compared with it. Its changes
    are taken as given: several later rows are then independent of each other.
    """

    def __init__(
        self, places: Places, *, low: float, high: float, method: str | None
    ) -> None:
        self._places, self._low, self._high = places, low, high
        self._method = method
        self._place_of: dict[int, int] = {}
        self._changed = self._eligible = np.zeros((0, 0), bool)
        self._epoch = np.zeros(0, np.int64)
        self._time = np.zeros(0)
        self._noise = PairCount()
        self._times: list[FloatArray] = []

    def add(self, chunk: Observed) -> None:
        """Keep rows that are new, and compare those of another epoch."""
        rows, pairs = Rows.of(chunk), chunk.pairs
        if rows is None or pairs.ids is None or pairs.epoch is None:
            return
        length = rows.changed.shape[1]
        if not self._place_of:
            capacity = max(KEPT // length, 1)
            self._changed = np.zeros((capacity, length), bool)
            self._eligible = np.zeros((capacity, length), bool)
            self._epoch = np.zeros(capacity, np.int64)
            self._time = np.zeros(capacity)
        if length != self._changed.shape[1]:
            return
        time = np.full(len(pairs.ids), np.nan)
        if pairs.time is not None and pairs.time.shape[1] == 1:
            time = pairs.time[:, 0]
        places, new = self._find_places(pairs.ids)
        self._changed[places[new]] = rows.changed[new]
        self._eligible[places[new]] = rows.eligible[new]
        self._epoch[places[new]] = pairs.epoch[new]
        self._time[places[new]] = time[new]
        later = np.flatnonzero((places >= 0) & (self._epoch[places] != pairs.epoch))
        if not later.size:
            return
        first = places[later]
        given = self._changed[first]
        left = Rows(given, self._eligible[first], given.astype(np.float32))
        self._noise.add(left, rows[later])
        both = np.stack([self._time[first], time[later]], axis=1)
        self._times.append(both[~np.isnan(both).any(axis=1)])

    def _find_places(self, ids: IntArray) -> tuple[IntArray, IntArray]:
        """Return where the rows of ids are kept, -1 for nowhere, and the new rows."""
        places, new = np.full(ids.size, -1), []
        for row, id_ in enumerate(ids.tolist()):
            place = self._place_of.get(id_)
            if place is None:
                place = len(self._place_of)
                if place == len(self._changed):
                    continue
                self._place_of[id_] = place
                new.append(row)
            places[row] = place
        return places, np.array(new, np.int64)

    def tests(self) -> Iterator[Test]:
        """Yield tests of the noise and of the times."""
        if self._noise.trials:
            yield self._noise.test(
                *("frozen_noise", "epochs", "the same tokens of a row in two epochs"),
                np.sqrt(self._places.position_factors()),  # one of the rows is given
            )
        times = np.concatenate([np.zeros((0, 2)), *self._times])
        if len(times):
            yield self._same_times_test(times)
            if self._method != "sobol":  # an epoch shifts all its times together
                yield self._related_times_test(times)

    @staticmethod
    def _same_times_test(times: FloatArray) -> Test:
        same = int((times[:, 0] == times[:, 1]).sum())
        # Two independent times are equal with at most this chance.
        shares = np.unique(times[:, 0], return_counts=True)[1] / len(times)
        chance = max(float(shares @ shares), 2.0**-10)
        [p_value] = chernoff_p_values(
            np.array([same]), np.array([len(times)]), np.array([len(times) * chance])
        )
        return Test(
            code="frozen_times",
            case="epochs",
            sentence=f"{same:,} of {len(times):,} rows have exactly the same time in "
            "two epochs",
            measured=same / len(times),
            expected=chance,
            p_value=float(p_value) if same > len(times) * chance else 1.0,
            spread=share_spread(len(times) * chance, len(times)),
        )

    def _related_times_test(self, times: FloatArray) -> Test:
        cells = (times - self._low) / max(self._high - self._low, 1e-300) * _CELLS
        places = np.clip(np.ceil(cells - 1e-9).astype(np.int64) - 1, 0, _CELLS - 1)
        joint = np.bincount(places @ (_CELLS, 1), minlength=_CELLS**2)
        first, second = (np.bincount(column, minlength=_CELLS) for column in places.T)
        expected = np.outer(first, second).reshape(-1).astype(np.float64)
        used = expected > 0.0
        vary = bool(np.all(np.ptp(times, axis=0) > 0.0))
        correlation = float(np.corrcoef(times.T).flat[1]) if vary else 0.0
        return Test(
            code="times_stick_to_rows",
            case="epochs",
            sentence=f"the times of a row in two epochs have the correlation "
            f"{correlation:.3g} over {len(times):,} rows",
            measured=correlation,
            expected=0.0,
            p_value=bins_p_value(joint[used], expected[used])
            if used.sum() > 1
            else 1.0,
            spread=1.0 / np.sqrt(len(times)),
        )
