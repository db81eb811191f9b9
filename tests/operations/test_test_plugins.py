"""The rules that the test run itself keeps: coverage, and no skips in CI."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def run_pytest(
    folder: Path, *options: str, **variables: str
) -> subprocess.CompletedProcess[str]:
    """Run pytest on a small project of its own."""
    inherited = {
        name: value
        for name, value in os.environ.items()
        if name != "CI" and not name.startswith(("COV", "DJANGO", "PYTEST"))
    }
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:django", *options],
        cwd=folder,
        env=inherited | {"PYTHONPATH": str(ROOT)} | variables,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


SKIPS = {
    "in a test": "import pytest\ndef test_a(): pytest.skip('no browser')\n",
    "by a mark": (
        "import pytest\n"
        "@pytest.mark.skipif(True, reason='no browser')\n"
        "def test_a(): pass\n"
    ),
    "of a module": (
        "import pytest\npytest.skip('no browser', allow_module_level=True)\n"
    ),
}


@pytest.mark.parametrize("source", SKIPS.values(), ids=SKIPS)
def test_a_skip_is_counted_and_in_ci_it_fails(tmp_path: Path, source: str) -> None:
    (tmp_path / "test_a.py").write_text(source)
    plugin = ("-p", "tests.required_in_ci")

    elsewhere = run_pytest(tmp_path, *plugin)
    in_ci = run_pytest(tmp_path, *plugin, CI="true")

    assert elsewhere.returncode in {0, 5}
    assert "1 skipped" in elsewhere.stdout.splitlines()[-1]
    assert in_ci.returncode != 0
    assert "skipped" not in in_ci.stdout.splitlines()[-1]
    assert "Nothing may be skipped with CI=true" in in_ci.stdout
    assert "no browser" in in_ci.stdout


def test_an_expected_failure_is_no_skip(tmp_path: Path) -> None:
    (tmp_path / "test_a.py").write_text(
        "import pytest\n@pytest.mark.xfail\ndef test_a(): assert False\n"
    )

    done = run_pytest(tmp_path, "-p", "tests.required_in_ci", CI="true")

    assert done.returncode == 0
    assert "1 xfailed" in done.stdout.splitlines()[-1]


ALL_RUN = "def double(x):\n    return 2 * x\n"
A_BRANCH_MISSED = (
    "def double(x):\n    if x is not None:\n        x = 2 * x\n    return x\n"
)
MOST_MISSED = "def never():\n" + "    print()\n" * 20 + ALL_RUN


@pytest.mark.parametrize(
    ("engine", "rest", "failed"),
    [
        (ALL_RUN, ALL_RUN, []),
        (A_BRANCH_MISSED, ALL_RUN, ["coverage of the engine"]),
        (ALL_RUN, A_BRANCH_MISSED + "a = 1\n" * 20, []),
        (ALL_RUN, MOST_MISSED, ["coverage of all but the engine"]),
    ],
    ids=["all run", "a branch of the engine missed", "a branch missed", "most missed"],
)
def test_too_little_coverage_fails_and_the_summary_stays_the_last_line(
    tmp_path: Path, engine: str, rest: str, failed: list[str]
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
    gates = ("-p", "tests.coverage_gates", "--cov", "--coverage-gates")

    # The folder's own noising must be found before the project's.
    paths = f"{tmp_path}{os.pathsep}{ROOT}"
    done = run_pytest(tmp_path, *gates, PYTHONPATH=paths)

    last = done.stdout.splitlines()[-1]
    assert done.returncode == (1 if failed else 0), done.stdout
    assert ("1 failed" in last) == bool(failed)
    assert "passed" in last
    for name in failed:
        assert f"FAILED {name}" in done.stdout
