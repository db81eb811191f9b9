"""Replay gives what a Noiser gave, bit for bit."""

import json

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from noising.engine import EngineError
from noising.replay import find_step_ids, read_manifest, replay
from noising.torch import Noiser, global_ids
from tests.corpus.datasets import (
    write_indexed,
    write_json_lines,
    write_npy,
    write_raw,
)

SPEC = {
    "vocab_size": 50,
    "schedule": {"type": "loglinear"},
    "graph": {"type": "absorbing"},
}
UNIFORM = SPEC | {"graph": {"type": "uniform"}}
WEIGHED = UNIFORM | {
    "hyperschedule": {"type": "token_exponents", "exponents": {"3": 2}}
}
ROWS, LENGTH = 40, 24
EVEN = np.random.default_rng(5).integers(0, 50, (ROWS, LENGTH)).tolist()
RAGGED = [row[: 1 + (7 * place) % LENGTH] for place, row in enumerate(EVEN)]

FORMS = {
    "npy": (EVEN, write_npy),
    "json lines": (RAGGED, write_json_lines),
    "nanoGPT": (EVEN, lambda *given: write_raw(*given, "<u2")),
    "nanoGPT uint32": (EVEN, lambda *given: write_raw(*given, "<u4")),
    "Megatron": (RAGGED, lambda *given: write_indexed(*given, "u2")),
    "Megatron int32": (RAGGED, lambda *given: write_indexed(*given, "i4")),
}


def describe(form, path):
    if not form.startswith("nanoGPT"):
        return path
    dtype = "uint32" if form.endswith("uint32") else "uint16"
    return {"path": path, "dtype": dtype, "length": LENGTH}


def pad(rows, ids):
    """Return rows as a collator pads them, with their lengths."""
    chosen = [rows[row] for row in ids]
    lengths = [len(row) for row in chosen]
    tokens = torch.zeros(len(ids), max(lengths), dtype=torch.int64)
    for place, row in enumerate(chosen):
        tokens[place, : len(row)] = torch.tensor(row)
    return tokens, torch.tensor(lengths)


def assert_same(replayed, n, x0):
    """Compare the bytes of every array with those of the tensors."""
    assert replayed.x0.tolist() == x0.tolist()
    for name in ("xt", "moved", "t", "weight"):
        array, tensor = getattr(replayed, name), getattr(n, name).numpy()
        assert array.dtype == tensor.dtype, name
        assert array.shape == tensor.shape, name
        assert array.tobytes() == tensor.tobytes(), name


@pytest.mark.parametrize("form", FORMS)
def test_every_form_gives_the_rows_of_each_step_and_rank(form, tmp_path):
    rows, write = FORMS[form]
    noiser = Noiser(SPEC, seed=7, total=ROWS)
    document = noiser.manifest(
        [describe(form, write(tmp_path, rows))],
        call={"lengths": rows is RAGGED},
        order={"batch": 3, "world": 2, "accumulation": 2},
    )
    manifest = read_manifest(json.dumps(document))
    for rank in range(2):
        for step in range(3):
            parts = [global_ids(step, rank, 2, 3, 2, part) for part in range(2)]
            ids = torch.cat(parts)
            x0, lengths = pad(rows, ids.tolist())
            n = noiser(x0, ids=ids, draw=4, lengths=lengths)

            found = find_step_ids(manifest, step, rank)
            assert found.tolist() == ids.tolist()
            assert_same(replay(manifest, found, draw=4), n, x0)


@pytest.mark.parametrize("rows", [EVEN, RAGGED], ids=["even", "ragged"])
@pytest.mark.parametrize(
    ("spec", "options", "call"),
    [
        (SPEC, {}, {}),
        (SPEC, {"method": "sobol", "low": 0.1, "high": 0.9}, {"form": "flat"}),
        (SPEC, {"method": "antithetic", "total": ROWS}, {"form": "realised"}),
        (SPEC, {"method": "importance", "low": 0.1}, {"high": 0.7}),
        (SPEC, {"low": 0.5}, {"low": 0.1, "high": 0.2}),
        (SPEC, {"time_block": 5, "max_length": LENGTH}, {}),
        (SPEC, {"time_block": 8, "max_length": 80}, {"form": "realised"}),
        (
            SPEC,
            {"time_block": 8, "max_length": 80, "method": "stratified", "total": 99},
            {"count": 2, "block": 8},
        ),
        (SPEC, {}, {"count": 3}),
        (SPEC, {}, {"count": 0}),
        (SPEC, {"form": "flat"}, {"count": 3, "block": 7}),
        (SPEC, {"form": "realised"}, {"at_least": 2, "block": 6}),
        (UNIFORM, {}, {"at_least": 1}),
        (UNIFORM, {}, {"timestep": 400}),
        (SPEC, {"total": ROWS}, {"t": 0.25, "form": "realised"}),
        (WEIGHED, {}, {}),
        (SPEC | {"graph": {"type": "mixture", "share": {"type": "log_snr"}}}, {}, {}),
    ],
)
def test_every_option_of_noiser_and_call_is_replayed(
    rows, spec, options, call, tmp_path
):
    noiser = Noiser(spec, seed=2**63 + 5, **options)
    is_ragged = rows is RAGGED
    path = write_json_lines(tmp_path, rows)
    document = noiser.manifest([path], call={**call, "lengths": is_ragged})
    ids = [17, 3, 30, 3, 9]
    x0, lengths = pad(rows, ids)
    given = {"lengths": lengths} if is_ragged else {}
    n = noiser(x0, ids=torch.tensor(ids), draw=2, **given, **call)

    replayed = replay(read_manifest(json.dumps(document)), ids, draw=2)
    assert_same(replayed, n, x0)
    assert replayed.lengths.tolist() == lengths.tolist()


def test_protected_ids_are_replayed(tmp_path):
    noiser = Noiser(SPEC, seed=7)
    protected = [EVEN[5][0], EVEN[17][3]]
    call = {"protect": protected, "count": 3}
    path = write_npy(tmp_path, EVEN)
    document = noiser.manifest([path], call=call)
    x0, _ = pad(EVEN, [5, 17])
    fixed = torch.isin(x0, torch.tensor(protected))
    n = noiser(x0, ids=torch.tensor([5, 17]), protect=fixed, count=3)
    assert fixed.any()
    assert_same(replay(read_manifest(json.dumps(document)), [5, 17]), n, x0)


def test_rows_of_several_files_are_numbered_in_their_order(tmp_path):
    folders = [tmp_path / name for name in "abc"]
    for folder in folders:
        folder.mkdir()
    data = [
        write_npy(folders[0], EVEN[:10]),
        describe("nanoGPT", write_raw(folders[1], EVEN[10:11], "<u2")),
        write_json_lines(folders[2], EVEN[11:]),
    ]
    noiser = Noiser(SPEC, seed=7)
    manifest = read_manifest(json.dumps(noiser.manifest(data)))
    ids = [39, 10, 9, 0, 11]
    x0, _ = pad(EVEN, ids)

    assert_same(replay(manifest, ids), noiser(x0, ids=torch.tensor(ids)), x0)


def test_the_device_kernel_gives_what_is_replayed(tmp_path):
    noiser = Noiser(SPEC, seed=7, kernel="torch", time_block=8, max_length=LENGTH)
    document = noiser.manifest(
        [write_npy(tmp_path, EVEN)], call={"at_least": 2, "block": 8}
    )
    x0, _ = pad(EVEN, [5, 6])
    n = noiser(x0, ids=torch.tensor([5, 6]), at_least=2, block=8)

    assert_same(replay(read_manifest(json.dumps(document)), [5, 6]), n, x0)


def test_a_manifest_is_the_same_when_it_is_read_and_written(tmp_path):
    noiser = Noiser(SPEC, seed=7, time_block=8, max_length=LENGTH, form="flat")
    document = noiser.manifest(
        [write_indexed(tmp_path, RAGGED, "u2")],
        call={"lengths": True, "low": 0.25},
        order={"batch": 4},
    )
    again = read_manifest(json.dumps(document)).as_dict()
    versions = document.pop("versions")
    assert versions.pop("torch") == torch.__version__
    assert versions == {k: v for k, v in again.pop("versions").items() if k != "torch"}
    assert again == document


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        ({"call": {"protect": True}}, "call.protect"),
        ({"call": {"count": -1}}, "call.count"),
        ({"call": {"block": 1.5}}, "call.block"),
        ({"call": {"lengths": [3]}}, "call.lengths"),
        ({"call": {"form": "elbow"}}, "form"),
        ({"call": {"low": 0.5, "high": 0.4}}, "low"),
        ({"order": {"world": 2}}, "order.batch"),
        ({"order": {"batch": 0}}, "order.batch"),
        ({"order": {"batch": 2, "rank": 2}}, "order.rank"),
        ({"data": ["rows.csv"]}, "data[0].path"),
        ({"data": ["rows.bin"]}, "data[0].dtype"),
        ({"data": [{"path": "rows.bin", "dtype": "u2", "length": 4}]}, "data[0].dtype"),
        ({"data": [{"path": "rows.bin", "dtype": "uint16"}]}, "data[0].length"),
        ({"data": [{"path": "rows.jsonl", "length": 3}]}, "data[0].length"),
        ({"data": [{"path": 3}]}, "data[0].path"),
        ({"data": [{}]}, "data[0].path"),
    ],
)
def test_wrong_arguments_of_a_manifest_are_named(arguments, field):
    with pytest.raises(EngineError) as caught:
        Noiser(SPEC, seed=7).manifest(**arguments)
    assert caught.value.field == field
