"""Threats and faults have a test for each line; the audit of packages is honest."""

import ast
import json
import os
import re
import subprocess
from pathlib import Path

import pytest

from tests.operations.servers import ROOT

LINE = re.compile(r"^\| (.+?) \| (.+?) \| `(\S+)::(\w+)` \|$", re.MULTILINE)
CLEAN = {"name": "a", "version": "1", "vulns": []}
VULNERABLE = CLEAN | {"vulns": [{"id": "CVE-2026-1", "fix_versions": ["2"]}]}
SKIPPED = {"name": "b", "skip_reason": "not found"}


@pytest.mark.parametrize(
    ("document", "heading", "most_lines"),
    [("threats.md", "# Threats", 45), ("operations.md", "## Faults", 30)],
)
def test_every_line_has_a_test_that_exists(
    document: str, heading: str, most_lines: int
) -> None:
    text = (ROOT / "docs" / document).read_text()
    section = text.partition(f"{heading}\n")[2].partition("\n## ")[0]
    lines = LINE.findall(section)
    rows = sum(line.startswith("| ") for line in section.splitlines())
    assert len(lines) == rows - 1 > 10
    assert len(section.splitlines()) <= most_lines  # one screen
    for fault, _, file, name in lines:
        path = ROOT / file if "/" in file else Path(__file__).with_name(file)
        functions = {
            node.name
            for node in ast.walk(ast.parse(path.read_text()))
            if isinstance(node, ast.FunctionDef)
        }
        assert name in functions, fault


@pytest.mark.parametrize(
    ("packages", "code", "expected", "said"),
    [
        ([CLEAN, CLEAN], 0, 0, "2 packages, no known vulnerability"),
        ([CLEAN, VULNERABLE], 1, 1, "a 1: CVE-2026-1, fixed in 2"),
        ([CLEAN, SKIPPED], 0, 2, "THE LOOK-UP FAILED, so nothing is known: no route"),
        (None, 1, 2, "THE LOOK-UP FAILED, so nothing is known: no route"),
        ([CLEAN], 1, 2, "THE LOOK-UP FAILED, so nothing is known: no route"),
    ],
    ids=["clean", "vulnerable", "a package not found", "no network", "no finding"],
)
def test_a_look_up_that_fails_is_told_from_a_clean_one(
    tmp_path: Path, packages: object, code: int, expected: int, said: str
) -> None:
    """A program in the place of pip-audit, whose real one needs the network."""
    report = json.dumps({"dependencies": packages})
    write = f"echo '{report}' > \"$last\"" if packages else ":"
    stub = tmp_path / "pip-audit"
    stub.write_text(
        f'#!/bin/sh\nfor last; do :; done\n{write}\necho "no route" >&2\nexit {code}\n'
    )
    stub.chmod(0o755)
    done = subprocess.run(
        [ROOT / "scripts/audit-dependencies", "requirements.txt"],
        cwd=ROOT,
        env={"PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == expected, done.stderr
    assert said in done.stdout
