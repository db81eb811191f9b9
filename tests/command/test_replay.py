"""noising replay."""

import hashlib
import json

import numpy as np
import pytest

from noising.engine import build_process
from noising.replay import (
    CallOptions,
    Manifest,
    RowOrder,
    TimeRule,
    describe_data,
    replay,
)
from tests.corpus.datasets import write_indexed, write_json_lines, write_npy

PROCESS = build_process(
    {
        "vocab_size": 50,
        "schedule": {"type": "loglinear"},
        "graph": {"type": "absorbing"},
    }
)
TIMES = TimeRule(
    method="stratified", total=12, low=0.0, high=1.0, time_block=None, max_length=None
)
ROWS = np.random.default_rng(3).integers(0, 50, (12, 9)).tolist()
NAMES = ["ids", "lengths", "x0", "xt", "moved", "t", "weight"]


@pytest.fixture
def manifest(tmp_path, monkeypatch):
    """A manifest in manifest.json of the folder in which commands run."""
    monkeypatch.chdir(tmp_path)
    write_npy(tmp_path, ROWS)
    made = Manifest(
        process=PROCESS,
        seed=7,
        times=TIMES,
        order=RowOrder(batch=2, world=2),
        data=describe_data(["rows.npy"]),
    )
    (tmp_path / "manifest.json").write_text(json.dumps(made.as_dict()))
    return made


def as_lists(replayed):
    return {name: array.tolist() for name, array in replayed.as_arrays().items()}


def test_the_rows_of_a_step_are_written_as_arrays(run, manifest, tmp_path):
    ended = run(
        "replay", "manifest.json", "--step", "1", "--epoch", "3", "--out", "a.npz"
    )
    assert (ended.code, ended.err) == (0, "")
    assert ended.out == "a.npz: 4 rows of 9 tokens, draw 3\n"

    expected = replay(manifest, [4, 5, 6, 7], draw=3).as_arrays()
    with np.load(tmp_path / "a.npz", allow_pickle=False) as arrays:
        assert list(arrays) == list(expected) == NAMES
        for name, array in expected.items():
            assert arrays[name].dtype == array.dtype
            assert arrays[name].tobytes() == array.tobytes()


def test_tensors_hold_the_same(run, manifest, tmp_path):
    load = pytest.importorskip("safetensors.numpy").load_file
    run("replay", "manifest.json", "--ids", "8,1", "--out", "a.safetensors")

    expected = as_lists(replay(manifest, [8, 1]))
    tensors = load(tmp_path / "a.safetensors")
    assert {name: array.tolist() for name, array in tensors.items()} == expected


def test_json_holds_the_arrays_unless_a_file_does(run, manifest):
    about = {
        "fingerprint": PROCESS.fingerprint,
        "seed": 7,
        "draw": 0,
        "rows": 2,
        "length": 9,
    }
    step = ("replay", "manifest.json", "--step", "2", "--rank", "1", "--json")
    found = run(*step).document
    assert found == about | as_lists(replay(manifest, [9, 11]))
    assert run(*step, "--out", "a.npz").document == about | {"out": "a.npz"}


def test_ids_may_be_in_a_file_or_on_standard_input(run, manifest, tmp_path):
    np.save(tmp_path / "ids.npy", np.array([3, 0], np.uint16))
    (tmp_path / "ids.txt").write_text("3\n0\n")
    ids = [
        run("replay", "manifest.json", "--ids", given, "--json", text="3, 0").document
        for given in ("3,0", "ids.npy", "ids.txt", "-", " 3 , 0 ")
    ]
    assert [each["ids"] for each in ids] == [[3, 0]] * 5
    assert all(each == ids[0] for each in ids)


def test_the_manifest_may_come_from_standard_input(run, manifest):
    text = json.dumps(manifest.as_dict())
    found = run("replay", "-", "--draw", "2", "--ids", "5", "--json", text=text)
    assert found.document["xt"] == replay(manifest, [5], draw=2).xt.tolist()


def test_relative_paths_start_at_the_folder(run, manifest, refused, tmp_path):
    step = ("replay", "manifest.json", "--step", "0", "--json")
    before = run(*step).document
    (tmp_path / "moved").mkdir()
    (tmp_path / "rows.npy").rename(tmp_path / "moved" / "rows.npy")
    assert "rows.npy: cannot be read: No such file" in refused(*step)
    assert run(*step, "--folder", "moved").document == before


def test_a_changed_file_is_found_before_it_is_read(run, manifest, tmp_path):
    content = (tmp_path / "rows.npy").read_bytes()
    (tmp_path / "rows.npy").write_bytes(b"x" + content[1:])
    step = ("replay", "manifest.json", "--step", "0", "--out", "a.npz")
    before = hashlib.sha256(content).hexdigest()
    now = hashlib.sha256(b"x" + content[1:]).hexdigest()

    ended = run(*step)
    assert (ended.code, ended.err) == (1, "")
    assert ended.out == (
        "rows.npy: has changed since the manifest was written\n"
        f"    SHA-256 {now}, in the manifest {before}\n"
    )
    ended = run(*step, "--json")
    assert ended.code == 1
    change = {"path": "rows.npy", "manifest_sha256": before, "file_sha256": now}
    assert ended.document == {"changed": [change]}
    assert not (tmp_path / "a.npz").exists()


def test_files_without_rows_to_replay_are_not_read(run, tmp_path):
    call = CallOptions(lengths=True)
    data = describe_data(
        [write_json_lines(tmp_path, ROWS[:4]), write_indexed(tmp_path, ROWS[4:], "u2")]
    )
    made = Manifest(process=PROCESS, seed=7, times=TIMES, call=call, data=data)
    (tmp_path / "m.json").write_text(json.dumps(made.as_dict()))
    (tmp_path / "rows.jsonl").unlink()

    assert run("replay", "m.json", "--ids", "4,11", "--json").document["x0"] == [
        ROWS[4],
        ROWS[11],
    ]
    (tmp_path / "rows.bin").write_bytes(bytes(144))
    assert run("replay", "m.json", "--ids", "4,11", "--json").code == 1


OUT = ("--out", "a.npz")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("none.json", "--step", "0", *OUT), "none.json: cannot be read: No such file"),
        (("rows.npy", "--step", "0", *OUT), "rows.npy: `manifest` must be JSON"),
        (("manifest.json", *OUT), "one of the arguments --step --ids is required"),
        (("manifest.json", "--step", "0", "--ids", "1", *OUT), "not allowed with"),
        (("manifest.json", "--step", "x", *OUT), "must be an integer, got 'x'"),
        (("manifest.json", "--step", "3", *OUT), "`step` must lie in 0..2, got 3"),
        (("manifest.json", "--step", "0", "--rank", "2", *OUT), "`rank` must lie in"),
        (("manifest.json", "--ids", "0", "--rank", "0", *OUT), "--rank is for --step"),
        (("manifest.json", "--ids", "12", *OUT), "`ids[0]` must lie in 0..11, got 12"),
        (("manifest.json", "--ids", "1,,2", *OUT), "cannot be read: No such file"),
        (("manifest.json", "--ids", "9" * 20, *OUT), "must have at most 19 digits"),
        (("manifest.json", "--ids", "9" * 19, *OUT), "must lie in 0..11"),
        (("manifest.json", "--ids", "rows.txt", *OUT), "cannot be read: No such file"),
        (("manifest.json", "--step", "0"), "name a file for the arrays with --out"),
        (("manifest.json", "--step", "0", "--out", "a.npy"), "end with .npz or .saf"),
        (
            ("manifest.json", "--step", "0", "--out", "x/a.npz"),
            "in a folder that exists",
        ),
        (("manifest.json", "--step", "0", "--epoch", "-1", *OUT), "`draw` must lie in"),
        (("-", "--ids", "-", *OUT), "only one argument may be -"),
    ],
)
def test_wrong_usage(refused, manifest, arguments, message, tmp_path):
    assert message in refused("replay", *arguments)
    assert not (tmp_path / "a.npz").exists()


def test_errors_of_the_manifest_name_its_file_and_the_key(refused, manifest):
    text = json.dumps(manifest.as_dict() | {"a\nkey": 1})
    message = refused("replay", "-", "--step", "0", "--json", text=text)
    assert "the standard input: `a key` is unknown" in message


def test_a_file_that_is_not_as_the_manifest_says_is_wrong_usage(
    refused, manifest, tmp_path
):
    document = manifest.as_dict()
    document["data"][0]["rows"] = 13
    text = json.dumps(document | {"order": None})
    message = refused("replay", "-", "--ids", "0", "--json", text=text)
    assert "rows.npy: has 12 rows, of which the manifest says 13" in message


def test_the_help_says_which_files_are_read(run):
    assert ".npy array, .parquet, .arrow or .jsonl with `input_ids`" in " ".join(
        run("replay", "--help").out.split()
    )
