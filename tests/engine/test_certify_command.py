"""python -m noising.engine.certify, for people and for programs."""

import json
import math
import re
import subprocess
import sys
from pathlib import Path

import pytest

from noising.engine import build_process
from noising.engine.certify import FALSE_ALARM_RATE, SAMPLES
from noising.engine.certify.command import main
from tests.engine.certificates import FEW, NAMES


@pytest.fixture
def spec_file(tmp_path):
    path = tmp_path / "spec.json"
    path.write_text(json.dumps({"vocab_size": 27, "num_timesteps": 10}))
    return path


def _run(spec_file, *arguments):
    return main([str(spec_file), "--samples", str(FEW), *arguments])


def test_the_command_prints_a_report_and_json(spec_file, capsys):
    assert _run(spec_file, "--seed", "7") == 0
    report, brace, rest = capsys.readouterr().out.partition("{\n")
    document = json.loads(brace + rest)
    assert document["verdict"] == "passed"
    assert document["seed"] == 7
    assert document["samples"] == FEW
    process = build_process(json.loads(spec_file.read_text()))
    assert document["specification"] == process.spec
    assert document["fingerprint"] == process.fingerprint
    assert {"certificate_version", "engine_version", "algorithm_version"} <= set(
        document
    )
    assert {"python", "numpy", "machine"} <= set(document["environment"])
    assert [check["name"] for check in document["checks"]] == NAMES
    lines = report.splitlines()
    assert [line.split()[0] for line in lines[1:-1]] == NAMES
    assert lines[-1].startswith("passed: ")
    tests = [test for check in document["checks"] for test in check["p_values"]]
    assert all(0.0 <= test["p_value"] <= test["adjusted"] <= 1.0 for test in tests)
    assert f"{len(tests)} exact tests" in lines[-1]


def test_the_command_writes_a_file_instead(spec_file, tmp_path, capsys):
    target = tmp_path / "certificate.json"
    assert _run(spec_file, "--json", str(target)) == 0
    assert json.loads(target.read_text())["verdict"] == "passed"
    assert "{" not in capsys.readouterr().out


def test_a_failed_certificate_ends_with_1(tmp_path, capsys):
    schedule = {"type": "custom", "alphas": [0.9, 0.5], "rates": [1.0, 9.0]}
    path = tmp_path / "spec.json"
    path.write_text(
        json.dumps({"vocab_size": 5, "num_timesteps": 2, "schedule": schedule})
    )
    assert _run(path) == 1
    assert "dsigma                 FAILED" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("content", "part"),
    [
        (b"", "must hold JSON"),
        (b"{", "must hold JSON"),
        (b"\xff", "must hold JSON"),
        (b"[" * 100_000, "must hold JSON"),
        (b"9" * 5000, "must hold JSON"),
        (b"[]", "must be an object"),
        (b"NaN", "must be an object"),
        (b'{"vocab_size": NaN}', "`vocab_size` must be an integer"),
        (b'{"schedule": {"type": "cosin"}}', "did you mean `cosine`?"),
    ],
)
def test_a_bad_specification_is_one_line_and_2(tmp_path, capsys, content, part):
    path = tmp_path / "spec.json"
    path.write_bytes(content)
    assert _run(path) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("certify: error: ")
    assert captured.err.count("\n") == 1
    assert part in captured.err


def test_a_missing_file_or_a_folder_is_one_line_and_2(tmp_path, capsys):
    for path in (tmp_path / "absent.json", tmp_path):
        assert _run(path) == 2
        line = capsys.readouterr().err
        assert "must be a file that can be read" in line
        assert line.count("\n") == 1


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["--samples"],
        ["--samples", "many"],
        ["--samples", "9" * 5000],
        ["--samples", "3"],
        ["--seed", "1.5"],
        ["--seed", "-1"],
        ["--colour"],
    ],
)
def test_bad_usage_is_one_line_and_2(spec_file, capsys, arguments):
    paths = [str(spec_file)] if arguments else []
    try:
        code = main([*paths, *arguments])
    except SystemExit as ended:
        code = ended.code
    assert code == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.count("\n") == 1
    assert len(captured.err) < 300


def test_a_certificate_that_cannot_be_written_is_refused_before_the_work(
    spec_file, tmp_path, capsys
):
    for target in (tmp_path, tmp_path / "absent" / "certificate.json"):
        assert _run(spec_file, "--json", str(target)) == 2
        captured = capsys.readouterr()
        assert captured.out == ""
        assert "must be a file that can be written" in captured.err


def test_a_disk_that_refuses_the_certificate_is_one_line_and_2(spec_file, capsys):
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("needs /dev/full")
    assert _run(spec_file, "--json", str(full)) == 2
    assert "No space left" in capsys.readouterr().err


def test_an_interrupt_ends_with_130(spec_file, capsys, monkeypatch):
    def interrupted(process, **arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr("noising.engine.certify.command.certify", interrupted)
    assert _run(spec_file) == 130
    assert capsys.readouterr().err == "certify: interrupted\n"


def test_the_module_runs_as_a_program(spec_file):
    done = subprocess.run(
        [
            *(sys.executable, "-m", "noising.engine.certify", str(spec_file)),
            *("--samples", "512", "--json", str(spec_file.with_name("out.json"))),
        ],
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).parents[2],
    )
    assert done.returncode == 0
    assert done.stderr == ""
    assert math.isclose(
        json.loads(spec_file.with_name("out.json").read_text())["false_alarm_rate"],
        FALSE_ALARM_RATE,
    )


def test_the_documentation_lists_every_check_and_its_example_runs(capsys):
    text = (Path(__file__).parents[2] / "docs" / "certificate.md").read_text()
    rows = re.findall(r"^\| (`[a-z_`, ]+) \|", text, re.MULTILINE)
    listed = [name.strip("` ") for row in rows for name in row.split(",")]
    assert sorted(listed) == sorted(NAMES)
    exec(re.search(r"```python\n(.*?)```", text, re.DOTALL)[1], {})  # noqa: S102
    assert "passed: " in capsys.readouterr().out
    assert f"{SAMPLES.default:,}" in text
    assert f"{SAMPLES.low} to {SAMPLES.high:,}" in text
