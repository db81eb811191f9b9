"""The program `noising`: its arguments, SPEC, and how it ends."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

import noising
from noising.command import lint
from noising.command.program import COMMANDS
from noising.engine import PRESETS, SCHEDULE_TYPES, build_process

ROOT = Path(__file__).parents[2]
PROGRAM = (sys.executable, "-m", "noising")
SMALL = {"vocab_size": 27, "num_timesteps": 10}


def test_the_version_is_that_of_the_package(run):
    assert run("--version").out == f"{noising.__version__}\n"


def test_the_help_names_every_command_and_the_exit_codes(run):
    ended = run("--help")

    assert ended.code == 0
    for name, command in COMMANDS.items():
        assert f"{name} " in ended.out
        assert command.HELP in ended.out
    assert "0 success, 1 found something wrong, 2 wrong usage" in ended.out


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_a_help_and_can_print_json(run, name):
    ended = run(name, "--help")

    assert ended.code == 0
    assert "--json" in ended.out


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ((), "required: COMMAND"),
        (("train",), "invalid choice: 'train'"),
        (("lint",), "required: SPEC"),
        (("lint", "cosine", "--colour"), "unrecognized arguments: --colour"),
        (
            ("lint", "cosin"),
            "neither a file, a preset nor a schedule type; did you mean `cosine`",
        ),
        (("lint", "absent.json"), "neither a file, a preset nor a schedule type\n"),
        (("lint", "/"), "/: cannot be read: Is a directory"),
        (("lint", "custom"), "custom: `schedule"),
        (("compare", "-", "-"), "two or more different"),
        (("compare", "cosine"), "two or more different"),
        (("noise", "-", "--timestep", "1"), "only one argument may be -"),
        (("lint", "-", "--tokens", "-"), "only one argument may be -"),
    ],
)
def test_wrong_usage_is_one_line_and_2(refused, arguments, expected):
    assert expected in refused(*arguments)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "the standard input: must hold JSON"),
        ("{", "must hold JSON"),
        ("[" * 100_000, "must hold JSON"),
        ("9" * 5000, "must hold JSON"),
        ("[]", "must be an object"),
        ('{"vocab_size": NaN}', "`vocab_size` must be an integer"),
        ('{"schedule": {"type": "cosin"}}', "did you mean `cosine`?"),
    ],
)
def test_a_specification_that_is_none_is_one_line_and_2(refused, text, expected):
    assert expected in refused("lint", "-", text=text)


@pytest.mark.parametrize("name", sorted({*SCHEDULE_TYPES} - {"custom", *PRESETS}))
def test_the_name_of_a_schedule_type_is_that_schedule(run, name):
    process = build_process({"schedule": {"type": name}})

    ended = run("curves", name, "--points", "1", "--quantities", "alpha", "--json")
    assert ended.document["fingerprint"] == process.fingerprint


def test_the_name_of_a_preset_stands_before_a_schedule_type(run):
    for name in ("llada", "gidd"):
        process = build_process(PRESETS[name].specification)
        ended = run("curves", name, "--points", "1", "--quantities", "alpha", "--json")
        assert ended.document["fingerprint"] == process.fingerprint


def test_a_file_and_the_standard_input_hold_a_specification(run, tmp_path):
    (tmp_path / "spec.json").write_text(json.dumps(SMALL))
    process = build_process(SMALL)

    for spec in ("spec.json", "-"):
        ended = run("lint", spec, "--json", text=json.dumps(SMALL))
        assert ended.document["fingerprint"] == process.fingerprint


def test_a_schedule_type_stands_before_a_file_of_its_name(run, tmp_path):
    (tmp_path / "cosine").write_text("no JSON")

    assert run("lint", "cosine").code == 0
    assert run("lint", "./cosine").code == 2


def test_an_interrupt_is_one_line_and_130(run, monkeypatch):
    def interrupted(process, tokens):
        raise KeyboardInterrupt

    monkeypatch.setattr(lint, "judge", interrupted)
    ended = run("lint", "cosine")

    assert (ended.code, ended.err) == (130, "noising lint: interrupted\n")


def test_a_reader_that_has_seen_enough_is_no_error():
    with subprocess.Popen(
        [*PROGRAM, "noise", "cosine", "--timestep", "9", "--seed", "7"],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        process.stdout.close()
        _, error = process.communicate("1 2 3\n" * 4)

    assert (process.returncode, error) == (141, "")


def test_a_disk_that_refuses_the_output_is_one_line_and_2():
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("needs /dev/full")
    with full.open("w") as output:
        done = subprocess.run(
            [*PROGRAM, "lint", "cosine"],
            cwd=ROOT,
            stdout=output,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )

    assert done.returncode == 2
    assert "cannot be written: No space left on device" in done.stderr
    assert "Traceback" not in done.stderr
