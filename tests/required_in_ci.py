"""With CI=true in the environment a skipped test fails.

A machine that only lacks a browser may skip; where results decide, nothing may but
tests that mount: containers forbid it, and no package gives the right.
"""

import os
from collections.abc import Generator

import pytest

from tests.operations.mounts import NEEDS_MOUNT


def refused_where_skipped(report: pytest.TestReport | pytest.CollectReport) -> None:
    """Turn a skip into a failure that keeps its reason."""
    is_expected_failure = hasattr(report, "wasxfail")
    if os.environ.get("CI") == "true" and report.skipped and not is_expected_failure:
        reason = report.longrepr
        if isinstance(reason, tuple):
            reason = reason[-1]
        if NEEDS_MOUNT in str(reason):
            return
        report.outcome = "failed"
        report.longrepr = f"Nothing may be skipped with CI=true. {reason}"


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport() -> Generator[
    None, pytest.TestReport, pytest.TestReport
]:
    report = yield
    refused_where_skipped(report)
    return report


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_make_collect_report() -> Generator[
    None, pytest.CollectReport, pytest.CollectReport
]:
    report = yield
    refused_where_skipped(report)
    return report
