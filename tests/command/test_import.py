"""noising import."""

import json

import pytest

from noising.engine.importers import import_config

CONFIG = {"graph": {"type": "absorb"}, "noise": {"type": "loglinear"}}


def test_the_specification_goes_to_stdout_and_the_notes_to_stderr(run):
    imported = import_config("sedd", CONFIG)

    ended = run("import", "sedd", "-", text=json.dumps(CONFIG))
    assert (ended.code, ended.document) == (0, imported.spec)
    assert ended.err.splitlines() == [
        f"{note.kind}: {note.key}: {note.text}" for note in imported.notes
    ]
    assert "assumed: vocab_size: " in ended.err


def test_the_project_is_found(run):
    ended = run("import", "auto", "-", text=json.dumps(CONFIG))
    assert ended.document == import_config("sedd", CONFIG).spec
    assert ended.err.splitlines()[0] == "source: sedd"


def test_what_it_prints_is_a_specification_for_other_commands(run):
    printed = run("import", "sedd", "-", text=json.dumps(CONFIG)).out

    assert run("lint", "-", text=printed).code == 0


def test_json_holds_the_notes(run, tmp_path):
    (tmp_path / "config.yaml").write_text(
        "graph: {type: absorb}\nnoise: {type: loglinear}"
    )
    sizes = ("--vocab-size", "27", "--num-timesteps", "10")
    imported = import_config("sedd", CONFIG, vocab_size=27, num_timesteps=10)

    ended = run("import", "sedd", "config.yaml", "--json", *sizes)
    assert (ended.code, ended.err) == (0, "")
    assert ended.document["specification"] == imported.spec
    assert ended.document["used"] == list(imported.used)
    kinds = [note["kind"] for note in ended.document["notes"]]
    assert kinds == [note.kind for note in imported.notes]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("other", "-"), "invalid choice: 'other'"),
        (("sedd", "absent.yaml"), "absent.yaml: cannot be read: No such file"),
        (("sedd", "/"), "/: cannot be read: Is a directory"),
        (("sedd", "-"), "`config` must be an object"),
        (("sedd", "latin.yaml"), "latin.yaml: must be UTF-8 text"),
        (("sedd", "-", "--vocab-size", "x"), "must be an integer, got 'x'"),
    ],
)
def test_what_cannot_be_imported_is_one_line_and_2(
    refused, tmp_path, arguments, expected
):
    (tmp_path / "latin.yaml").write_bytes(b"name: \xe9")

    assert expected in refused("import", *arguments)
