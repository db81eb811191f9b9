"""Comparison of audits: what the claims, findings and tests have of each."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from noising.audit.codes import ALPHA_CODES

MOST_COMPARED: Final = 8

ALPHA: Final = "wrong_alpha"

Document = Mapping[str, Any]


def compare_audits(reports: Mapping[str, Document], baseline: str) -> dict[str, Any]:
    """Compare reports with one of them.

    Args:
        reports: The reports by label.
        baseline: The label of the one that the others are compared with.

    Returns:
        `parameters`: parts of the claim and sizes that differ, with their values by
        label. `codes`: for every code that was tested, its results by label, and by
        label whether the finding is "new", "gone", "still" there or "never" was.
    """
    found = {
        label: {finding["code"]: finding for finding in report["findings"]}
        for label, report in reports.items()
    }
    tests = {
        label: dict(_list_tests(report, found)) for label, report in reports.items()
    }
    codes = dict.fromkeys(
        code for label in reports for code in (*found[label], *tests[label])
    )
    return {
        "baseline": baseline,
        "parameters": list(_find_differences(reports)),
        "codes": [
            {
                "code": code,
                "values": {
                    label: {
                        "is_tested": code in tests[label] or code in found[label],
                        "finding": found[label].get(code),
                        "test": tests[label].get(code),
                        "change": _describe_change(
                            code in found[baseline], code in found[label]
                        ),
                    }
                    for label in reports
                },
            }
            for code in codes
        ],
    }


def _list_tests(
    report: Document, found: Mapping[str, Mapping[str, Any]]
) -> Iterator[tuple[str, Document]]:
    """Yield the tests of a report by code.

    The tests of alpha have one code, whose finding may have that of the law that
    explains it; they then count for the codes of such findings, too.
    """
    explained = {code for codes in found.values() for code in codes} & {*ALPHA_CODES}
    for test in report["tests"]:
        yield test["code"], test
        if test["code"] == ALPHA:
            yield from ((code, test) for code in explained - {ALPHA})


def _describe_change(before: bool, now: bool) -> str:
    if before:
        return "still" if now else "gone"
    return "new" if now else "never"


def _find_differences(reports: Mapping[str, Document]) -> Iterator[dict[str, Any]]:
    flat = {label: dict(_flatten_claim(report)) for label, report in reports.items()}
    for name in dict.fromkeys(name for values in flat.values() for name in values):
        values = {label: flat[label].get(name) for label in reports}
        first = next(iter(values.values()))
        if any(value != first for value in values.values()):
            yield {"name": name, "values": values}


def _flatten_claim(report: Document) -> Iterator[tuple[str, Any]]:
    specification = report["specification"]
    for name in ("schedule", "graph", "hyperschedule"):
        part = specification.get(name) or {"type": None}
        for key, value in part.items():
            yield f"{name}.{key}", value
    for name in ("vocab_size", "num_timesteps"):
        yield name, specification[name]
    yield from report["claims"].items()
    for name in ("rows", "tokens", "false_alarm_rate", "audit_version"):
        yield name, report[name]
