"""Small plain batches are noised without a plan, to the same result."""

import numpy as np
import pytest

from noising.engine import EngineError, build_process, with_hyperschedule
from noising.engine.sampler import driver, kernel_numpy, small_batches
from noising.engine.sampler.small_batches import MOST_WITH_NUMBA
from noising.engine.sampler.small_blocks import MOST_TOKENS

GRAPHS = ("uniform", "absorbing")


@pytest.fixture(autouse=True)
def _blocks(monkeypatch):
    """A kernel that shares nothing with what is tested."""
    monkeypatch.setattr(kernel_numpy, "MOST_TOKENS", 0)


def _process(graph, vocab_size=120, **spec):
    schedule = {"type": "loglinear"}
    parts = {"vocab_size": vocab_size, "schedule": schedule, "graph": {"type": graph}}
    return build_process({**parts, **spec})


def _by_kernel(process, tokens, timestep, **arguments):
    """Return the result where nothing is protected, for which a plan is made."""
    protect = np.zeros(np.shape(tokens), bool)
    return process.noise(tokens, timestep, protect=protect, **arguments)


def _check(process, tokens, timestep, **arguments):
    small = process.noise(tokens, timestep, **arguments)
    expected = _by_kernel(process, tokens, timestep, **arguments)
    assert (small.tokens == expected.tokens).all()
    assert (small.resampled == expected.resampled).all()
    assert (small.changed == expected.changed).all()
    out = np.empty(np.shape(tokens), expected.tokens.dtype)
    given = process.noise(tokens, timestep, out=out, **arguments)
    assert np.shares_memory(given.tokens, out)
    assert (out == expected.tokens).all()
    assert small.tokens.shape == small.resampled.shape == np.shape(tokens)
    assert small.alpha == expected.alpha
    assert small.seed == expected.seed == arguments["seed"]


@pytest.mark.parametrize("graph", GRAPHS)
@pytest.mark.parametrize(
    "shape",
    [
        *((length,) for length in (1, 2, 6, 7, 8, 9, 64, 127, 256, 257, 1000, 2048)),
        *((MOST_TOKENS,), (MOST_TOKENS + 1,), (1, 1), (1, 6), (3, 8), (5, 61)),
        *((64, 128), (65, 128), (300, 3), (2, 2000)),
    ],
)
@pytest.mark.parametrize("timestep", [0, 500, 999])
def test_any_shape_equals_the_kernel(graph, shape, timestep):
    process = _process(graph)
    tokens = np.random.default_rng(1).integers(0, 120, shape)
    for seed in (0, 2**64 - 1, 12345):
        _check(process, tokens, timestep, seed=seed, draw=3)


@pytest.mark.parametrize(
    ("shape", "count"), [((8,), 400), ((2048,), 20), ((3, 40), 100), ((40, 50), 20)]
)
def test_ties_of_the_leading_byte_are_decided_as_by_the_kernel(shape, count):
    """Among 400 draws of eight tokens a dozen tie, and of 2048 tokens eight do."""
    process = _process("uniform")
    tokens = np.zeros(shape, np.int64)
    for seed in range(count):
        _check(process, tokens, 37 * seed % 1000, seed=seed)


def test_what_is_plain_and_small_makes_no_plan(monkeypatch):
    def plan(*_):
        raise AssertionError

    process = _process("uniform")
    monkeypatch.setattr(driver, "plan_noise", plan)
    for tokens in ([1, 2], np.zeros((64, 128), np.int64)):
        process.noise(tokens, 5, seed=1)
        process.noise(tokens, 5, seed=1, out=np.empty_like(tokens))
    for large in (np.zeros((65, 128), np.int64), np.zeros(MOST_TOKENS + 1, np.int64)):
        with pytest.raises(AssertionError):
            process.noise(large, 5, seed=1)


def test_beside_the_compiled_kernel_only_very_small_batches_make_no_plan(monkeypatch):
    monkeypatch.setattr(small_batches, "chosen_kernel", lambda: "numba")
    small = _process("uniform").small_batches
    assert small.noise(np.zeros(MOST_WITH_NUMBA, np.int64), 5, 1, 0) is not None
    assert small.noise(np.zeros(MOST_WITH_NUMBA + 1, np.int64), 5, 1, 0) is None


@pytest.mark.parametrize("graph", GRAPHS)
@pytest.mark.parametrize(
    "dtype",
    ["uint8", "int8", "uint16", "int16", "uint32", "int32", "uint64", "int64", ">i4"],
)
def test_dtypes_lists_and_strides_equal_the_kernel(graph, dtype):
    process = _process(graph)
    tokens = np.random.default_rng(1).integers(0, 120, 50).astype(dtype)
    expected = _by_kernel(process, tokens, 700, seed=4).tokens
    for given in (tokens, tokens.tolist(), np.repeat(tokens, 3)[::3]):
        noised = process.noise(given, 700, seed=4).tokens
        assert (noised == expected).all()
    assert process.noise(tokens, 700, seed=4).tokens.dtype == expected.dtype


def test_the_input_is_left_alone():
    tokens = np.zeros(20, np.int64)
    tokens.setflags(write=False)
    assert _process("uniform").noise(tokens, 999, seed=1).tokens.any()
    assert not tokens.any()


def test_a_fresh_seed_is_reported_and_reproduces():
    process = _process("uniform")
    first = process.noise([1, 2, 3], 999, seed=None)
    again = process.noise([1, 2, 3], 999, seed=first.seed)
    assert first.seed < 1 << 53
    assert (first.tokens == again.tokens).all()


@pytest.mark.parametrize(
    ("call", "field", "code"),
    [
        ({"tokens": np.array([1, 120])}, "tokens[1]", "out_of_range"),
        ({"tokens": np.array([1, -1], np.int8)}, "tokens[1]", "out_of_range"),
        ({"tokens": [[1], [2, 3]]}, "tokens", "not_an_integer"),
        ({"tokens": [[[1]]]}, "tokens", "wrong_shape"),
        ({"tokens": [1 << 70]}, "tokens", "not_an_integer"),
        ({"tokens": [True]}, "tokens", "not_an_integer"),
        ({"tokens": np.zeros(0, np.int64)}, "tokens", "wrong_shape"),
        ({"timestep": 1000}, "timestep", "out_of_range"),
        ({"timestep": -1}, "timestep", "out_of_range"),
        ({"timestep": True}, "timestep", "not_an_integer"),
        ({"seed": -1}, "seed", "out_of_range"),
        ({"seed": True}, "seed", "not_an_integer"),
        ({"draw": 1 << 32}, "draw", "out_of_range"),
        ({"threads": True}, "threads", "not_an_integer"),
        ({"out": np.zeros(3, np.int32)}, "out", "wrong_array"),
        ({"out": np.zeros(4, np.int64)}, "out", "wrong_array"),
    ],
)
def test_what_is_out_of_order_is_refused_as_by_the_kernel(call, field, code):
    arguments = {"tokens": [1, 2, 3], "timestep": 5, "seed": 1, **call}
    with pytest.raises(EngineError) as caught:
        _process("uniform").noise(arguments.pop("tokens"), **arguments)
    assert (caught.value.field, caught.value.code) == (field, code)


def test_a_dtype_without_room_for_the_mask_is_refused():
    tokens = np.zeros(3, np.uint8)
    with pytest.raises(EngineError) as caught:
        _process("absorbing", 256).noise(tokens, 5, seed=1)
    assert caught.value.code == "dtype_too_small"
    assert _process("uniform", 256).noise(tokens, 5, seed=1).tokens.dtype == np.uint8


def test_graphs_and_hyperschedules_it_does_not_know_go_by_the_kernel():
    counts = {"type": "marginal", "counts": [1.0, 2.0]}
    banded = {"type": "banded"}
    for graph in (counts, banded, {"type": "hdlm_gamma"}):
        process = build_process({"vocab_size": 2, "graph": graph})
        assert process.small_batches is None
        assert process.noise([0, 1], 5, seed=1).tokens.shape == (2,)
    assert (
        with_hyperschedule(_process("uniform"), {"type": "flat"}).small_batches is None
    )
