"""The torch suite: what it reports, and its command line."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.run_benchmarks import main

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def torch_suite():
    pytest.importorskip("torch")
    from benchmarks import torch_suite

    return torch_suite


@pytest.fixture(scope="module")
def document(torch_suite):
    config = torch_suite.TorchConfig(rounds=1, seed=1, rows=4, length=64)
    seen = []
    result = torch_suite.run_torch(config, on_progress=lambda *step: seen.append(step))
    assert seen[-1][0] == seen[-1][1] == len(seen) - 1
    return result


@pytest.mark.filterwarnings("ignore:.*torch[.]jit:DeprecationWarning")
@pytest.mark.timeout(300)
def test_every_program_is_compared_with_the_first_of_its_case(document):
    entries = document["torch"]
    assert all(entry["ns_per_token"] > 0.0 for entry in entries)
    cases = {}
    for entry in entries:
        cases.setdefault((entry["case"], entry["device"]), []).append(entry)
    assert {case[0]["over_baseline"] for case in cases.values()} == {1.0}
    programs = {entry["program"] for entry in entries}
    assert {"SEDD", "engine", "torch, eager", "torch, compiled"} <= programs
    assert {"bare kernel", "positions", "ids of tokens", "count"} <= programs
    assert json.loads(json.dumps(document, allow_nan=False)) == document


def test_the_table_and_the_file_show_every_program(document, torch_suite, tmp_path):
    assert torch_suite.table(document).row_count == len(document["torch"])
    [path] = torch_suite.write(document, tmp_path)
    assert path.name == "torch-suite.json"
    assert json.loads(path.read_text()) == document


def test_the_command_writes_the_suites_own_file(torch_suite, monkeypatch, tmp_path,
                                                capsys, document):  # fmt: skip
    monkeypatch.setattr(torch_suite, "run_torch", lambda config, on_progress: document)
    assert main(["--suite", "torch", "--output", str(tmp_path)]) == 0
    assert "torch, compiled" in capsys.readouterr().out
    assert main(["--suite", "torch", "--output", str(tmp_path), "--quiet"]) == 0
    assert capsys.readouterr().out == ""


def test_wrong_usage_is_refused_in_one_line(capsys):
    assert main(["--suite", "torch", "--rounds", "0"]) == 2
    assert capsys.readouterr().err.endswith("rounds: must lie in 1..10000, got 0\n")


def test_without_torch_the_suite_says_what_to_install():
    program = (
        "import sys; sys.modules['torch'] = None\n"
        "from benchmarks.run_benchmarks import main\n"
        "sys.exit(main(['--suite', 'torch']))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        "run_benchmarks: error: suite: noising.torch needs torch: "
        'pip install "noising[torch]"\n'
    )
