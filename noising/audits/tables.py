"""The report of an audit as a table, for CSV."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

COLUMNS: Final = (
    *("code", "severity", "measured", "expected", "p_value", "tests", "cases"),
    *("smallest_fault", "case", "may_follow_from", "sentence", "way_out"),
)


def tabulate_report(report: Mapping[str, Any]) -> Iterator[list[Any]]:
    """Yield a table: a header, a row for each finding, then one for each other test.

    A test without a finding has no severity.
    """
    yield list(COLUMNS)
    # The finding `wrong_alpha` may have the code of the law that explains it.
    tests = {test["code"]: test for test in report["tests"]}
    for finding in report["findings"]:
        test = tests.pop(finding["code"], {})
        row = {**test, **finding}
        row["may_follow_from"] = "; ".join(finding["may_follow_from"])
        yield [row.get(name) for name in COLUMNS]
    for test in tests.values():
        yield [test.get(name) for name in COLUMNS]
