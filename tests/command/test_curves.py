"""noising curves and noising compare."""

import json

import pytest

from noising.command import figures
from noising.curves import MAX_POINTS, QUANTITIES, curves, summary
from noising.engine import build_process

LINEAR = {"num_timesteps": 100, "schedule": {"type": "linear"}}
MATRIX = {"vocab_size": 5, "graph": {"type": "banded", "beta": 2.0}}


def test_the_table_runs_from_the_first_timestep_to_the_last(run):
    ended = run("curves", "-", "--quantities", "alpha,change_chance", "--points", "3",
                text=json.dumps(LINEAR))  # fmt: skip

    assert ended.code == 0
    # README, POST /api/v1/curves
    assert [line.split() for line in ended.out.splitlines()] == [
        ["timestep", "time", "alpha", "change_chance"],
        ["0", "0.01", "0.9999", "9.9998e-05"],
        ["50", "0.51", "0.769291", "0.230704"],
        ["99", "1", "0.363563", "0.636424"],
    ]
    assert len({len(line) for line in ended.out.splitlines()}) == 1


def test_a_table_has_eleven_lines_and_json_257(run):
    assert len(run("curves", "cosine").out.splitlines()) == 1 + 11
    assert run("curves", "cosine", "--json").document["points"] == 257


def test_json_holds_the_curves_and_null_where_there_is_no_value(run):
    ended = run("curves", "-", "--json", "--axis", "time", "--points", "5",
                text=json.dumps(MATRIX))  # fmt: skip
    process = build_process(MATRIX)
    found = curves(process, list(QUANTITIES), axis="time", points=5)

    assert ended.document["axis"] == "time"
    assert list(ended.document["curves"]) == ["time", *QUANTITIES]
    assert ended.document["curves"]["alpha"] == found.columns["alpha"].tolist()
    assert ended.document["curves"]["nelbo_weight"] == [None] * 5


def test_what_has_no_value_is_a_dash_in_the_table(run):
    ended = run("curves", "-", "--quantities", "nelbo_weight", "--points", "2",
                text=json.dumps(MATRIX))  # fmt: skip

    assert [line.split()[-1] for line in ended.out.splitlines()[1:]] == ["-", "-"]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("--points", "0"), f"--points must lie in 1..{MAX_POINTS}, got 0"),
        (("--points", "many"), "must be an integer, got 'many'"),
        (("--points", "9" * 5000), "must be an integer, got '999"),
        (("--quantities", "alpha,beta"), "got beta"),
        (("--quantities", ","), "got none"),
        (("--axis", "space"), "invalid choice: 'space'"),
        (("--plot", "a.gif"), "a.gif: the name of a plot must end with one of .png"),
        (
            ("--plot", "absent/a.png"),
            "absent/a.png: must be a file in a folder that exists",
        ),
    ],
)
def test_a_wrong_option_is_one_line_and_2(refused, arguments, expected):
    assert expected in refused("curves", "cosine", *arguments)


@pytest.mark.parametrize(
    ("name", "start"),
    [("a.png", b"\x89PNG"), ("a.SVG", b"<?xml"), ("a.pdf", b"%PDF")],
)
def test_a_plot_has_the_format_that_its_name_says(run, tmp_path, name, start):
    ended = run("curves", "cosine", "--quantities", "alpha", "--plot", name)

    assert (ended.code, ended.out, ended.err) == (0, "", "")
    assert (tmp_path / name).read_bytes().startswith(start)


def test_every_format_is_one_that_is_drawn():
    assert {f".{name}" for name in figures.FORMATS.values()} == set(figures.FORMATS)


def test_a_comparison_has_figures_of_merit_and_differences(run):
    ended = run("compare", "cosine", "linear")

    assert ended.code == 0
    table, where = ended.out.split("\n\n")
    header, first, second = (line.split() for line in table.splitlines())
    assert header[:3] == ["name", "schedule_type", "graph_type"]
    assert (first[0], second[0]) == ("cosine", "linear")
    found = summary(build_process({"schedule": {"type": "linear"}}))
    assert f"{found.half_time:.6g}" in second
    assert str(found.wasted_timesteps) in second
    assert 'schedule.type      "cosine"  "linear"' in where
    assert "schedule.beta_max  -         0.02" in where


def test_a_comparison_as_json_has_null_where_half_is_never_lost(run, tmp_path):
    weak = LINEAR | {"schedule": {"type": "linear", "beta_max": 0.0002}}
    (tmp_path / "weak.json").write_text(json.dumps(weak))

    document = run("compare", "cosine", "weak.json", "--json").document
    assert [found["name"] for found in document["schedules"]] == ["cosine", "weak.json"]
    assert document["schedules"][1]["half_time"] is None
    assert {"path": "num_timesteps", "values": {"cosine": 1000, "weak.json": 100}} in (
        document["differences"]
    )


def test_equal_processes_have_no_differences(run, tmp_path):
    (tmp_path / "same.json").write_text('{"schedule": {"type": "cosine"}}')

    assert "where they differ" not in run("compare", "cosine", "same.json").out


def test_a_comparison_is_drawn_beside_the_table(run, tmp_path):
    ended = run("compare", "cosine", "linear", "--plot", "a.png")

    assert "half_time" in ended.out
    assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")
