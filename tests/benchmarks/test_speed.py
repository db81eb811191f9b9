"""The throughput suite: its cases, what it reports, and its command line."""

import importlib.util
import json
import time

import numpy as np
import pytest

from benchmarks import speed
from benchmarks.run_benchmarks import main
from benchmarks.speed import SpeedCase, SpeedConfig, run_speed, speed_cases
from benchmarks.speed_report import table
from noising.engine import chosen_kernel
from noising.plots import plot_speed, render

SMALL = 128


@pytest.fixture(scope="module")
def document():
    seen = []
    config = SpeedConfig(most_tokens=SMALL, rounds=2, seed=1, peers=True)
    result = run_speed(config, on_progress=lambda *step: seen.append(step))
    assert seen[-1] == (2, 2, "done")
    return result


def test_the_cases_cover_sizes_noise_graphs_and_dtypes():
    cases = speed_cases(2**30)
    assert {(case.rows, case.length) for case in cases} == set(speed.SIZES)
    assert {case.graph for case in cases} == {"uniform", "absorbing"}
    assert {case.dtype for case in cases} == {"int64", "int32", "uint16"}
    largest = [case for case in cases if case.rows == 8192 and case.graph == "uniform"]
    assert {case.noise for case in largest} == {*speed.ALPHAS, "by row", "by position"}
    assert len({case.name for case in cases}) == len(cases)


def test_cases_beyond_the_limit_are_left_out():
    assert [case.name for case in speed_cases(SMALL)] == [
        "1x6 alpha=0.5 uniform int64",
        "1x128 alpha=0.5 uniform int64",
    ]


def test_every_program_is_timed_and_compared(document):
    for entry in document["throughput"]:
        for name in ("numpy", "numba", "naive", "memcpy"):
            assert entry[f"{name}_ns_per_token"] > 0.0
        for ratio in ("numpy_over_memcpy", "naive_over_numpy", "naive_over_numba"):
            assert entry[ratio] > 0.0
    assert document["suite"] == "throughput"
    assert json.loads(json.dumps(document, allow_nan=False)) == document
    assert chosen_kernel() == "numpy"


@pytest.mark.parametrize("graph", ["uniform", "absorbing"])
@pytest.mark.parametrize("noise", [0.3, "by row", "by position"])
@pytest.mark.parametrize("dtype", ["int64", "int32", "uint16"])
def test_programs_of_a_case_do_the_same_to_tokens(graph, noise, dtype):
    case = SpeedCase(rows=300, length=50, noise=noise, graph=graph, dtype=dtype)
    generator = np.random.default_rng(2)
    tokens = generator.integers(speed.VOCAB_SIZE, size=case.shape).astype(dtype)
    config = SpeedConfig(most_tokens=case.tokens, rounds=1, seed=2, peers=False)
    programs = dict(speed._programs(case, generator, config))
    noised = programs["numpy"](tokens).tokens
    naive = programs["naive"](tokens)
    assert noised.dtype == naive.dtype == tokens.dtype
    kept, expected = (noised == tokens).mean(), (naive == tokens).mean()
    assert abs(kept - expected) < 6.5 * np.sqrt(0.5 / tokens.size)
    if graph == "absorbing":
        assert set(naive[naive != tokens].tolist()) == {speed.VOCAB_SIZE}


def test_the_table_and_the_figure_show_every_case(document):
    times, ratios = table(document).renderables
    assert times.row_count == ratios.row_count == len(document["throughput"])
    assert render(plot_speed(document), "png").startswith(b"\x89PNG")
    assert render(plot_speed({"throughput": []}), "svg")


def test_without_numba_the_suite_runs_all_the_same(monkeypatch):
    found = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util,
        "find_spec",
        lambda name: None if name in ("numba", "torch") else found(name),
    )
    config = SpeedConfig(most_tokens=6, rounds=1, seed=1, peers=True)
    document = run_speed(config, on_progress=lambda *_: None)
    (entry,) = document["throughput"]
    assert not any("numba" in key or "torch" in key for key in entry)
    assert table(document)


def test_with_threads_the_clock_is_read(tmp_path, capsys):
    arguments = ["--suite", "throughput", "--max-tokens", "6", "--rounds", "1"]
    assert main([*arguments, "--threads", "2", "--output", str(tmp_path)]) == 0
    assert "Nanoseconds per token (2 threads of numba)" in capsys.readouterr().out
    written = json.loads((tmp_path / "throughput-suite.json").read_text())
    assert written["config"]["threads"] == 2
    config = SpeedConfig(most_tokens=6, rounds=1, seed=1, peers=False, threads=2)
    assert config.clock is time.perf_counter_ns


def test_the_command_writes_the_suites_own_files(tmp_path, capsys):
    arguments = ["--suite", "throughput", "--max-tokens", "6", "--rounds", "1"]
    assert main([*arguments, "--output", str(tmp_path)]) == 0
    assert {path.name for path in tmp_path.iterdir()} == {
        "throughput-suite.json",
        "throughput-suite.png",
    }
    shown = capsys.readouterr().out
    assert "1x6 alpha=0.5 uniform int64" in shown
    assert "…" not in shown
    assert main([*arguments, "--quiet", "--output", str(tmp_path)]) == 0
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["--rounds", "0"], "rounds: must lie in 1..10000, got 0"),
        (["--max-tokens", "5"], "max-tokens: must be at least 6"),
        (["--threads", "0"], "threads: must lie in 1..256, got 0"),
        (["--threads", "257"], "threads: must lie in 1..256, got 257"),
    ],
)
def test_a_value_out_of_range_is_refused_in_one_line(arguments, reason, capsys):
    assert main(["--suite", "throughput", *arguments]) == 2
    assert capsys.readouterr().err == f"run_benchmarks: error: {reason}\n"
