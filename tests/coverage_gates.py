"""pytest --cov --coverage-gates: too little coverage is a failed test.

pytest-cov knows one limit for all files; the engine's is higher. As results of
their own the gates count in pytest's summary, which so remains the last line.

Python 3.11 runs all code slower while a trace function is set, tests of pure Python at
half the speed. Tests that go over lines which others run too are not measured: the
gates hold without them.
"""

import io
import sys
import threading
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import coverage
import pytest

ENGINE = "noising/engine/*"
UNMEASURED = (
    "tests/api/test_conformity.py",
    "tests/api/v1/noise/test_refusals.py::test_no_values_are_a_failure_of_ours",
    "tests/api/v1/schedules/test_conformity.py",
    "tests/benchmarks/requests/",
    "tests/benchmarks/test_documentation.py",
    "tests/benchmarks/test_environment.py::test_the_kernel_in_use_is_named",
    "tests/benchmarks/test_information.py",
    "tests/benchmarks/test_run_benchmarks.py",
    "tests/benchmarks/test_torch_suite.py::test_every_program_is_compared",
    "tests/browser/",
    "tests/client/test_generated.py",
    "tests/commands/test_run_benchmarks.py",
    "tests/dashboard/test_plots.py",
    "tests/engine/hyperschedules/test_annealing.py",
    "tests/engine/sampler/test_memory.py",
    "tests/engine/schedules/test_gidd.py",
    "tests/engine/test_contract.py",
    "tests/engine/test_exact_tests.py",
    "tests/engine/test_graph_references.py",
    "tests/engine/test_permutation.py",
    "tests/hf/",
    "tests/operations/",
    "tests/package/",
    "tests/site/fast_path/",
    "tests/site/test_cookies.py",
    "tests/site/test_docs.py",
    "tests/site/test_every_route.py",
    "tests/site/test_headers.py",
    "tests/site/test_openapi.py",
    "tests/site/test_settings.py",
    "tests/site/test_static.py",
    "tests/plots",
    "tests/test_training_documents.py",
    "tests/tokenizers/",
    "tests/torch/",
    "tests/upgrades/",
)
"""Folders, files and tests that are not measured."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """What share of the lines and branches of some files tests must run."""

    name: str
    least_percent: float
    include: tuple[str, ...] | None = None
    omit: tuple[str, ...] | None = None

    def judge(self, measured: coverage.Coverage) -> pytest.TestReport:
        """Return the result of a gate as that of a test; a failure lists the lines."""
        lines = io.StringIO()
        percent = measured.report(include=self.include, omit=self.omit, file=lines)
        name = f"coverage of {self.name}"
        passes = percent >= self.least_percent
        complaint = f"{percent:.2f} % is below {self.least_percent} %"
        return pytest.TestReport(
            nodeid=name,
            location=(name, None, name),
            keywords={},
            outcome="passed" if passes else "failed",
            longrepr=None if passes else f"{complaint}:\n{lines.getvalue()}",
            when="call",
        )


GATES = (
    Gate(name="the engine", least_percent=100, include=(ENGINE,)),
    Gate(name="all but the engine", least_percent=90, omit=(ENGINE,)),
)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--coverage-gates",
        action="store_true",
        help="fail where the coverage that --cov measured is too low",
    )


@contextmanager
def measure_nothing() -> Iterator[None]:
    """Let this process run at full speed."""
    trace, trace_of_threads = sys.gettrace(), threading.gettrace()
    sys.settrace(None)
    threading.settrace(None)  # type: ignore[arg-type]
    try:
        yield
    finally:
        sys.settrace(trace)
        threading.settrace(trace_of_threads)  # type: ignore[arg-type]


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Run the tests of UNMEASURED, with their fixtures, unmeasured."""
    if not item.nodeid.startswith(UNMEASURED):
        return (yield)
    with measure_nothing():
        return (yield)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> Generator[None, object, object]:
    """Judge once pytest-cov, whose wrapper is inside this one, has its data."""
    result = yield
    is_xdist_worker = hasattr(session.config, "workerinput")
    if session.config.getoption("--coverage-gates") and not is_xdist_worker:
        measured = coverage.Coverage()
        measured.load()
        for gate in GATES:
            report = gate.judge(measured)
            session.config.hook.pytest_runtest_logreport(report=report)
    return result
