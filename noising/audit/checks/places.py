"""Which ids and positions change."""

import itertools
from collections.abc import Iterator
from typing import Final

import numpy as np

from noising.audit.checks.base import Check
from noising.audit.evidence import Test, share_spread
from noising.audit.law import Observed
from noising.engine.arrays import FloatArray, IntArray
from noising.engine.exact_tests import chernoff_p_values

SHOWN: Final = 5
"""Most ids or positions that a sentence names."""


class Sums:
    """Sums by a key that grow with the largest key."""

    def __init__(self, kinds: int) -> None:
        self.values = np.zeros((kinds, 0))

    def add(self, keys: IntArray, *weights: FloatArray | None) -> None:
        """Add the weights of keys; None counts 1 for each."""
        size = int(keys.max(initial=-1)) + 1
        if size > self.values.shape[1]:
            grown = np.zeros((len(self.values), size))
            grown[:, : self.values.shape[1]] = self.values
            self.values = grown
        for row, weight in zip(self.values, weights, strict=True):
            row[:size] += np.bincount(keys, weight, size)


class Places(Check):
    """Compares the changes of each id and position with those of their rows.

    Where the tokens of a row have the same chance, the expected number of changes
    follows from the row's own number, so that a wrong alpha does not disturb the test.
    """

    def __init__(self) -> None:
        self.ids = Sums(3)  # of each: trials, changes and their expected number
        self.positions = Sums(3)

    def add(self, chunk: Observed) -> None:
        """Count a chunk."""
        eligible, changed = chunk.eligible, chunk.changed
        if chunk.conditional is None:
            return
        chance = np.broadcast_to(chunk.conditional, eligible.shape)
        ids = chunk.pairs.x0[eligible].astype(np.int64, copy=False)
        self.ids.add(ids, None, changed[eligible].astype(np.float64), chance[eligible])
        length = eligible.shape[1]
        of_positions = (
            eligible.sum(axis=0),
            changed.sum(axis=0),
            np.einsum("nl,nl->l", chance, eligible),
        )
        self.positions.add(np.arange(length), *of_positions)

    def tests(self) -> Iterator[Test]:
        """Yield a test of each id and of each position."""
        yield from _tests("id", "token", self.ids.values)
        yield from _tests("position", "position", self.positions.values)

    def position_factors(self) -> FloatArray:
        """Return by how much positions change more often than their rows, (L,).

        They are 1 unless some position clearly differs.
        """
        trials, changed, expected = self.positions.values
        p_values = chernoff_p_values(changed, trials, expected)
        if trials.size < 2 or p_values.min() >= _NOTABLE / trials.size:
            return np.ones(trials.size)
        return np.minimum(changed / np.maximum(expected, _LEAST), _MOST_FACTOR)

    def by_position(self, parts: int) -> list[dict[str, float]]:
        """Return the share of changed tokens in parts of the length, for plots."""
        trials, changed, expected = self.positions.values
        edges = np.linspace(0, trials.size, min(parts, trials.size) + 1).astype(int)
        result = []
        for start, stop in itertools.pairwise(edges):
            number = float(trials[start:stop].sum())
            if number:
                result.append(
                    {
                        "position": float(start),
                        "tokens": number,
                        "changed": float(changed[start:stop].sum()) / number,
                        "expected": float(expected[start:stop].sum()) / number,
                    }
                )
        return result


def _tests(name: str, code: str, values: FloatArray) -> Iterator[Test]:
    trials, changed, expected = values
    used = np.flatnonzero(trials)
    if used.size < 2:  # nothing to compare with
        return
    p_values = chernoff_p_values(changed[used], trials[used], expected[used])
    p_values = np.minimum(p_values * used.size, 1.0)  # the least of all of them
    never = (changed[used] == 0.0) & (expected[used] > 0.0)
    for kind, which in (
        (f"{code}_never_changed", never),
        (f"noise_by_{code}", ~never),
    ):
        places = used[which]
        if not places.size:
            continue
        order = np.argsort(p_values[which], kind="stable")
        worst = places[order[0]]
        off = places[order][p_values[which][order] < _NOTABLE]
        several = ""
        if off.size > 1:
            shown = ", ".join(map(str, sorted(off[:SHOWN].tolist())))
            more = f" and {off.size - SHOWN:,} more" if off.size > SHOWN else ""
            several = f" (likewise {name}s {shown}{more})"
        of, count, mean = (float(row[worst]) for row in values)
        yield Test(
            code=kind,
            case=f"{name} {worst}",
            sentence=f"{name} {worst} changed in {count:,.0f} of {of:,.0f} cases, "
            f"{mean:,.1f} expected{several}",
            measured=count / of,
            expected=mean / of,
            p_value=float(p_values[which][order[0]]),
            spread=share_spread(mean, of),
            worst_of=used.size,
        )


_NOTABLE: Final = 1e-9
_LEAST: Final = 1e-300
_MOST_FACTOR: Final = 1e6  # so that products stay finite
