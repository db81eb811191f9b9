"""A time for each block of positions, by id."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from noising.engine import EngineError, build_process
from noising.torch import Noiser

SPEC = {
    "vocab_size": 50,
    "schedule": {"type": "loglinear"},
    "graph": {"type": "absorbing"},
}
IDS = [7, 0, 99]


@pytest.fixture(scope="module")
def noiser():
    return Noiser(
        SPEC, seed=3, total=100, low=0.3, high=0.8, time_block=4, max_length=24
    )


def call(noiser, length=24, **arguments):
    tokens = torch.ones(3, length, dtype=torch.int64)
    return noiser(tokens, **({"ids": IDS, "draw": 2} | arguments))


def test_each_block_of_a_row_has_its_own_time(noiser):
    n = call(noiser)
    process = build_process(SPEC)
    times, _ = process.sample_times(
        (100, 6), seed=3, draw=2, low=0.3, high=0.8, total=600
    )
    expected = times[IDS].repeat(4, axis=1)
    assert (n.t.numpy() == expected.astype(np.float32)).all()
    assert n.weight.shape == n.alpha.shape == (3, 24)
    noised = process.noise(np.ones((3, 24), int), t=expected, seed=3,
                           sequence_ids=IDS, draw=2)  # fmt: skip
    assert (n.xt.numpy() == noised.tokens).all()


@pytest.mark.parametrize("length", [1, 4, 7, 24])
def test_times_do_not_depend_on_the_padding(noiser, length):
    assert (call(noiser, length).t == call(noiser).t[:, :length]).all()
    times = noiser.sample_times(IDS, 2, length=length)
    assert times.shape == (3, length)


def test_shards_and_packed_rows_have_the_times_of_their_positions(noiser):
    whole = call(noiser)
    shard = call(noiser, 10, positions=torch.arange(9, 19))
    assert (shard.t == whole.t[:, 9:19]).all()
    assert (shard.xt == whole.xt[:, 9:19]).all()
    packed = call(
        noiser,
        11,
        ids=torch.tensor([[7] * 5 + [99] * 6] * 3),
        positions=torch.cat([torch.arange(5), torch.arange(6)]),
    )
    assert (packed.xt[0] == torch.cat([whole.xt[0, :5], whole.xt[2, :6]])).all()
    by_token = call(noiser, ids=torch.tensor(IDS)[:, None].expand(3, 24))
    assert (by_token.t == whole.t).all()


def test_one_block_may_be_one_position():
    noiser = Noiser(SPEC, seed=3, time_block=1, max_length=24)
    assert call(noiser).t.unique().numel() == 3 * 24


@pytest.mark.parametrize(
    ("arguments", "field", "code"),
    [
        ({"time_block": 4}, "max_length", "missing"),
        ({"max_length": 4}, "time_block", "missing"),
        ({"time_block": 0, "max_length": 4}, "time_block", "out_of_range"),
        ({"time_block": 2, "max_length": 0}, "max_length", "out_of_range"),
    ],
)
def test_wrong_blocks_of_times(arguments, field, code):
    with pytest.raises(EngineError) as caught:
        Noiser(SPEC, seed=1, **arguments)
    assert (caught.value.field, caught.value.code) == (field, code)


@pytest.mark.parametrize(
    ("arguments", "field", "code"),
    [
        ({"length": 25}, "length", "out_of_range"),
        ({"positions": np.arange(1, 25)}, "positions[23]", "out_of_range"),
        ({"ids": [7, 0, 100]}, "ids[2]", "out_of_range"),
    ],
)
def test_wrong_calls_with_blocks_of_times(noiser, arguments, field, code):
    with pytest.raises(EngineError) as caught:
        call(noiser, **arguments)
    assert (caught.value.field, caught.value.code) == (field, code)


def test_the_numbers_of_blocks_stay_below_2_63():
    noiser = Noiser(SPEC, seed=3, time_block=4, max_length=24)
    call(noiser, ids=[2**63 // 6 - 1, 0, 1])
    with pytest.raises(EngineError, match=r"^`ids\[1\]` must lie in"):
        call(noiser, ids=[0, 2**63 // 6, 1])
