"""Row numbers of calls without ids, and the state of a noiser."""

import hashlib
import itertools
import pickle

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from noising.engine import TIMES_VERSION, EngineError
from noising.torch import Noiser, global_ids

SPEC = {
    "vocab_size": 50,
    "schedule": {"type": "loglinear"},
    "graph": {"type": "absorbing"},
}


def noise(noiser, rows):
    """Return the ids that a call without ids gives to rows."""
    tokens = torch.zeros(rows, 4, dtype=torch.int64)
    n = noiser(tokens)
    again = Noiser(SPEC, seed=noiser.seed)(tokens, ids=n.ids)
    assert (n.xt == again.xt).all()
    assert (n.t == again.t).all()
    return n.ids.tolist()


@pytest.mark.parametrize("world", [1, 2, 4])
@pytest.mark.parametrize("accumulation", [1, 2, 4])
def test_a_step_has_the_same_rows_however_it_is_split(world, accumulation):
    batch = 16 // world // accumulation
    for step in range(3):
        ids = [
            global_ids(step, rank, world, batch, accumulation, microbatch)
            for rank in range(world)
            for microbatch in range(accumulation)
        ]
        assert all(part.dtype == torch.int64 for part in ids)
        assert sorted(torch.cat(ids).tolist()) == list(range(16 * step, 16 * step + 16))


def test_rows_are_numbered_as_a_distributed_sampler_without_shuffling_does():
    from torch.utils.data import DistributedSampler

    for rank in range(4):
        sampler = DistributedSampler(range(32), 4, rank, shuffle=False)
        steps = [global_ids(step, rank, 4, batch=2).tolist() for step in range(4)]
        assert list(sampler) == list(itertools.chain(*steps))


@pytest.mark.parametrize(
    ("arguments", "field", "code"),
    [
        ({"step": -1}, "step", "out_of_range"),
        ({"step": 1.0}, "step", "not_an_integer"),
        ({"step": 2**63 - 1, "batch": 2}, "step", "out_of_range"),
        ({"rank": 2, "world": 2}, "rank", "out_of_range"),
        ({"world": 0}, "world", "out_of_range"),
        ({"batch": 0}, "batch", "out_of_range"),
        ({"microbatch": 1}, "microbatch", "out_of_range"),
        ({"accumulation": 0}, "accumulation", "out_of_range"),
    ],
)
def test_wrong_arguments_of_global_ids(arguments, field, code):
    with pytest.raises(EngineError) as caught:
        global_ids(**({"step": 0} | arguments))
    assert (caught.value.field, caught.value.code) == (field, code)


def test_without_ids_rows_are_counted():
    noiser = Noiser(SPEC, seed=1)
    assert noise(noiser, 3) == [0, 1, 2]
    assert noise(noiser, 2) == [3, 4]


def test_ranks_take_turns_at_rows_of_any_number():
    ranks = [Noiser(SPEC, seed=1, rank=rank, world=2) for rank in range(2)]
    ids = [noise(ranks[rank], rows) for rank, rows in [(0, 3), (1, 2), (0, 1), (1, 5)]]
    assert ids == [[0, 2, 4], [1, 3], [6], [5, 7, 9, 11, 13]]


def test_a_call_with_ids_counts_no_rows():
    noiser = Noiser(SPEC, seed=1)
    noiser(torch.zeros(3, 4, dtype=torch.int64), ids=[5, 6, 7])
    assert noise(noiser, 2) == [0, 1]


def test_with_a_total_ids_are_needed():
    with pytest.raises(EngineError, match=r"`ids` must be given where .* `total`"):
        Noiser(SPEC, seed=1, total=10)(torch.zeros(3, 4, dtype=torch.int64))


@pytest.mark.parametrize(("before", "after"), [(1, 1), (2, 1), (2, 4), (4, 2)])
def test_a_run_continues_on_any_number_of_processes(before, after):
    first = [Noiser(SPEC, seed=9, rank=r, world=before) for r in range(before)]
    seen = [i for noiser in first for i in noise(noiser, 8 // before)]
    states = [noiser.state_dict() for noiser in first]
    assert all(state == states[0] for state in states)
    second = [Noiser(SPEC, seed=0, rank=r, world=after) for r in range(after)]
    for noiser in second:
        noiser.load_state_dict(pickle.loads(pickle.dumps(states[0])))  # noqa: S301
        assert noiser.seed == 9
        assert noiser.state_dict() == states[0]
    seen += [i for noiser in second for i in noise(noiser, 8 // after)]
    assert sorted(seen) == list(range(16))


def test_the_state():
    noiser = Noiser(SPEC, seed=9)
    assert noiser.state_dict() == {
        "seed": 9,
        "fingerprint": noiser.process.fingerprint,
        "recipe_version": 1,
        "times_version": TIMES_VERSION,
        "rows": 0,
    }


@pytest.mark.parametrize(
    ("change", "field", "code"),
    [
        ({"fingerprint": "0"}, "state.fingerprint", "other_noise"),
        ({"recipe_version": 0}, "state.recipe_version", "other_noise"),
        ({"times_version": 1}, "state.times_version", "other_noise"),
        ({"rows": -1}, "state.rows", "out_of_range"),
        ({"seed": "9"}, "state.seed", "not_an_integer"),
        ({"rows": None}, "state.rows", "missing"),
    ],
)
def test_the_state_of_other_noise_is_refused(change, field, code):
    noiser = Noiser(SPEC, seed=9)
    state = noiser.state_dict() | change
    state = {name: value for name, value in state.items() if value is not None}
    with pytest.raises(EngineError) as caught:
        noiser.load_state_dict(state)
    assert (caught.value.field, caught.value.code) == (field, code)
    assert noiser.seed == 9
    assert noise(noiser, 1) == [0]


def test_the_manifest_says_how_to_make_the_noise_again(tmp_path):
    noiser = Noiser(SPEC, seed=9, total=40, low=0.2)
    path = tmp_path / "a.jsonl"
    path.write_text("[1, 2]\n" * 40)
    manifest = noiser.manifest([path], call={"block": 4, "count": 1})
    versions = manifest.pop("versions")
    assert set(versions) == {"noising", "engine", "numpy", "torch", "python"}
    assert versions["torch"] == torch.__version__
    assert manifest == {
        "manifest_version": 1,
        "specification": noiser.process.spec,
        "fingerprint": noiser.process.fingerprint,
        "recipe_version": 1,
        "times_version": TIMES_VERSION,
        "seed": 9,
        "ids": "row",
        "draw": "epoch",
        "times": {
            "method": "stratified",
            "total": 40,
            "low": 0.2,
            "high": 1.0,
            "time_block": None,
            "max_length": None,
        },
        "call": {
            "lengths": False,
            "count": 1,
            "at_least": None,
            "block": 4,
            "low": None,
            "high": None,
            "form": "count",
        },
        "order": None,
        "data": [
            {
                "path": str(path),
                "form": "jsonl",
                "rows": 40,
                "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
            }
        ],
    }
    again = Noiser(
        manifest["specification"], seed=manifest["seed"], **manifest["times"]
    )
    tokens, ids = torch.zeros(5, 4, dtype=torch.int64), np.arange(5)
    assert (again(tokens, ids=ids).xt == noiser(tokens, ids=ids).xt).all()
