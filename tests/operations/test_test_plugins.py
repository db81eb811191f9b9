"""The rules that the test run itself keeps: coverage, and no skips in CI."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.operations.conftest import LONGEST_SECONDS

ROOT = Path(__file__).parents[2]


def run_pytest(
    folder: Path, *options: str, **variables: str
) -> subprocess.CompletedProcess[str]:
    """Run pytest on a small project of its own, whose modules come first."""
    inherited = {
        name: value
        for name, value in os.environ.items()
        if name != "CI" and not name.startswith(("COV", "DJANGO", "PYTEST"))
    }
    paths = f"{folder}{os.pathsep}{ROOT}"
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:django", *options],
        cwd=folder,
        env=inherited | {"PYTHONPATH": paths} | variables,
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
    )


SKIPS = {
    "test_inside.py": "import pytest\ndef test_a(): pytest.skip('no browser')\n",
    "test_mark.py": (
        "import pytest\n"
        "@pytest.mark.skipif(True, reason='no nginx')\n"
        "def test_a(): pass\n"
    ),
    "test_module.py": (
        "import pytest\npytest.skip('no database', allow_module_level=True)\n"
    ),
    "test_not_skipped.py": (
        "import pytest\n"
        "@pytest.mark.xfail\n"
        "def test_a(): assert False\n"
        "def test_b(): pass\n"
    ),
}


def test_every_test_has_a_limit_and_those_that_start_programs_a_longer_one(
    request: pytest.FixtureRequest,
) -> None:
    assert request.config.pluginmanager.hasplugin("timeout")
    assert 0 < float(request.config.getini("timeout")) <= 120
    mark = request.node.get_closest_marker("timeout")
    assert mark is not None
    assert mark.args == (LONGEST_SECONDS,)


@pytest.mark.parametrize("processes", ["0", "2"])
def test_skips_are_counted_and_in_ci_they_fail(tmp_path: Path, processes: str) -> None:
    for name, source in SKIPS.items():
        (tmp_path / name).write_text(source)
    plugin = ("-p", "tests.required_in_ci", "--numprocesses", processes)

    elsewhere = run_pytest(tmp_path, *plugin)
    in_ci = run_pytest(tmp_path, *plugin, "--continue-on-collection-errors", CI="true")

    assert elsewhere.returncode == 0
    assert "1 passed, 3 skipped, 1 xfailed" in elsewhere.stdout.splitlines()[-1]
    assert in_ci.returncode == 1
    assert "skipped" not in in_ci.stdout.splitlines()[-1]
    assert "1 passed, 1 xfailed" in in_ci.stdout.splitlines()[-1]
    for reason in ("no browser", "no nginx", "no database"):
        assert f"Nothing may be skipped with CI=true. Skipped: {reason}" in in_ci.stdout


ALL_RUN = "def double(x):\n    return 2 * x\n"
A_BRANCH_MISSED = (
    "def double(x):\n    if x is not None:\n        x = 2 * x\n    return x\n"
)
MOST_MISSED = "def never():\n" + "    print()\n" * 20 + ALL_RUN


@pytest.mark.parametrize("processes", ["0", "2"])
@pytest.mark.parametrize(
    ("engine", "rest", "failed"),
    [
        (ALL_RUN, A_BRANCH_MISSED + "a = 1\n" * 20, []),
        (
            A_BRANCH_MISSED,
            MOST_MISSED,
            ["coverage of the engine", "coverage of all but the engine"],
        ),
    ],
    ids=["enough", "too little"],
)
def test_too_little_coverage_fails_and_the_summary_stays_the_last_line(
    tmp_path: Path, engine: str, rest: str, failed: list[str], processes: str
) -> None:
    (tmp_path / "noising" / "engine").mkdir(parents=True)
    (tmp_path / "noising" / "__init__.py").touch()
    (tmp_path / "noising" / "engine" / "__init__.py").write_text(engine)
    (tmp_path / "noising" / "services.py").write_text(rest)
    (tmp_path / "pyproject.toml").write_text(
        "[tool.coverage.run]\nbranch = true\nsource = ['noising']\n"
    )
    (tmp_path / "test_double.py").write_text(
        "from noising import engine, services\n"
        "def test_double(): assert engine.double(1) == services.double(1) == 2\n"
    )

    plugin = ("-p", "tests.coverage_gates", "--numprocesses", processes)
    done = run_pytest(tmp_path, *plugin, "--cov", "--coverage-gates")

    last = done.stdout.splitlines()[-1]
    assert done.returncode == (1 if failed else 0), done.stdout
    assert f"{len(failed)} failed" in last or not failed
    assert "passed" in last
    for name in failed:
        assert f"FAILED {name}" in done.stdout
