"""What changed tokens become."""

from collections.abc import Iterator
from typing import Any, Final

import numpy as np

from noising.audit.checks.base import Check
from noising.audit.checks.levels import find_parts
from noising.audit.checks.places import Sums
from noising.audit.evidence import Test, share_spread
from noising.audit.law import Observed, find_events
from noising.engine import ForwardProcess
from noising.engine.arrays import FloatArray, IntArray
from noising.engine.exact_tests import (
    LEAST_EXPECTED,
    binomial_p_value,
    bins_p_value,
    chernoff_p_values,
    equal_mass_labels,
)
from noising.engine.graphs.mixture import MixtureGraph

_GROUPS: Final = 16
_MOST_BINS: Final = 65
_BANDS: Final = 16
_ONE_ID: Final = 0.9
_SUSPECTS: Final = 4
_LEAST: Final = 1e-300
_SMALL: Final = 1e-9


class Replacements(Check):
    """Compares the ids of changed tokens with the graph's distributions.

    Given that a token changed, the chance that it is masked is known, and so are the
    chances of the other ids. A wrong alpha does not disturb these tests where the graph
    only masks or only resamples.
    """

    def __init__(self, process: ForwardProcess) -> None:
        graph = process.graph
        self._graph = graph if isinstance(graph, MixtureGraph) else None
        self._process = process
        self._may_mask, self._may_draw = find_events(process)
        self._base = np.zeros(0) if self._graph is None else self._graph.base()
        self._masked = np.zeros((3, _GROUPS))  # changed tokens, masked ones, expected
        self._became = Sums(1)  # by new id, of the unmasked ones
        self._left = Sums(1)  # by old id, the sum of 1/(1 - base)
        self._joint = np.zeros(_BANDS**2, np.int64)  # by bands of the old and new ids
        self._impossible = Sums(1)  # by new id
        self._own = np.zeros(3)  # resampled tokens, those with their own id, expected

    def add(self, chunk: Observed) -> None:
        """Count a chunk."""
        if self._graph is None:
            return
        changed = chunk.changed & chunk.in_states
        old = chunk.pairs.x0[changed].astype(np.int64, copy=False)
        new = chunk.pairs.xt[changed].astype(np.int64, copy=False)
        mask_id = self._process.mask_id
        masked = np.zeros(new.size, bool) if mask_id is None else new == mask_id
        may_mask, may_draw = self._may_mask, self._may_draw
        inside = np.minimum(new, self._base.size - 1)
        drawn = ~masked & (new < self._base.size) & (self._base[inside] > 0.0)
        wrong = ~masked & ~drawn if may_draw else ~masked
        if not may_mask:
            wrong = wrong | masked
        self._impossible.add(new[wrong], None)
        self._count_masked(chunk, changed, masked)
        if may_draw:
            ids = old[drawn]
            weights = 1.0 / (1.0 - self._base[ids])
            self._became.add(new[drawn], None)
            self._left.add(ids, weights)
            cells = self._bands(ids) * _BANDS + self._bands(new[drawn])
            self._joint += np.bincount(cells, minlength=_BANDS**2)
        self._count_own(chunk)

    def _count_masked(self, chunk: Observed, changed: Any, masked: Any) -> None:
        law, time = chunk.law, chunk.pairs.time
        if law is None or time is None:
            return
        given = law.mask / np.maximum(law.change, _LEAST)
        shape = changed.shape
        place = np.broadcast_to(find_parts(time, _GROUPS), shape)[changed]
        expected = np.broadcast_to(given, shape)[changed]
        self._masked += [
            np.bincount(place, weight, _GROUPS)
            for weight in (None, masked.astype(np.float64), expected)
        ]

    def _count_own(self, chunk: Observed) -> None:
        """Count resampled tokens that drew their own id."""
        law, moved = chunk.law, chunk.pairs.moved
        if law is None or moved is None:
            return
        resampled = np.broadcast_to(moved, chunk.eligible.shape) & chunk.eligible
        same = resampled & (chunk.pairs.x0 == chunk.pairs.xt)
        expected = np.broadcast_to(law.own_share, resampled.shape)[resampled].sum()
        self._own += (resampled.sum(), same.sum(), expected)

    def tests(self) -> Iterator[Test]:
        """Yield tests of impossible ids, of the share of masks and of the ids."""
        if self._graph is None:
            return
        yield self._impossible_test()
        yield from self._masked_tests()
        yield from self._own_test()
        yield from self._id_tests()

    def _impossible_test(self) -> Test:
        counts = self._impossible.values[0]
        wrong, changed = int(counts.sum()), int(self._masked[0].sum())
        code, sentence = "impossible_ids", "no token became an id that it cannot become"
        if wrong:
            worst = int(counts.argmax())
            ids = np.flatnonzero(counts)
            mask_id = self._process.mask_id
            graph_type = self._process.parts["graph"]["type"]
            sentence = (
                f"{wrong:,} tokens became ids that the graph `{graph_type}` rules out, "
                f"most often {worst}"
            )
            if ids.size > 1:
                sentence += f" ({ids.size:,} ids in all, from {ids[0]} to {ids[-1]})"
            is_one = counts[worst] >= _ONE_ID * max(changed, wrong)
            if is_one and mask_id is not None and worst != mask_id:
                code = "wrong_mask_id"
                sentence = (
                    f"{int(counts[worst]):,} changed tokens became id {worst}; the "
                    f"specification's mask is {mask_id}"
                )
        return Test(
            code=code,
            case="all changed tokens",
            sentence=sentence,
            measured=float(wrong),
            expected=0.0,
            p_value=0.0 if wrong else 1.0,
        )

    def _masked_tests(self) -> Iterator[Test]:
        for part in np.flatnonzero(self._masked[0]):
            trials, masked, expected = (float(row[part]) for row in self._masked)
            if 0.0 < expected < trials:
                case = f"t in ({part / _GROUPS:.4g}, {(part + 1) / _GROUPS:.4g}]"
                yield Test(
                    code="masked_share",
                    case=case,
                    sentence=f"{masked / trials:.4g} of the changed tokens are masked "
                    f"at {case}, {expected / trials:.4g} expected",
                    measured=masked / trials,
                    expected=expected / trials,
                    p_value=binomial_p_value(
                        round(masked), round(trials), expected / trials
                    ),
                    spread=share_spread(expected, trials),
                )

    def _own_test(self) -> Iterator[Test]:
        trials, same, expected = self._own
        if trials and expected > 0.0:
            [p_value] = chernoff_p_values(
                np.array([same]), np.array([trials]), np.array([expected])
            )
            is_few = same < expected
            yield Test(
                code="own_token_excluded" if is_few else "moved_disagrees",
                case="tokens that moved",
                sentence=f"{same:,.0f} of {trials:,.0f} resampled tokens drew their "
                f"own id, {expected:,.1f} expected",
                measured=float(same / trials),
                expected=float(expected / trials),
                p_value=float(p_value),
                spread=share_spread(float(expected), float(trials)),
            )

    def _id_tests(self) -> Iterator[Test]:
        counts = _fit(self._became.values[0], self._base.size)
        trials = int(counts.sum())
        if trials == 0 or np.count_nonzero(self._base) < 2:
            return
        weights = _fit(self._left.values[0], self._base.size)
        yield self._joint_test(weights, trials)
        expected = self._base * np.maximum(weights.sum() - weights, 0.0)
        expected *= trials / expected.sum()
        yield self._worst_id(counts, expected, trials)
        bins = min(_MOST_BINS, int(trials / LEAST_EXPECTED))
        if bins >= 2:
            labels = equal_mass_labels(expected, bins)
            observed = np.bincount(labels, counts, bins).astype(np.int64)
            weights = np.bincount(labels, expected, bins).astype(np.float64)
            p_value = bins_p_value(observed, weights)
            yield Test(
                code="replacement_law",
                case=f"ids in {bins} bins",
                sentence=f"the ids of {trials:,} resampled tokens do not follow the "
                "graph's distribution over the vocabulary",
                measured=float(observed.max() / trials),
                expected=1.0 / bins,
                p_value=p_value,
                spread=share_spread(trials / bins, trials),
            )

    def _bands(self, ids: IntArray) -> IntArray:
        return ids * _BANDS // self._base.size

    def _joint_test(self, weights: FloatArray, trials: int) -> Test:
        """Test whether new ids depend on the old ones."""
        of_ids = self._bands(np.arange(self._base.size))
        base = np.bincount(of_ids, self._base, _BANDS)
        left = np.bincount(of_ids, weights, _BANDS)
        own = np.bincount(of_ids, weights * self._base, _BANDS)
        expected = np.maximum(np.outer(left, base) - np.diag(own), 0.0).reshape(-1)
        used = expected > _SMALL * expected.max()
        return Test(
            code="replacement_law",
            case=f"pairs of {_BANDS} bands of ids",
            sentence=f"the ids of {trials:,} resampled tokens depend on those that "
            "they replace",
            measured=float(np.trace(self._joint.reshape(_BANDS, _BANDS)) / trials),
            expected=float(expected.reshape(_BANDS, _BANDS).trace() / expected.sum()),
            p_value=bins_p_value(self._joint[used], expected[used]),
        )

    def _worst_id(self, counts: FloatArray, expected: FloatArray, trials: int) -> Test:
        """Test the ids that are farthest from their expected numbers."""
        off = (counts - expected) / np.sqrt(np.maximum(expected, 1e-3))
        suspects: IntArray = np.argsort(-np.abs(off), kind="stable")[:_SUSPECTS]
        p_values = [
            binomial_p_value(int(counts[id_]), trials, float(expected[id_] / trials))
            for id_ in suspects
        ]
        least = int(np.argmin(p_values))
        id_ = int(suspects[least])
        return Test(
            code="replacement_law",
            case=f"id {id_}",
            sentence=f"{counts[id_]:,.0f} of {trials:,} resampled tokens became id "
            f"{id_}, {expected[id_]:,.1f} expected",
            measured=float(counts[id_] / trials),
            expected=float(expected[id_] / trials),
            p_value=min(p_values[least] * np.count_nonzero(self._base), 1.0),
            spread=share_spread(float(expected[id_]), trials),
            worst_of=int(np.count_nonzero(self._base)),
        )


def _fit(values: FloatArray, size: int) -> FloatArray:
    """Return sums by id with one entry for each of `size` ids."""
    whole = np.zeros(size)
    whole[: values.size] = values[:size]
    return whole
