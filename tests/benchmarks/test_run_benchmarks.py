import argparse
import contextlib
import json
import os
import pty
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import benchmarks
from benchmarks import cases, information, report, run_benchmarks
from benchmarks.cases import DEFAULT_SCHEDULES, GRAPHS, UsageError
from benchmarks.report import FIGURES
from benchmarks.run_benchmarks import add_arguments, config_from, main

ROOT = Path(benchmarks.__file__).parents[1]
NAMES = {*FIGURES, "results.json"}
QUICK = (
    *("--schedules", "cosine"),
    *("--timesteps", "0,999"),
    *("--samples", "2"),
    *("--vocab-size", "50"),
    *("--corpus", "synthetic"),
)


PNG = b"\x89PNG"


@pytest.fixture(autouse=True)
def _quick(monkeypatch):
    """Time and draw little; that both are right is tested elsewhere."""
    monkeypatch.setattr(report, "render", lambda figure, image_format: PNG)
    monkeypatch.setattr(cases, "BATCH_ROWS", 2)
    monkeypatch.setattr(information, "ROWS", 16)
    for variable in ("VOCAB_SIZE", "NUM_TIMESTEPS"):
        monkeypatch.delenv(variable, raising=False)


def parsed(*arguments):
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    return vars(parser.parse_args(arguments))


def ended(code_expected, capsys, *arguments):
    """Run with bad arguments: one line on stderr, nothing on stdout."""
    try:
        code = main(arguments)
    except SystemExit as left:  # argparse's own way out
        code = left.code
    out, err = capsys.readouterr()
    assert code == code_expected
    assert out == ""
    assert err.count("\n") == 1, err
    assert err.endswith("\n")
    return err


def test_the_defaults_compare_the_schedules_with_the_uniform_one():
    config = config_from(parsed())
    assert [name for name, _ in config.schedules] == [*DEFAULT_SCHEDULES, "uniform"]
    assert config.baseline == "uniform"
    assert config.graph == {"type": "uniform"}
    assert config.corpus == "setmm"
    assert (config.vocab_size, config.num_timesteps) == (50_257, 1_000)
    assert config.timesteps == (0, 100, 200, 300, 400, 500, 600, 700, 800, 900, 999)


def test_every_flag_is_taken_over():
    config = config_from(
        parsed(
            *("--schedules", "linear, uniform,linear", "--baseline", "linear"),
            *("--graph", "absorbing", "--corpus", "x.npy", "--vocab-size", "7"),
            *("--num-timesteps", "20", "--timesteps", "19,0, 5,5"),
            *("--samples", "3", "--seed", str(2**64 - 1)),
        )
    )
    assert config.schedules == (
        ("linear", {"type": "linear"}),
        ("uniform", {"type": "uniform"}),
    )
    assert config.baseline == "linear"
    assert config.graph == {"type": "absorbing"}
    assert (config.corpus, config.vocab_size) == ("x.npy", 7)
    assert (config.num_timesteps, config.timesteps) == (20, (0, 5, 19))
    assert (config.samples, config.seed) == (3, 2**64 - 1)


def test_a_graph_that_goes_with_one_schedule_brings_it():
    config = config_from(parsed("--graph", "gidd"))
    assert config.schedules == (("gidd", {"type": "gidd"}),)
    assert (config.baseline, config.graph) == ("gidd", {"type": "gidd"})
    given = config_from(
        parsed("--graph", "gidd", "--schedules", "a", "--baseline", "b")
    )
    assert [name for name, _ in given.schedules] == ["a", "b"]


def test_the_environment_sets_what_flags_leave_open(monkeypatch):
    monkeypatch.setenv("VOCAB_SIZE", "300")
    monkeypatch.setenv("NUM_TIMESTEPS", "20")
    config = config_from(parsed())
    assert (config.vocab_size, config.num_timesteps) == (300, 20)
    assert config.timesteps[-1] == 19
    assert config_from(parsed("--vocab-size", "9")).vocab_size == 9
    monkeypatch.setenv("VOCAB_SIZE", "")
    assert config_from(parsed()).vocab_size == 50_257
    monkeypatch.setenv("VOCAB_SIZE", "many")
    with pytest.raises(UsageError, match="VOCAB_SIZE: must be an integer, got 'many'"):
        config_from(parsed())


def test_names_are_resolved_by_whoever_asks():
    stored = {"mine": {"type": "loglinear", "epsilon": 0.1}}

    def resolve(name):
        return stored.get(name) or {"type": name}

    config = config_from(parsed("--schedules", "mine"), resolve=resolve)
    assert config.schedules == (
        ("mine", stored["mine"]),
        ("uniform", {"type": "uniform"}),
    )


def test_a_run_writes_its_files_and_shows_a_table(tmp_path, capsys):
    assert main([*QUICK, "--output", str(tmp_path / "out")]) == 0
    out, _ = capsys.readouterr()
    assert {path.name for path in (tmp_path / "out").iterdir()} == NAMES
    assert "cosine" in out
    assert "results.json" in out


def test_quiet_is_quiet(tmp_path, capsys):
    assert main([*QUICK, "--quiet", "--output", str(tmp_path)]) == 0
    assert capsys.readouterr() == ("", "")
    assert {path.name for path in tmp_path.iterdir()} == NAMES


def test_without_plots_only_the_results_are_written(tmp_path):
    assert main([*QUICK, "--quiet", "--no-plots", "--output", str(tmp_path)]) == 0
    assert [path.name for path in tmp_path.iterdir()] == ["results.json"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--schedules", "cosin"), "schedule 'cosin': `schedule.type` must be one of"),
        (("--schedules", "cosin"), "did you mean `cosine`?"),
        (("--schedules", "custom"), "schedule 'custom': "),
        (("--schedules", ""), "must be names separated by commas"),
        (("--schedules", "a,,b"), "must be names separated by commas"),
        (("--baseline", "nothing"), "schedule 'nothing'"),
        (("--graph", "absorbin"), "got 'absorbin'; did you mean `absorbing`?"),
        (("--graph", "marginal"), "'marginal' needs counts"),
        (("--graph", "gidd"), "`graph.type` can be `gidd` only with the schedule"),
        (("--baseline", "unform"), "did you mean `uniform`?"),
        (("--fail-over", "10%"), "fail-over: needs --compare"),
        (("--fail-over", "much"), "must be a percentage from 0, such as 10%"),
        (("--fail-over=-1%",), "must be a percentage from 0, such as 10%"),
        (("--compare", "/nowhere"), "compare: '/nowhere' is neither a file"),
        (("--compare", "x", "--suite", "throughput"), "with the suite `schedules`"),
        (("--timesteps", "0,1000"), "timesteps: must lie in 0..999, got 1000"),
        (("--timesteps", "-1"), "timesteps: must lie in 0..999, got -1"),
        (("--timesteps", "0,,5"), "must be an integer, got ''"),
        (("--timesteps", "1.5"), "must be an integer, got '1.5'"),
        (("--samples", "0"), "samples: must lie in 1..1000000"),
        (("--samples", "9" * 9999), "must be an integer"),
        (("--seed", "-5"), "seed: must lie in 0..18446744073709551615"),
        (("--vocab-size", "1"), "vocab_size"),
        (("--vocab-size", "99999999"), "vocab_size"),
        (("--num-timesteps", "0"), "num_timesteps"),
        (("--num-timesteps", "100001"), "num_timesteps"),
        (("--corpus", "/nonexistent"), "corpus '/nonexistent' cannot be read"),
        (("--corpus", "/"), "corpus '/' is a directory"),
        (("--output", "/dev/null"), "output '/dev/null' is not a folder"),
        (("--nothing",), "unrecognized arguments: --nothing"),
        (("two\nlines",), "unrecognized arguments: two lines"),
    ],
)
def test_bad_usage_is_one_line_and_exit_code_2(tmp_path, capsys, arguments, message):
    output = tmp_path / "out"
    quick = [*QUICK, "--output", str(output), *arguments]
    assert message in ended(2, capsys, *quick)
    assert ended(2, capsys, *quick, "--quiet")
    assert not output.exists()


def test_a_full_disk_is_one_line_and_exit_code_1(tmp_path, capsys, monkeypatch):
    def full(self, data):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    message = ended(1, capsys, *QUICK, "--quiet", "--output", str(tmp_path))
    assert "No space left on device" in message
    assert not list(tmp_path.iterdir())


def test_an_interrupt_is_one_line_and_exit_code_130(tmp_path, capsys, monkeypatch):
    def interrupted(config, *, on_progress):
        raise KeyboardInterrupt

    monkeypatch.setattr(run_benchmarks, "run", interrupted)
    output = tmp_path / "out"
    assert "interrupted" in ended(130, capsys, *QUICK, "--output", str(output))
    assert not output.exists()


def test_ctrl_c_on_a_terminal_leaves_nothing_behind(tmp_path):
    output = tmp_path / "out"
    terminal, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.run_benchmarks", "--output", str(output)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=theirs,
        env={**os.environ, "TERM": "xterm", "COLUMNS": "120"},
    )
    os.close(theirs)
    shown = b""
    with os.fdopen(terminal, "rb", buffering=0) as screen:
        while b", timestep " not in shown:  # the bar says what is measured
            shown += screen.read(4096)
        process.send_signal(signal.SIGINT)
        with contextlib.suppress(OSError):  # what a terminal's end reads as
            while more := screen.read(4096):
                shown += more
    out, _ = process.communicate(timeout=60)
    assert process.returncode == 130, shown
    assert out == b""
    assert b"Traceback" not in shown
    assert shown.endswith(b"run_benchmarks: interrupted\r\n")
    assert not output.exists()


def program(*arguments):
    """Return a Python program that runs the command with little to measure."""
    return (
        "import sys\n"
        "from benchmarks import cases, information, run_benchmarks, throughput\n"
        "throughput.ROUNDS, cases.BATCH_ROWS, information.ROWS = 3, 2, 16\n"
        f"code = run_benchmarks.main({arguments!r})\n"
    )


def test_a_reader_that_leaves_early_sees_no_traceback(tmp_path):
    text = program(*QUICK, "--output", str(tmp_path))
    text = "from benchmarks import report\nreport.FIGURES.clear()\n" + text
    process = subprocess.Popen(
        [sys.executable, "-c", text],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    process.stdout.close()
    with process.stderr:
        assert process.stderr.read() == b""
    process.wait(timeout=60)
    assert {path.name for path in tmp_path.iterdir()} == {"results.json"}


def test_no_django_is_imported_and_no_database_needed(tmp_path):
    text = program(*QUICK, "--quiet", "--output", str(tmp_path)) + (
        "loaded = ('django', 'rest_framework', 'noising_site', 'matplotlib.pyplot')\n"
        "print(code, [name for name in loaded if name in sys.modules])\n"
    )
    environment = {k: v for k, v in os.environ.items() if "DJANGO" not in k}
    done = subprocess.run(
        [sys.executable, "-c", text],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "0 []\n"
    assert done.stderr == ""
    for name in FIGURES:
        assert (tmp_path / name).read_bytes().startswith(PNG)


def test_help_names_the_schedules_and_graphs(capsys):
    with pytest.raises(SystemExit) as left:
        main(["--help"])
    assert left.value.code == 0
    out, _ = capsys.readouterr()
    for word in ("sedd_entropy", *GRAPHS, "--num-timesteps", "VOCAB_SIZE", "BASE"):
        assert word in out


def test_the_results_repeat_with_the_seed(tmp_path):
    folders = tmp_path / "a", tmp_path / "b"
    for folder in folders:
        assert main([*QUICK, "--quiet", "--seed", "5", "--output", str(folder)]) == 0
    first, second = (
        json.loads((folder / "results.json").read_text()) for folder in folders
    )
    assert first["schedules"] == second["schedules"]
    assert first["config"]["seed"] == 5


def made_worse(folder, target, share):
    """Write the folder's results as if more tokens had been kept before."""
    document = json.loads((folder / "results.json").read_text())
    for schedule in document["schedules"]:
        for result in schedule["results"]:
            metric = result["metrics"]["preserved"]
            kept = min(1.0, metric["measured"] * (1 + share) + share / 10)
            metric.update(measured=kept, low=kept, high=kept)
    document["throughput"] = []  # times differ from run to run
    target.write_text(json.dumps(document))


def test_a_run_that_is_worse_than_an_earlier_one_fails(tmp_path, capsys):
    run = [*QUICK, "--seed", "5", "--no-plots", "--output", str(tmp_path / "out")]
    assert main([*run, "--quiet"]) == 0
    made_worse(tmp_path / "out", tmp_path / "same.json", 0.0)
    made_worse(tmp_path / "out", tmp_path / "better.json", 3.0)
    capsys.readouterr()

    assert main([*run, "--compare", str(tmp_path / "same.json")]) == 0
    assert "beyond the 95 % intervals: nothing." in capsys.readouterr().out
    better = ("--compare", str(tmp_path / "better.json"))
    assert main([*run, *better, "--quiet"]) == 0
    assert main([*run, *better]) == 0  # it shows, and nobody asked to fail
    assert "worse by" in capsys.readouterr().out
    assert main([*run, *better, "--fail-over", "10%"]) == 1
    out, err = capsys.readouterr()
    assert "worse by" in out
    assert "cosine" in out
    assert err.startswith("run_benchmarks: ")
    assert err.endswith("better.json by more than 10 %\n")
    assert main([*run, *better, "--fail-over", "1000", "--quiet"]) == 0
    assert main([*run, *better, "--fail-over", "10%", "--quiet"]) == 1
    assert capsys.readouterr().out == ""
    assert (tmp_path / "out" / "results.json").exists()
