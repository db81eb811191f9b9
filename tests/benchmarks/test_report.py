import io
import json
import os
from pathlib import Path

import pytest
from rich.console import Console

from benchmarks import cases, information, report
from benchmarks.cases import BenchmarkConfig
from benchmarks.report import FIGURES, OutputError, check_directory, table, write
from benchmarks.runner import run

NAMES = {*FIGURES, "results.json"}


@pytest.fixture(scope="module")
def document():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cases, "BATCH_ROWS", 2)
        patch.setattr(information, "ROWS", 16)
        names = ("cosine", "uniform")
        return run(
            BenchmarkConfig(
                schedules=tuple((name, {"type": name}) for name in names),
                baseline="uniform",
                graph={"type": "uniform"},
                corpus="synthetic",
                vocab_size=50,
                num_timesteps=20,
                timesteps=(0, 10, 19),
                samples=5,
                seed=1,
            ),
            on_progress=lambda done, total, what: None,
        )


@pytest.fixture(autouse=True)
def _small_images(monkeypatch):
    monkeypatch.setattr(
        report, "render", lambda figure, kind: b"\x89PNG of " + kind.encode()
    )


def shown(document, width=80):
    console = Console(width=width, record=True, file=io.StringIO())
    console.print(table(document))
    return console.export_text()


def test_all_files_are_written_and_nothing_else(document, tmp_path):
    directory = tmp_path / "new" / "folder"
    paths = write(document, directory)
    assert {path.name for path in paths} == NAMES
    assert {path.name for path in directory.iterdir()} == NAMES
    assert json.loads((directory / "results.json").read_text()) == document


def test_older_results_are_replaced_and_other_files_kept(document, tmp_path):
    (tmp_path / "results.json").write_text("old")
    (tmp_path / "notes.txt").write_text("mine")
    write(document, tmp_path)
    assert (tmp_path / "results.json").read_text() != "old"
    assert (tmp_path / "notes.txt").read_text() == "mine"


@pytest.mark.parametrize("error", [OSError(28, "No space left"), KeyboardInterrupt()])
def test_a_failure_half_way_leaves_the_former_files(
    document, tmp_path, monkeypatch, error
):
    write(document, tmp_path)
    former = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    original = Path.write_bytes

    def failing(self, data):
        if self.name == "results.json":
            raise error
        return original(self, data)

    monkeypatch.setattr(Path, "write_bytes", failing)
    with pytest.raises((OutputError, KeyboardInterrupt)):
        write(document, tmp_path)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == former


def test_a_plot_that_cannot_be_drawn_touches_no_folder(document, tmp_path, monkeypatch):
    def failing(figure, kind):
        raise ZeroDivisionError

    monkeypatch.setattr(report, "render", failing)
    with pytest.raises(ZeroDivisionError):
        write(document, tmp_path / "new")
    assert not (tmp_path / "new").exists()


def test_what_is_not_finite_is_never_written(document, tmp_path):
    broken = document | {"corpus": document["corpus"] | {"entropy_nats": float("inf")}}
    with pytest.raises(ValueError, match="not JSON compliant"):
        write(broken, tmp_path / "new")
    assert not (tmp_path / "new").exists()


def test_checking_a_folder_creates_nothing(tmp_path):
    check_directory(tmp_path / "a" / "b")
    check_directory(tmp_path)
    assert not list(tmp_path.iterdir())


def test_folders_that_cannot_be_are_refused(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    (tmp_path / "taken" / "alpha.png").mkdir(parents=True)
    for path, message in (
        (tmp_path / "file", "is not a folder"),
        (tmp_path / "file" / "below", "Not a directory"),
        (tmp_path / "taken", "exists and is not a file"),
        (tmp_path / ("x" * 300), "File name too long"),
        (tmp_path / "a\0b", "null"),
    ):
        with pytest.raises(OutputError, match=message) as caught:
            check_directory(path)
        assert str(caught.value).isprintable()
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    with pytest.raises(OutputError, match="cannot be written to"):
        check_directory(tmp_path / "new")


def test_the_table_fits_a_terminal_and_names_every_schedule(document):
    text = shown(document)
    assert max(map(len, text.splitlines())) <= 80
    for words in (
        *("cosine", "uniform", "timestep 10", "2 x 1024", "synthetic"),
        *("cosine vs uniform", "the fewest timesteps"),
    ):
        assert words in text


def test_names_are_never_markup(document):
    entries = [dict(entry) for entry in document["schedules"]]
    entries[0]["name"] = "[red]x[/] [/wrong]"
    assert "[red]x[/] [/wrong]" in shown(document | {"schedules": entries}, width=120)


def test_findings_are_counted_by_severity(document):
    entries = [dict(entry) for entry in document["schedules"]]
    entries[0]["lint"] = []
    entries[1]["lint"] = [
        {"severity": "error"},
        {"severity": "warning"},
        {"severity": "warning"},
    ]
    text = shown(document | {"schedules": entries}, width=120)
    assert "clean" in text
    assert "1 error, 2 warning" in text
