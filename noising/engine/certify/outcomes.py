"""Counts of where tokens of one state went, against the chances to go there.

How many left is binomial, how many of all went to the mask too, and where the others
went is multinomial, given how many they are.
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
    """p-values of one draw, by what they are about.

    Attributes:
        changed: of how many left their state.
        masked: of how many became the mask, if the graph has one.
        destinations: of where the others went, if they had a choice.
    """

    changed: Tests
    masked: Tests
    destinations: Tests

    @property
    def all(self) -> Tests:
        """All p-values, each named by what it is about."""
        return [
            *((f"{case}, left", p) for case, p in self.changed),
            *((f"{case}, masked", p) for case, p in self.masked),
            *self.destinations,
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Judge:
    """Judges draws of one process.

    Attributes:
        mask_id: the mask, or None.
        num_states: S.
        orders: (S,) orders of the ids to cut into bins, by name.
    """

    mask_id: int | None
    num_states: int
    orders: dict[str, IntArray]

    @classmethod
    def of(cls, process: ForwardProcess) -> "Judge":
        """Return the judge of a process: bins by id, and by remainder, then id."""
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
        """Return the p-values of what became of tokens of one state.

        Args:
            case: what the p-values are called.
            state: the state that all were in.
            drawn: (N,) or (B, L) what they became.
            chances: (S,) the probabilities; not changed.
        """
        chances = chances.copy()
        counts = np.bincount(drawn.ravel(), minlength=self.num_states)
        _leave_out(state, counts, chances)
        left = binomial_p_value(int(counts.sum()), drawn.size, float(chances.sum()))
        masked = []
        if self.mask_id is not None and state != self.mask_id:
            count, chance = _leave_out(self.mask_id, counts, chances)
            masked = [(case, binomial_p_value(count, drawn.size, chance))]
        return Outcomes(
            changed=[(case, left)],
            masked=masked,
            destinations=self._destinations(case, counts, chances),
        )

    def _destinations(self, case: str, counts: IntArray, chances: FloatArray) -> Tests:
        if counts[chances == 0.0].any():
            return [(f"{case}, where none may go", 0.0)]
        bins = min(_MOST_BINS, int(counts.sum() / LEAST_EXPECTED))
        if bins < 2 or np.count_nonzero(chances) < 2:
            return []
        found = []
        for name, order in self.orders.items():
            labels = equal_mass_labels(chances[order], bins)
            observed = np.bincount(labels, counts[order], bins).astype(np.int64)
            weights = np.bincount(labels, chances[order], bins).astype(np.float64)
            found.append((f"{case}, {name}", bins_p_value(observed, weights)))
        return found


def _leave_out(state: int, counts: IntArray, chances: FloatArray) -> tuple[int, float]:
    """Set a state's count and probability to 0 and return what they were."""
    found = int(counts[state]), float(chances[state])
    counts[state], chances[state] = 0, 0.0
    return found
