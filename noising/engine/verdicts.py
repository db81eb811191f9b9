"""The verdict on a noise process: whether it is any good, and what to use instead.

The linter lists findings; the verdict is the one sentence that follows from them, with
remedies. Every remedy is a specification that was built and linted: none is proposed
that is not better.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeAlias

import numpy as np

from noising.engine.arrays import quiet
from noising.engine.effort import storing_seconds
from noising.engine.errors import EngineError
from noising.engine.lint import Finding, information_left, lint, wasted_ranges
from noising.engine.parameters import REQUIRED
from noising.engine.process import ForwardProcess
from noising.engine.registry import build_process
from noising.engine.schedules import SCHEDULE_TYPES

Grade: TypeAlias = Literal["good", "wasteful", "leaks", "invalid", "unknown"]
GRADES: Final[tuple[Grade, ...]] = ("good", "wasteful", "leaks", "invalid", "unknown")
"""All grades, from the best to the worst; `unknown` is neither."""

RECOMMENDED: Final = "sedd_entropy"
"""The schedule type that loses information evenly, for almost any graph."""

_BETAS: Final = ("beta_min", "beta_max")
_STEPS_OF_BETAS: Final = 1000
"""The number of timesteps that published betas are meant for."""

_MOST_CANDIDATES: Final = 6
"""Specifications that a verdict builds and lints at most."""

_LONGEST_RANGES: Final = 6
"""How many ranges of timesteps a text lists; of more it gives the number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Remedy:
    """A specification with a better grade, for the same timesteps and graph.

    Attributes:
        code: stable name: ``rescaled_betas``, ``default_NAME`` for a parameter that
            takes its default, or ``even_information``.
        text: what to change, and what comes of it, with computed values.
        grade: its grade.
        specification: the canonical specification.
    """

    code: str
    text: str
    grade: Grade
    specification: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What a noise process is worth.

    Attributes:
        grade: "good"; "wasteful", if more than 20 % of its timesteps are wasted;
            "leaks", if more than 1 % of the information is left at the end;
            "invalid", if the linter found an error, or rates that do not belong to
            the noise; "unknown", if the graph is too large to compute information.
        text: the reason for the grade, with the measured values.
        remedies: what to use instead, the smallest change first; empty if it is good
            or if nothing better was found.
        findings: the linter's findings, most severe first.
    """

    grade: Grade
    text: str
    remedies: tuple[Remedy, ...]
    findings: tuple[Finding, ...]

    def __str__(self) -> str:
        return f"{self.grade}: {self.text}"


@quiet
def judge(
    process: ForwardProcess, tokens: Any = None, *, remedies: bool = True
) -> Verdict:
    """Return the verdict on a process.

    Args:
        process: the noise process.
        tokens: clean token ids of the data, as for `lint`.
        remedies: whether to look for remedies, which takes `judging_seconds`; else
            the verdict costs what the linter does.

    Raises:
        EngineError: `tokens` are not integers.
    """
    findings = lint(process, tokens)
    grade = grade_codes({finding.code: finding.severity for finding in findings})
    better: tuple[Remedy, ...] = ()
    if remedies and grade not in ("good", "unknown"):
        better = tuple(_list_remedies(process, grade, tokens))
    return Verdict(
        grade=grade,
        text=_describe(process, grade, findings),
        remedies=better,
        findings=findings,
    )


def grade_codes(severities: Mapping[str, str]) -> Grade:
    """Return the grade that follows from findings.

    Args:
        severities: the severity of each finding by its code.
    """
    if "error" in severities.values() or "rate_mismatch" in severities:
        return "invalid"
    if "terminal_leak" in severities:
        return "leaks"
    if "wasted_timesteps" in severities:
        return "wasteful"
    return "unknown" if "checks_left_out" in severities else "good"


def judging_seconds(spec: Mapping[str, Any]) -> float:
    """Return estimated seconds to judge a process, without building it."""
    recommended = storing_seconds({**spec, "schedule": {"type": RECOMMENDED}})
    return _MOST_CANDIDATES * storing_seconds(spec) + recommended


def format_ranges(ranges: Sequence[tuple[int, int]]) -> str:
    """Return ranges of timesteps as text: "0 to 12, 40, 980 to 999"."""
    if len(ranges) > _LONGEST_RANGES:
        first, last = ranges[0][0], ranges[-1][1]
        return f"{len(ranges)} ranges between {first} and {last}"
    return ", ".join(
        str(first) if first == last else f"{first} to {last}" for first, last in ranges
    )


def _list_remedies(
    process: ForwardProcess, grade: Grade, tokens: Any
) -> Iterator[Remedy]:
    """Yield the candidates with a better grade, the smallest change first."""
    changed = [*_rescale_betas(process), *_restore_defaults(process)]
    even = _schedule_with(process, {"type": RECOMMENDED})
    text = (
        f"Use `{RECOMMENDED}` with the same timesteps and graph, which loses "
        "information evenly."
    )
    candidates = [*changed[: _MOST_CANDIDATES - 1], ("even_information", text, even)]
    for code, change, specification in candidates:
        try:
            candidate = build_process(specification)
        except EngineError:  # such as a beta above 1
            continue
        findings = lint(candidate, tokens)
        new = grade_codes({finding.code: finding.severity for finding in findings})
        if GRADES.index(new) < GRADES.index(grade):
            yield Remedy(
                code=code,
                text=f"{change} {_describe_result(candidate)}",
                grade=new,
                specification=candidate.spec,
            )


_Candidate: TypeAlias = tuple[str, str, Mapping[str, Any]]


def _rescale_betas(process: ForwardProcess) -> Iterator[_Candidate]:
    schedule = process.spec["schedule"]
    factor = _STEPS_OF_BETAS / process.num_timesteps
    if factor == 1.0 or any(name not in schedule for name in _BETAS):
        return
    betas = {name: float(f"{factor * schedule[name]:.12g}") for name in _BETAS}
    names = " and ".join(f"`{name}`" for name in _BETAS)
    yield (
        "rescaled_betas",
        f"Multiply {names} by {factor:g}, if they are meant for {_STEPS_OF_BETAS} "
        "timesteps.",
        _schedule_with(process, {**schedule, **betas}),
    )


def _restore_defaults(process: ForwardProcess) -> Iterator[_Candidate]:
    schedule = process.spec["schedule"]
    for name, parameter in SCHEDULE_TYPES[schedule["type"]].PARAMETERS.items():
        default = parameter.default
        if default is REQUIRED or schedule.get(name, default) == default:
            continue
        change = f"Leave `{name}` out."
        if isinstance(default, (int, float)):
            change = f"Set `{name}` to {default:g}, its default."
        others = {key: value for key, value in schedule.items() if key != name}
        yield f"default_{name}", change, _schedule_with(process, others)


def _schedule_with(
    process: ForwardProcess, schedule: Mapping[str, Any]
) -> Mapping[str, Any]:
    return {**process.spec, "schedule": schedule}


def _describe(
    process: ForwardProcess, grade: Grade, findings: Sequence[Finding]
) -> str:
    leak, waste = "", ""
    if grade not in ("invalid", "unknown"):
        leak, waste = _describe_leak(process), _describe_waste(process)
    match grade:
        case "good":
            return f"{leak[:1].upper()}{leak[1:]}, and {waste}."
        case "wasteful":
            return (
                f"{waste}. Each of these loses less than a tenth of an even share of "
                "the information, so training there teaches almost nothing."
            )
        case "leaks":
            text = (
                f"{leak}, where alpha is {process.alphas[-1]:.3g}, so generation "
                "would start from the wrong distribution."
            )
            wastes = any(finding.code == "wasted_timesteps" for finding in findings)
            return f"{text} Besides, {waste}." if wastes else text
        case _:
            finding = next(
                finding
                for finding in findings
                if finding.severity == "error"
                or finding.code in ("rate_mismatch", "checks_left_out")
            )
            return f"{finding.message} {finding.way_out}"


def _describe_result(process: ForwardProcess) -> str:
    return (
        f"Then alpha ends at {process.alphas[-1]:.3g}, {_describe_leak(process)}, and "
        f"{_describe_waste(process)}."
    )


def _describe_leak(process: ForwardProcess) -> str:
    information = information_left(process)
    left = float(information[-1] / information[0])
    share = _percent(left) if left else "none"
    return f"{share} of the information about the data is left at the last timestep"


def _describe_waste(process: ForwardProcess) -> str:
    ranges = wasted_ranges(process)
    if not ranges:
        return "no timestep is wasted"
    count = int(np.sum([last - first + 1 for first, last in ranges]))
    share = _percent(count / process.num_timesteps)
    return f"{share} of the timesteps are wasted ({format_ranges(ranges)})"


def _percent(share: float) -> str:
    if 0.0 < share < 0.0001:
        return "less than 0.01%"
    return f"{share:.1%}" if share >= 0.01 else f"{share:.2%}"
