"""Reports of audits: verdict, findings, tests and what plots need."""

import dataclasses
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeAlias

from noising.audit.codes import ALPHA_CODES, CODES, DEPENDENCE_CODES
from noising.audit.evidence import DETECTED, Test
from noising.audit.fit import Fit
from noising.engine.exact_tests import holm

AUDIT_VERSION: Final = 1
"""Increases when the meaning of a finding or the form of the document changes."""

FALSE_ALARM_RATE: Final = 1e-6
"""Largest chance that a right corruption function gets any finding."""

Severity: TypeAlias = Literal["error", "warning"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One fault.

    Attributes:
        code: stable name, a key of `CODES`.
        severity: "error", or "warning" for what may follow from another finding.
        sentence: the fault with its measured values.
        measured: the measured value of the clearest test.
        expected: the value that the claim implies.
        p_value: chance of the result if the claim holds, adjusted for all tests.
        cases: how many tests show it.
        way_out: the usual cause and what to change.
        may_follow_from: codes of findings that can have brought it about.
    """

    code: str
    severity: Severity
    sentence: str
    measured: float
    expected: float
    p_value: float
    cases: int
    way_out: str
    may_follow_from: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """Return the finding as JSON values."""
        return {
            "code": self.code,
            "severity": self.severity,
            "title": CODES[self.code].title,
            "sentence": self.sentence,
            "measured": self.measured,
            "expected": self.expected,
            "p_value": self.p_value,
            "cases": self.cases,
            "way_out": self.way_out,
            "may_follow_from": list(self.may_follow_from),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class TestSummary:
    """The tests of one code.

    Attributes:
        code: the finding that a failure leads to.
        tests: how many tests there are.
        p_value: the least adjusted p-value.
        smallest_fault: the smallest deviation of the measured value that one of the
            tests finds with the chance 0.99, or None where one event is enough.
        case: the case of this test.
    """

    code: str
    tests: int
    p_value: float
    smallest_fault: float | None
    case: str

    def as_dict(self) -> dict[str, Any]:
        """Return the summary as JSON values."""
        return {
            "code": self.code,
            "tests": self.tests,
            "p_value": self.p_value,
            "smallest_fault": self.smallest_fault,
            "case": self.case,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """The result of an audit.

    Attributes:
        specification: the canonical specification that was claimed.
        fingerprint: its SHA-256.
        false_alarm_rate: chance that a right function gets any finding.
        claims: what else was claimed, such as the range of times.
        rows: audited rows.
        tokens: audited tokens.
        findings: the faults, causes first.
        tests: the tests by code.
        fits: the laws of alpha that fit best, where alpha is wrong.
        notes: sentences that are no faults.
        curves: measured and expected values for plots.
    """

    specification: dict[str, Any]
    fingerprint: str
    false_alarm_rate: float
    claims: Mapping[str, Any]
    rows: int
    tokens: int
    findings: tuple[Finding, ...]
    tests: tuple[TestSummary, ...]
    fits: tuple[Fit, ...]
    notes: tuple[str, ...]
    curves: Mapping[str, Any]

    @property
    def verdict(self) -> str:
        """Either "passed" or "failed"."""
        return "failed" if self.findings else "passed"

    def as_dict(self) -> dict[str, Any]:
        """Return the report as JSON values."""
        return {
            "audit_version": AUDIT_VERSION,
            "verdict": self.verdict,
            "specification": self.specification,
            "fingerprint": self.fingerprint,
            "false_alarm_rate": self.false_alarm_rate,
            "claims": dict(self.claims),
            "rows": self.rows,
            "tokens": self.tokens,
            "findings": [finding.as_dict() for finding in self.findings],
            "tests": [test.as_dict() for test in self.tests],
            "best_fits": [fit.as_dict() for fit in self.fits],
            "notes": list(self.notes),
            "curves": dict(self.curves),
        }

    def __str__(self) -> str:
        """Return the report as text."""
        spec = self.specification
        number = len(self.findings)
        found = "no findings" if not number else f"{number} finding{'s'[: number > 1]}"
        lines = [
            f"{self.verdict}: {found} in {self.rows:,} rows, {self.tokens:,} tokens",
            f"claim: {spec['schedule']['type']} schedule, {spec['graph']['type']} "
            f"graph, V = {spec['vocab_size']}, T = {spec['num_timesteps']} "
            f"({self.fingerprint[:12]})",
        ]
        for finding in self.findings:
            lines += ["", f"{finding.severity}  {finding.code}"]
            if finding.may_follow_from:
                causes = ", ".join(finding.may_follow_from)
                lines += _wrap(f"May follow from {causes}.")
            lines += _wrap(f"{_capitalise(finding.sentence)}.")
            lines += _wrap(f"{_capitalise(finding.way_out)}.")
        if self.fits:
            lines += ["", "best fit"]
            lines += [f"  {describe_fit(fit)}" for fit in self.fits]
        lines += ["", f"{'tested for':<26}tests  smallest p  smallest fault found"]
        for test in self.tests:
            size = test.smallest_fault
            least = "any" if size is None else f"{size:.2g}, {test.case}"
            lines.append(
                f"  {test.code:<24}{test.tests:>5}  {test.p_value:<10.3g}  {least}"
            )
        lines += _wrap(
            f"Each p-value is adjusted for all tests. A right function gets a finding "
            f"with a chance of at most {self.false_alarm_rate:g}; a fault of the "
            f"stated size is found with the chance {DETECTED:g}."
        )
        if self.notes:
            lines += ["", "notes"]
            for note in self.notes:
                lines += _wrap(note)
        return "\n".join(lines)


def describe_fit(fit: Fit) -> str:
    """Return a fit in words."""
    return fit.name if fit.agrees else f"{fit.name} (the data contradict it)"


def judge(
    tests: Sequence[Test],
    *,
    rate: float,
    by_claim: bool = False,
    alpha_code: str | None = "wrong_alpha",
) -> tuple[tuple[Finding, ...], tuple[TestSummary, ...]]:
    """Return the findings and the summaries of tests.

    Args:
        tests: all tests of an audit.
        rate: chance that a right function fails any of them.
        by_claim: whether the chances of changes are the claim's, and not those that the
            rows show. A wrong alpha then disturbs the tests of dependence.
        alpha_code: the code of `ALPHA_CODES` that explains a wrong share of changed
            tokens; None if no law of alpha does.
    """
    adjusted = holm([test.p_value for test in tests])
    level = rate / max(len(tests), 1)
    by_code: dict[str, list[tuple[float, Test]]] = {}
    for p_value, test in zip(adjusted, tests, strict=True):
        by_code.setdefault(test.code, []).append((p_value, test))
    findings = []
    for code, of in by_code.items():
        failed = [pair for pair in of if pair[0] < rate]
        if failed:
            p_value, worst = min(failed, key=lambda pair: (pair[0], pair[1].p_value))
            shown = alpha_code if code == "wrong_alpha" and alpha_code else code
            findings.append(
                Finding(
                    code=shown,
                    severity="error",
                    sentence=worst.sentence,
                    measured=worst.measured,
                    expected=worst.expected,
                    p_value=p_value,
                    cases=len(failed),
                    way_out=CODES[shown].way_out,
                )
            )
    summaries = tuple(_summarise(code, of, level) for code, of in by_code.items())
    ordered = _order(findings, has_law=alpha_code is not None, by_claim=by_claim)
    return ordered, tuple(sorted(summaries, key=lambda one: _place(one.code)))


def _summarise(
    code: str, of: Sequence[tuple[float, Test]], level: float
) -> TestSummary:
    sizes = [
        (size, test.case)
        for _, test in of
        if (size := test.smallest_fault(level)) is not None
    ]
    size, case = min(sizes, default=(None, of[0][1].case))
    return TestSummary(
        code=code,
        tests=len(of),
        p_value=min(p_value for p_value, _ in of),
        smallest_fault=size,
        case=case,
    )


def _place(code: str) -> int:
    return list(CODES).index(code)


def _order(
    findings: Sequence[Finding], *, has_law: bool, by_claim: bool
) -> tuple[Finding, ...]:
    """Return findings with causes first, and name the causes of the others.

    Args:
        findings: one for each code.
        has_law: whether a law of alpha agrees with the data. Else rows without noise
            are a cause of a wrong share of changed tokens, and not its consequence.
        by_claim: whether a wrong share disturbs the tests of dependence, and not the
            other way round.
    """

    def may_cause(cause: str, code: str) -> bool:
        pair = {cause, code}
        if pair & {*ALPHA_CODES}:
            if "empty_rows" in pair:
                return (cause == "empty_rows") != has_law
            if by_claim and pair & {*DEPENDENCE_CODES}:
                return cause in ALPHA_CODES
        kind = "wrong_alpha" if code in ALPHA_CODES else code
        return kind in CODES[cause].may_cause

    ordered = []
    for finding in sorted(findings, key=lambda one: _place(one.code)):
        causes = tuple(
            other.code
            for other in findings
            if other is not finding and may_cause(other.code, finding.code)
        )
        severity: Severity = "warning" if causes else "error"
        ordered.append(
            dataclasses.replace(finding, severity=severity, may_follow_from=causes)
        )
    return tuple(sorted(ordered, key=lambda one: one.severity))


def _capitalise(text: str) -> str:
    return text[:1].upper() + text[1:]


def _wrap(text: str) -> list[str]:
    return textwrap.wrap(text, 88, initial_indent="  ", subsequent_indent="  ")
