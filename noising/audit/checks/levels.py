"""How many tokens change, by time."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from noising.audit.checks.base import Check
from noising.audit.evidence import Test, share_spread
from noising.audit.law import Observed
from noising.engine import ForwardProcess
from noising.engine.arrays import FloatArray, IntArray
from noising.engine.exact_tests import binomial_p_value

FINE: Final = 1024
"""Parts of [0, 1] by which changes are counted for the fit of schedules."""

GROUPS: Final = 64
"""Parts of [0, 1] that are tested each."""

_NORMAL: Final = 3.2905  # both tails of the band together hold 0.1 %
_CLOSE: Final = 1e-6


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelCounts:
    """Counts of tokens by time, each (K,).

    Attributes:
        time: mean time of the tokens.
        trials: number of tokens that may change.
        changed: how many of them changed.
        expected: how many the claim expects to change.
        own: mean chance that a token which moves draws its own id.
        alpha: mean alpha that the claim gives them.
    """

    time: FloatArray
    trials: FloatArray
    changed: FloatArray
    expected: FloatArray
    own: FloatArray
    alpha: FloatArray

    def merge(self, groups: int) -> "LevelCounts":
        """Return the counts of consecutive parts joined into fewer."""

        def join(values: FloatArray) -> FloatArray:
            return np.asarray(values.reshape(groups, -1).sum(axis=1))

        trials = join(self.trials)
        whole = np.maximum(trials, 1.0)

        def average(values: FloatArray) -> FloatArray:
            return np.asarray(join(values * self.trials) / whole)

        return LevelCounts(
            time=average(self.time),
            trials=trials,
            changed=join(self.changed),
            expected=join(self.expected),
            own=average(self.own),
            alpha=average(self.alpha),
        )


class Levels(Check):
    """Compares the number of changed tokens with the sum of their chances.

    Tokens of a part of time have different chances. The number of changes then varies
    less than a binomial number of the same mean, whose p-value is therefore a bound
    (Hoeffding 1956, "On the distribution of the number of successes in independent
    trials").
    """

    def __init__(self, process: ForwardProcess) -> None:
        self._process = process
        self._sums = np.zeros((6, FINE))
        self._by_move_chance = False
        self._declared_off = 0.0
        self._declared = 0

    def add(self, chunk: Observed) -> None:
        """Count a chunk."""
        if chunk.law is None:
            return
        pairs, law = chunk.pairs, chunk.law
        self._compare_alpha(chunk)
        time = pairs.time
        if time is None and pairs.alpha is not None:
            time, self._by_move_chance = 1.0 - pairs.alpha, True
        if time is None:
            return
        eligible = chunk.eligible
        alpha = self._alpha(chunk)
        if time.shape[1] == 1:
            count = chunk.eligible_count.astype(np.float64)
            place = find_parts(time[:, 0], FINE)
            values: tuple[Any, ...] = (
                count * time[:, 0],
                count,
                chunk.changed_count,
                _row_sums(law.change, eligible, count),
                _row_sums(law.own_share, eligible, count),
                _row_sums(alpha, eligible, count),
            )
        else:
            place = find_parts(time, FINE)[eligible]
            flat = [time, law.change, law.own_share, alpha]
            time_, change, own, alpha_ = (
                np.broadcast_to(array, eligible.shape)[eligible] for array in flat
            )
            ones = np.ones(place.size)
            values = (time_, ones, chunk.changed[eligible], change, own, alpha_)
        for row, weights in zip(self._sums, values, strict=True):
            row += np.bincount(place, weights, FINE)

    def _alpha(self, chunk: Observed) -> FloatArray:
        pairs, law = chunk.pairs, chunk.law
        if pairs.time is None and pairs.alpha is not None:
            return pairs.alpha
        if self._process.hyperschedule is None and pairs.time is not None:
            return np.asarray(self._process.alpha(pairs.time))
        if law is None:
            return np.zeros((1, 1))
        own = np.minimum(law.own_share, 1.0 - _CLOSE)
        return np.asarray(1.0 - law.change / (1.0 - own))

    def _compare_alpha(self, chunk: Observed) -> None:
        """Compare the declared alphas with those of the declared times."""
        pairs = chunk.pairs
        if pairs.alpha is None or pairs.time is None:
            return
        if self._process.hyperschedule is not None:
            return
        off = np.abs(pairs.alpha - self._process.alpha(pairs.time))
        self._declared_off = max(self._declared_off, float(off.max()))
        self._declared += off.size

    @property
    def by_move_chance(self) -> bool:
        """Whether the parts are those of 1 - alpha, since no times were given."""
        return self._by_move_chance

    @property
    def counts(self) -> LevelCounts:
        """The counts in FINE parts of [0, 1]."""
        time, trials, changed, expected, own, alpha = self._sums
        whole = np.maximum(trials, 1.0)
        return LevelCounts(
            time=time / whole,
            trials=trials,
            changed=changed,
            expected=expected,
            own=own / whole,
            alpha=alpha / whole,
        )

    def tests(self) -> Iterator[Test]:
        """Yield a test of each part of time, and one of all tokens."""
        if self._declared:
            off = self._declared_off
            yield Test(
                code="declared_alpha",
                case="all tokens",
                sentence=f"alpha differs from that of t by up to {off:.3g}",
                measured=off,
                expected=0.0,
                p_value=0.0 if off > _LARGEST_ALPHA_ERROR else 1.0,
            )
        counts = self.counts.merge(GROUPS)
        used = np.flatnonzero(counts.trials)
        axis = "1 - alpha" if self._by_move_chance else "t"
        for part in used:
            low, high = part / GROUPS, (part + 1) / GROUPS
            yield _level_test(
                f"{axis} in ({low:.4g}, {high:.4g}]",
                float(counts.changed[part]),
                float(counts.expected[part]),
                int(counts.trials[part]),
            )
        if used.size > 1:
            yield _level_test(
                "all tokens",
                float(counts.changed.sum()),
                float(counts.expected.sum()),
                int(counts.trials.sum()),
            )

    def curve(self) -> list[dict[str, float]]:
        """Return the measured and the declared alpha by time, for plots.

        The band is Wilson's interval, which misses the truth with a chance of 0.1 %.
        """
        counts = self.counts.merge(GROUPS)
        points = []
        for part in np.flatnonzero(counts.trials):
            trials, own = float(counts.trials[part]), float(counts.own[part])
            share = float(counts.changed[part]) / trials
            low, high = wilson_band(share, trials)
            rest = max(1.0 - own, _CLOSE)
            points.append(
                {
                    "time": float(counts.time[part]),
                    "tokens": int(trials),
                    "changed": share,
                    "expected_changed": float(counts.expected[part]) / trials,
                    "alpha": 1.0 - share / rest,
                    "alpha_low": 1.0 - high / rest,
                    "alpha_high": 1.0 - low / rest,
                    "declared_alpha": float(counts.alpha[part]),
                }
            )
        return points


_LARGEST_ALPHA_ERROR: Final = 2e-3  # bfloat16 has eight binary digits


def _level_test(case: str, changed: float, expected: float, trials: int) -> Test:
    share = expected / trials
    return Test(
        code="wrong_alpha",
        case=case,
        sentence=f"{changed / trials:.4g} of {trials:,} tokens changed at {case}, "
        f"where the specification gives {share:.4g}",
        measured=changed / trials,
        expected=share,
        p_value=binomial_p_value(round(changed), trials, share),
        spread=share_spread(expected, trials),
    )


def _row_sums(values: FloatArray, eligible: Any, count: FloatArray) -> FloatArray:
    """Return the sum of values over the eligible tokens of each row, (N,)."""
    if values.shape[1] == 1:
        return np.asarray(values[:, 0] * count)
    whole = np.broadcast_to(values, eligible.shape)
    return np.asarray(np.einsum("nl,nl->n", whole, eligible))


def find_parts(time: FloatArray, parts: int) -> IntArray:
    """Return in which of equal parts of (0, 1] times lie; 0 lies in the first."""
    place = np.ceil(time * parts - _CLOSE).astype(np.int64) - 1
    return np.clip(place, 0, parts - 1)


def wilson_band(share: float, trials: float) -> tuple[float, float]:
    """Return the ends of Wilson's interval of a share."""
    square = _NORMAL * _NORMAL / trials
    middle = (share + 0.5 * square) / (1.0 + square)
    reach = np.sqrt(share * (1.0 - share) * square + 0.25 * square * square)
    reach /= 1.0 + square
    return max(middle - float(reach), 0.0), min(middle + float(reach), 1.0)
