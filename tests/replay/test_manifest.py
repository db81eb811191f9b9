"""Manifests: strict JSON whose errors name the key."""

import json

import numpy as np
import pytest

from noising.engine import EngineError, build_process
from noising.replay import (
    CallOptions,
    Manifest,
    RowOrder,
    TimeRule,
    describe_data,
    find_step_ids,
    read_manifest,
    replay,
)
from noising.replay.order import MAX_ROWS, number_rows
from tests.corpus.datasets import write_json_lines, write_npy, write_raw

PROCESS = build_process(
    {
        "vocab_size": 50,
        "schedule": {"type": "loglinear"},
        "graph": {"type": "absorbing"},
    }
)
TIMES = TimeRule(
    method="uniform", total=None, low=0.0, high=1.0, time_block=None, max_length=None
)


def make_manifest(data=(), **change):
    arguments = {"process": PROCESS, "seed": 7, "times": TIMES} | change
    return Manifest(data=describe_data(data), **arguments)


@pytest.fixture
def document(tmp_path):
    data = [
        write_npy(tmp_path, np.arange(24).reshape(6, 4)),
        {
            "path": write_raw(tmp_path, [range(8)], "<u2"),
            "dtype": "uint16",
            "length": 4,
        },
    ]
    return make_manifest(data, order=RowOrder(batch=2, world=2)).as_dict()


def test_a_manifest_that_was_written_can_be_read(document):
    assert read_manifest(json.dumps(document)).as_dict() == document
    assert list(document["versions"]) == ["noising", "engine", "numpy", "python"]


REMOVED = object()


@pytest.mark.parametrize(
    ("path", "value", "field"),
    [
        ("manifest_version", 2, "manifest_version"),
        ("manifest_version", True, "manifest_version"),
        ("recipe_version", 0, "recipe_version"),
        ("times_version", 1, "times_version"),
        ("ids", "line", "ids"),
        ("draw", "step", "draw"),
        ("draw", ["epoch"], "draw"),
        ("fingerprint", "0", "fingerprint"),
        ("specification", [], "specification"),
        ("specification.vocab_size", 51, "fingerprint"),
        ("specification.vocabulary", 50, "vocabulary"),
        ("seed", REMOVED, "seed"),
        ("seed", "7", "seed"),
        ("seed", 1 << 64, "seed"),
        ("seeds", 7, "seeds"),
        ("times", None, "times"),
        ("times.method", "steady", "method"),
        ("times.method", "stratified", "total"),
        ("times.method", REMOVED, "times.method"),
        ("times.total", [4], "times.total"),
        ("times.total", 0, "times.total"),
        ("times.low", "0", "low"),
        ("times.low", [0.1], "low"),
        ("times.high", 2, "high"),
        ("times.time_block", 4, "max_length"),
        ("times.time_block", 1.5, "times.time_block"),
        ("times.step", 4, "times.step"),
        ("call", [], "call"),
        ("call.lengths", 1, "call.lengths"),
        ("call.count", True, "call.count"),
        ("call.at_least", -1, "call.at_least"),
        ("call.block", 0, "call.block"),
        ("call.block", 1 << 60, "call.block"),
        ("call.low", "x", "call.low"),
        ("call.high", 1.5, "call.high"),
        ("call.form", "elbow", "form"),
        ("call.form", 3, "call.form"),
        ("call.labels", True, "call.labels"),
        ("order", [2, 2], "order"),
        ("order.batch", 0, "order.batch"),
        ("order.batch", REMOVED, "order.batch"),
        ("order.world", "2", "order.world"),
        ("order.accumulation", 1.0, "order.accumulation"),
        ("order.shuffle", True, "order.shuffle"),
        ("data", {}, "data"),
        ("data.0", "rows.npy", "data[0]"),
        ("data.0.path", 3, "data[0].path"),
        ("data.0.path", "rows.csv", "data[0].path"),
        ("data.0.form", "jsonl", "data[0].form"),
        ("data.0.form", REMOVED, "data[0].form"),
        ("data.0.rows", 0, "data[0].rows"),
        ("data.0.rows", "6", "data[0].rows"),
        ("data.0.rows", (1 << 63) - 1, "data"),
        ("data.0.sha256", "0" * 63, "data[0].sha256"),
        ("data.0.sha256", "A" * 64, "data[0].sha256"),
        ("data.0.sha256", "0" * 64 + "\n", "data[0].sha256"),
        ("data.0.bin_sha256", "0" * 64, "data[0].bin_sha256"),
        ("data.0.dtype", "uint16", "data[0].dtype"),
        ("data.0.owner", "me", "data[0].owner"),
        ("data.1.dtype", "uint8", "data[1].dtype"),
        ("data.1.dtype", ["uint16"], "data[1].dtype"),
        ("data.1.length", 0, "data[1].length"),
        ("data.1.length", REMOVED, "data[1].length"),
        ("versions", None, "versions"),
        ("versions.numpy", 2, "versions.numpy"),
    ],
)
def test_errors_name_the_key(document, path, value, field):
    *parents, name = path.split(".")
    inside = document
    for parent in parents:
        inside = inside[int(parent) if parent.isdigit() else parent]
    key = int(name) if name.isdigit() else name
    if value is REMOVED:
        del inside[key]
    else:
        inside[key] = value
    with pytest.raises(EngineError) as caught:
        read_manifest(json.dumps(document))
    assert caught.value.field == field


@pytest.mark.parametrize(
    ("text", "field", "code"),
    [
        ("", "manifest", "not_json"),
        ("{", "manifest", "not_json"),
        ("[]", "manifest", "not_an_object"),
        ("[" * 100_000, "manifest", "not_json"),
        ('{"seed": NaN}', "manifest", "not_json"),
        ('{"seed": -Infinity}', "manifest", "not_json"),
        ('{"seed": 1, "seed": 2}', "seed", "given_twice"),
        ('{"seed": ' + "9" * 5000 + "}", "manifest", "not_json"),
        (b'{"seed": "\xff"}', "manifest", "not_json"),
    ],
)
def test_what_is_no_strict_json_is_refused(text, field, code):
    with pytest.raises(EngineError) as caught:
        read_manifest(text)
    assert (caught.value.field, caught.value.code) == (field, code)


@pytest.mark.parametrize("accumulation", [1, 3])
@pytest.mark.parametrize("world", [1, 4])
def test_the_rows_of_a_step_are_those_of_global_ids(world, accumulation):
    order = RowOrder(batch=2, world=world, accumulation=accumulation)
    total = 2 * world * accumulation * 5 + 1
    seen = []
    for step in range(6):
        whole = []
        for rank in range(world):
            parts = [
                number_rows(step, rank, world, 2, accumulation, part)
                for part in range(accumulation)
            ]
            expected = [row for row in np.concatenate(parts).tolist() if row < total]
            if expected:
                assert order.find_rows(step, rank, total).tolist() == expected
            whole += expected
        assert order.find_rows(step, None, total).tolist() == sorted(whole)
        seen += sorted(whole)
    assert seen == list(range(total))


def test_steps_and_ranks_that_do_not_exist_are_refused():
    order = RowOrder(batch=2, world=2)
    for step, rank, field in ((2, None, "step"), (-1, 0, "step"), (0, 2, "rank")):
        with pytest.raises(EngineError) as caught:
            order.find_rows(step, rank, 7)
        assert caught.value.field == field


def test_orders_of_any_size_make_bounded_lists(tmp_path):
    huge = (1 << 63) - 1
    order = RowOrder(batch=huge, world=huge, accumulation=huge)
    assert order.find_rows(0, None, 5).tolist() == [0, 1, 2, 3, 4]
    with pytest.raises(EngineError, match=f"at most {MAX_ROWS} rows"):
        order.find_rows(0, None, huge)


def test_steps_need_an_order_and_rows_need_files(tmp_path):
    manifest = make_manifest([write_npy(tmp_path, [[1, 2]])])
    with pytest.raises(EngineError, match="by ids, as for every run that shuffles"):
        find_step_ids(manifest, 0)
    with pytest.raises(EngineError, match=r"Noiser.manifest\(data=\[paths\]\)"):
        replay(make_manifest(), [0])


@pytest.mark.parametrize(
    "ids", [[], 3, [[0]], [1], [-1], [0.5], ["0"], [True], [1 << 64]]
)
def test_ids_that_are_no_rows_are_refused(ids, tmp_path):
    manifest = make_manifest([write_npy(tmp_path, [[1, 2]])])
    with pytest.raises(EngineError) as caught:
        replay(manifest, ids)
    assert caught.value.field.startswith("ids")


def test_rows_of_different_lengths_need_lengths(tmp_path):
    path = write_json_lines(tmp_path, [[1, 2], [3], [4, 5], []])
    with pytest.raises(EngineError) as caught:
        replay(make_manifest([path]), [0, 1])
    assert caught.value.field == "call.lengths"
    assert replay(make_manifest([path]), [0, 2]).x0.tolist() == [[1, 2], [4, 5]]

    padded = make_manifest([path], call=CallOptions(lengths=True, form="realised"))
    replayed = replay(padded, [3, 1, 0])
    assert replayed.x0.tolist() == [[0, 0], [3, 0], [1, 2]]
    assert replayed.lengths.tolist() == [0, 1, 2]
    assert not replayed.moved[0].any()
    assert replay(padded, [3]).weight.tolist() == [0]


def test_padding_may_have_the_id_of_a_mask_inside_the_vocabulary(tmp_path):
    graph = {"type": "absorbing", "mask_id": 0}
    process = build_process(PROCESS.spec | {"graph": graph})
    path = write_json_lines(tmp_path, [[1, 2], [3]])
    call = CallOptions(lengths=True)
    replayed = replay(make_manifest([path], process=process, call=call), [0, 1])
    assert replayed.x0.tolist() == [[1, 2], [3, 0]]
    assert not replayed.moved[1, 1]


def test_tokens_outside_the_vocabulary_are_named_by_file_and_row(tmp_path):
    rows = np.array([[1, 2], [3, 50], [2**64 - 1, 0]], np.uint64)
    manifest = make_manifest([write_npy(tmp_path, rows)])
    for row, token in ((1, 50), (2, 2**64 - 1)):
        with pytest.raises(ValueError, match=rf"rows.npy: row {row}: .* got {token}$"):
            replay(manifest, [0, row])
    assert replay(manifest, [0]).x0.tolist() == [[1, 2]]


def test_too_many_tokens_are_refused_before_they_are_padded(tmp_path, monkeypatch):
    monkeypatch.setattr("noising.replay.rows.MAX_TOKENS", 7)
    manifest = make_manifest([write_npy(tmp_path, [[1, 2, 3, 4]] * 2)])
    with pytest.raises(EngineError, match="at most 7 tokens, with padding, got 8"):
        replay(manifest, [0, 1])
