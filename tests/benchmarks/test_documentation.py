import json
import re
import shlex
from pathlib import Path

import pytest

import benchmarks
from benchmarks import cases, information, report, throughput
from benchmarks.run_benchmarks import main

ROOT = Path(benchmarks.__file__).parents[1]
TEXT = (ROOT / "docs" / "benchmarks.md").read_text()
COMMANDS = [
    line
    for block in re.findall(r"```sh\n(.*?)```", TEXT, flags=re.DOTALL)
    for line in block.splitlines()
]


@pytest.mark.parametrize("line", COMMANDS)
def test_every_command_in_the_documentation_runs(line, tmp_path, monkeypatch):
    monkeypatch.setattr(throughput, "ROUNDS", 1)
    monkeypatch.setattr(cases, "BATCH_ROWS", 1)
    monkeypatch.setattr(information, "ROWS", 4)
    monkeypatch.setattr(report, "render", lambda figure, image_format: b"")
    monkeypatch.chdir(tmp_path)
    Path("ids.txt").write_text("1 2 3\n50256 4\n")
    program, *arguments = shlex.split(line.removeprefix("python -m "))
    assert program == "benchmarks.run_benchmarks"
    assert main(arguments) == 0
    folder = Path("mine" if "mine" in arguments else "benchmark-results")
    assert (folder / "results.json").exists()


def test_the_comparison_in_the_documentation_runs(tmp_path, monkeypatch):
    [line] = re.findall(r"^python -m (.* --compare .*)$", TEXT, flags=re.MULTILINE)
    monkeypatch.setattr(throughput, "ROUNDS", 1)
    monkeypatch.setattr(cases, "BATCH_ROWS", 1)
    monkeypatch.setattr(information, "ROWS", 4)
    monkeypatch.setattr(report, "render", lambda figure, image_format: b"")
    monkeypatch.chdir(tmp_path)
    few = ["--samples", "4", "--schedules", "cosine"]
    assert main([*few, "--quiet"]) == 0
    base = Path("benchmark-results", "results.json")
    document = json.loads(base.read_text())
    base.write_text(json.dumps(document | {"throughput": []}))  # times differ
    _, *arguments = shlex.split(line)
    assert main([*arguments, *few]) == 0
    assert Path("new", "results.json").exists()


def test_the_documentation_names_every_key_and_metric():
    schema = json.loads((ROOT / "benchmarks" / "results.schema.json").read_text())
    for key in (
        *schema["properties"],
        *schema["$defs"]["corpus"]["properties"],
        *schema["$defs"]["schedule"]["properties"],
        *schema["$defs"]["measurement"]["properties"],
        "hyperschedule_",
        "edit_distance",
        "information_nats",
    ):
        assert key in TEXT
