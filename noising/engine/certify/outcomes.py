"""Tests of what tokens in one state became against the exact probabilities.

The number of tokens that left the state is binomial, and so is the number that became
the mask. Given their number, the ids of the other tokens are multinomial.
"""

from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np

from noising.engine.arrays import FloatArray, IntArray, TokenArray
from noising.engine.exact_tests import (
    LEAST_EXPECTED,
    binomial_p_value,
    bins_p_value,
    equal_mass_labels,
)
from noising.engine.process import ForwardProcess

Tests: TypeAlias = list[tuple[str, float]]
"""Cases and their p-values."""

_MOST_BINS: Final = 65
_STRIDE: Final = 61


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcomes:
    """p-values of one draw by the kind of test.

    Attributes:
        changed: p-values of the number of tokens that left their state.
        masked: p-values of the number that became the mask, if the graph has one.
        destinations: p-values of the ids of the others, if several are possible.
    """

    changed: Tests
    masked: Tests
    destinations: Tests

    @property
    def all(self) -> Tests:
        """All p-values, with the kind of test in their names."""
        return [
            *((f"{case}, left", p) for case, p in self.changed),
            *((f"{case}, masked", p) for case, p in self.masked),
            *self.destinations,
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Judge:
    """Tests draws of one process.

    Attributes:
        mask_id: the mask, or None.
        num_states: S.
        orders: orders in which the ids are divided into bins, each (S,), by name.
    """

    mask_id: int | None
    num_states: int
    orders: dict[str, IntArray]

    @classmethod
    def of(cls, process: ForwardProcess) -> "Judge":
        """Return the judge of a process, with bins by id and by remainder."""
        ids = np.arange(process.num_states)
        by_remainder = np.argsort(ids % _STRIDE, kind="stable")
        return cls(
            mask_id=process.mask_id,
            num_states=process.num_states,
            orders={"in order": ids, "by remainder": by_remainder},
        )

    def outcomes(
        self, case: str, state: int, drawn: TokenArray, chances: FloatArray
    ) -> Outcomes:
        """Return the p-values of a draw of tokens that were all in one state.

        Args:
            case: name of the p-values.
            state: the state that the tokens were in.
            drawn: (N,) or (B, L) the states that they became.
            chances: (S,) exact probabilities of these states.
        """
        chances = chances.copy()
        counts = np.bincount(drawn.ravel(), minlength=self.num_states)
        _take_out(state, counts, chances)
        left = binomial_p_value(int(counts.sum()), drawn.size, float(chances.sum()))
        masked = []
        if self.mask_id is not None and state != self.mask_id:
            count, chance = _take_out(self.mask_id, counts, chances)
            masked = [(case, binomial_p_value(count, drawn.size, chance))]
        return Outcomes(
            changed=[(case, left)],
            masked=masked,
            destinations=self._destinations(case, counts, chances),
        )

    def _destinations(self, case: str, counts: IntArray, chances: FloatArray) -> Tests:
        if counts[chances == 0.0].any():
            return [(f"{case}, impossible ids", 0.0)]
        bins = min(_MOST_BINS, int(counts.sum() / LEAST_EXPECTED))
        if bins < 2 or np.count_nonzero(chances) < 2:
            return []
        tests = []
        for name, order in self.orders.items():
            labels = equal_mass_labels(chances[order], bins)
            observed = np.bincount(labels, counts[order], bins).astype(np.int64)
            weights = np.bincount(labels, chances[order], bins).astype(np.float64)
            tests.append((f"{case}, {name}", bins_p_value(observed, weights)))
        return tests


def _take_out(state: int, counts: IntArray, chances: FloatArray) -> tuple[int, float]:
    """Return a state's count and probability, and set both to 0."""
    count, chance = int(counts[state]), float(chances[state])
    counts[state], chances[state] = 0, 0.0
    return count, chance
