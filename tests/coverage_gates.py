"""pytest --cov --coverage-gates: too little coverage is a failed test.

pytest-cov knows one limit for all files; the engine's is higher. As results of
their own the gates count in pytest's summary, which so remains the last line.
"""

import io
from collections.abc import Generator
from dataclasses import dataclass

import coverage
import pytest

ENGINE = "noising/engine/*"


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """What share of the lines and branches of some files tests must run."""

    name: str
    least_percent: float
    include: tuple[str, ...] | None = None
    omit: tuple[str, ...] | None = None

    def percent(self, measured: coverage.Coverage) -> float:
        return measured.report(include=self.include, omit=self.omit, file=io.StringIO())


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


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> Generator[None, object, object]:
    """Judge once pytest-cov, whose wrapper is inside this one, has its data."""
    result = yield
    is_xdist_worker = hasattr(session.config, "workerinput")
    if session.config.getoption("--coverage-gates") and not is_xdist_worker:
        measured = coverage.Coverage()
        measured.load()
        for gate in GATES:
            session.config.hook.pytest_runtest_logreport(
                report=judgement(gate, gate.percent(measured))
            )
    return result


def judgement(gate: Gate, percent: float) -> pytest.TestReport:
    """Return the result of a gate as that of a test."""
    name = f"coverage of {gate.name}"
    passes = percent >= gate.least_percent
    return pytest.TestReport(
        nodeid=name,
        location=(name, None, name),
        keywords={},
        outcome="passed" if passes else "failed",
        longrepr=None if passes else f"{percent:.2f} % is below {gate.least_percent} %",
        when="call",
    )
