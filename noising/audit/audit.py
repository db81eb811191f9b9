"""The audit of pairs: counts their chunks and judges the counts."""

import functools
from collections.abc import Iterable, Mapping
from typing import Any, Final

from noising.audit.checks.base import Check
from noising.audit.checks.dependence import Dependence, Epochs, Ranks
from noising.audit.checks.facts import Facts
from noising.audit.checks.levels import GROUPS, Levels
from noising.audit.checks.places import Places
from noising.audit.checks.replacements import Replacements
from noising.audit.checks.rows import RowCounts
from noising.audit.checks.times import Times
from noising.audit.checks.weights import FORMS, Weights
from noising.audit.evidence import Test
from noising.audit.fit import Fit, fit_schedules
from noising.audit.law import Observed
from noising.audit.pairs import MAX_LENGTH, check_pairs
from noising.audit.report import FALSE_ALARM_RATE, Report, describe_fit, judge
from noising.engine import EngineError, ForwardProcess, build_process
from noising.engine.parameters import Integer, Number, nearest
from noising.engine.training_times import METHODS

_RATE: Final = Number(
    default=FALSE_ALARM_RATE,
    low=0.0,
    high=0.1,
    open_low=True,
    help="chance that a right function gets any finding",
)
_BLOCK: Final = Integer(low=1, high=MAX_LENGTH, help="positions in a block")
_TIME: Final = Number(low=0.0, high=1.0, help="a time")

OF_AUDIT: Final = ("low", "high", "method", "block", "form", "false_alarm_rate")
"""The arguments of `Audit` beside the specification."""


class Audit:
    """Judges pairs of clean and noised tokens against a claim.

    Pairs come in parts, so that they need not fit into memory. The work grows linearly
    with the tokens.

    Args:
        spec: the claimed specification, or a process.
        low: lower end of the claimed times, in [0, 1).
        high: upper end, above `low`.
        method: how the times are claimed to be drawn, as in `sample_times`; None tests
            their distribution only, not how evenly they are spread.
        block: width of the blocks that have times of their own, or None.
        form: claimed form of the weights, a key of `FORMS`; None for that of the
            negative ELBO.
        false_alarm_rate: chance that a right function gets any finding, in (0, 0.1].

    Raises:
        EngineError: an argument is invalid.
    """

    def __init__(
        self,
        spec: Mapping[str, Any] | ForwardProcess,
        *,
        low: float = 0.0,
        high: float = 1.0,
        method: str | None = None,
        block: int | None = None,
        form: str | None = None,
        false_alarm_rate: float = FALSE_ALARM_RATE,
    ) -> None:
        self._process = (
            spec if isinstance(spec, ForwardProcess) else build_process(spec)
        )
        self._rate = _RATE.parse(false_alarm_rate, "false_alarm_rate")
        low, high = _TIME.parse(low, "low"), _TIME.parse(high, "high")
        if low >= high:
            raise EngineError("low", "out_of_order", f"must be below {high}", low)
        _check_name("method", method, METHODS)
        _check_name("form", form, FORMS)
        width = None if block is None else _BLOCK.parse(block, "block")
        self._claims = {
            "low": low,
            "high": high,
            "method": method,
            "block": width,
            "form": form,
        }
        self._levels = Levels(self._process)
        self._rows = RowCounts(width)
        self._places = Places()
        self._times = Times(
            self._process, low=low, high=high, method=method, block=width
        )
        self._weights = Weights(self._process, form)
        self._checks: tuple[Check, ...] = (
            Facts(self._process),
            self._levels,
            self._rows,
            self._places,
            Replacements(self._process),
            Dependence(self._process, self._places),
            Ranks(self._places),
            Epochs(self._places, low=low, high=high, method=method),
            self._times,
            self._weights,
        )
        self._more: list[Test] = []
        self._given: set[str] = set()
        self._row_count = self._tokens = 0
        self._by_claim = False

    def add(self, x0: Any, xt: Any, **declared: Any) -> None:
        """Count pairs.

        Args:
            x0: (L,) or (N, L) clean ids.
            xt: noised ids, in the shape of `x0`.
            **declared: what the author says of them, each optional:
                t: times in [0, 1]: one, (N,) or (N, L).
                timestep: steps in 0..T-1 in place of times.
                alpha: alphas, likewise; they serve in place of times, or are compared
                    with them.
                protect: bool, (L,) or (N, L), True where a token must not change.
                lengths: (N,) numbers of real positions of padded rows.
                moved: bool, (N, L), True where a token was resampled.
                weights: weights of the loss, (N,) or (N, L).
                ids: (N,) integers, ids of the samples.
                epoch: one integer or (N,).
                rank: one integer or (N,); rows of a rank in the order of its steps.

        Raises:
            EngineError: an argument is invalid or does not fit the others.
        """
        pairs = check_pairs(self._process, x0, xt, **declared)
        self._given |= {name for name, value in declared.items() if value is not None}
        self._row_count += pairs.shape[0]
        self._tokens += pairs.shape[0] * pairs.shape[1]
        for part in pairs.split():
            chunk = Observed.of(self._process, part)
            self._by_claim |= not chunk.is_exchangeable
            for check in self._checks:
                check.add(chunk)

    def add_tests(self, tests: Iterable[Test]) -> None:
        """Add tests that the pairs do not show, such as those of a restart."""
        self._more += tests

    def report(self) -> Report:
        """Return the verdict on all pairs so far.

        Raises:
            EngineError: there are none.
        """
        if not self._row_count:
            raise EngineError("x0", "empty", "must hold at least one row", 0)
        tests = [test for check in self._checks for test in check.tests()]
        tests += self._more
        fits: tuple[Fit, ...] = ()
        judge_tests = functools.partial(
            judge, tests, rate=self._rate, by_claim=self._by_claim
        )
        findings, summaries = judge_tests()
        if any(finding.code == "wrong_alpha" for finding in findings):
            fits = self._fit()
            alpha_code = _explain(fits) if fits else "wrong_alpha"
            findings, summaries = judge_tests(alpha_code=alpha_code)
        process = self._process
        return Report(
            specification=process.spec,
            fingerprint=process.fingerprint,
            false_alarm_rate=self._rate,
            claims={**self._claims, "declared": sorted(self._given)},
            rows=self._row_count,
            tokens=self._tokens,
            findings=findings,
            tests=summaries,
            fits=fits,
            notes=tuple(self._notes(fits)),
            curves={
                "levels": self._levels.curve(),
                "by_move_chance": self._levels.by_move_chance,
                "positions": self._places.by_position(GROUPS),
                "times": self._times.histogram(),
            },
        )

    def _fit(self) -> tuple[Fit, ...]:
        if self._process.hyperschedule is not None or self._levels.by_move_chance:
            return ()
        return tuple(fit_schedules(self._process, self._levels.counts))

    def _notes(self, fits: tuple[Fit, ...]) -> list[str]:
        notes = list(self._rows.notes())
        if not self._given & {"t", "timestep", "alpha"}:
            notes.append(
                "Without `t`, `timestep` or `alpha` the share of changed tokens, the "
                "times and the weights were not tested."
            )
        if "epoch" in self._given and "ids" not in self._given:
            notes.append("Epochs are compared only where `ids` are given too.")
        if fits and not fits[0].agrees:
            notes.append(
                f"No registered schedule fits the data; the nearest is "
                f"{describe_fit(fits[0])}."
            )
        return notes


def _explain(fits: tuple[Fit, ...]) -> str | None:
    """Return the code of a law that agrees with the data, or None."""
    agreeing = [fit.code for fit in fits if fit.agrees]
    special = [code for code in agreeing if code != "wrong_alpha"]
    return next(iter(special or agreeing), None)


def audit(
    x0: Any, xt: Any, spec: Mapping[str, Any] | ForwardProcess, **claims: Any
) -> Report:
    """Judge pairs of clean and noised tokens against a claim.

    Args:
        x0: (L,) or (N, L) clean ids.
        xt: noised ids, in the shape of `x0`.
        spec: the claimed specification, or a process.
        **claims: the arguments of `Audit` and of `Audit.add`.

    Raises:
        EngineError: an argument is invalid or does not fit the others.
    """
    own = {name: claims.pop(name) for name in OF_AUDIT if name in claims}
    audited = Audit(spec, **own)
    audited.add(x0, xt, **claims)
    return audited.report()


def _check_name(field: str, name: str | None, names: Mapping[str, Any]) -> None:
    if name is not None and name not in names:
        rule = f"must be one of {', '.join(names)}"
        hint = nearest(name, names) if isinstance(name, str) else ""
        raise EngineError(field, f"unknown_{field}", rule, name, hint)
