"""NELBO weights of batches: computed by case, equal to those token by token."""

import numpy as np
import pytest

from noising.engine import EngineError, build_process, token_cases

GRAPHS = [
    ("loglinear", {"type": "absorbing"}),
    ("loglinear", {"type": "absorbing", "mask_id": 0}),
    ("cosine", {"type": "absorbing", "mask_id": 5}),
    ("loglinear", {"type": "uniform"}),
    ("cosine", {"type": "hdlm_gamma", "gamma": 0.3}),
    ("loglinear", {"type": "hdlm_epsilon"}),
    ("gidd", {"type": "gidd"}),
    ("loglinear", {"type": "marginal", "counts": [1, 0, 5, 2, 2, 9, 1]}),
]
VOCAB = 7


@pytest.fixture(params=GRAPHS, ids=str)
def process(request):
    schedule, graph = request.param
    return build_process(
        {"vocab_size": VOCAB, "schedule": {"type": schedule}, "graph": graph}
    )


def _pairs(process, shape, dtype=np.int64):
    """Return every kind of pair at random, also impossible ones."""
    rng = np.random.default_rng(4)
    data = [i for i in range(VOCAB) if i != process.mask_id]
    x0 = rng.choice(data, shape)
    xt = rng.integers(0, process.num_states, shape)
    return np.where(rng.random(shape) < 0.4, x0, xt).astype(dtype), x0.astype(dtype)


def _token_by_token(process, xt, x0, t, **more):
    """Give every token a time of its own, so that no two share a weight."""
    return process.nelbo_weight(xt, x0, np.broadcast_to(t, xt.shape), **more)


@pytest.mark.parametrize(
    ("shape", "t"),
    [
        ((4, 50), [[0.0], [0.1], [0.7], [1.0]]),
        ((4, 50), 0.3),
        ((40, 6), [0.0, 0.2, 0.4, 0.6, 0.8, 1.0]),
        ((60,), 0.5),
        ((3, 5, 20), [[[0.1]], [[0.5]], [[0.9]]]),
    ],
)
def test_a_batch_has_the_weights_of_its_tokens(process, shape, t):
    xt, x0 = _pairs(process, shape)
    found = process.nelbo_weight(xt, x0, t)
    assert found.dtype == np.float64
    assert found.shape == shape
    assert np.array_equal(found, _token_by_token(process, xt, x0, t), equal_nan=True)


@pytest.mark.parametrize("shape", [(40, 9), (2, 200)])
def test_blocks_do_not_change_weights(process, shape, monkeypatch):
    xt, x0 = _pairs(process, shape)
    t = np.linspace(0.1, 1.0, shape[0])[:, None]
    whole = process.nelbo_weight(xt, x0, t)
    monkeypatch.setattr(token_cases, "_BLOCK_TOKENS", 64)
    assert np.array_equal(process.nelbo_weight(xt, x0, t), whole, equal_nan=True)


@pytest.mark.parametrize("dtypes", [("u2", "i8"), ("i4", "i4"), (">i4", "u1")])
def test_any_integers_do(process, dtypes):
    xt, x0 = _pairs(process, (3, 40))
    expected = process.nelbo_weight(xt, x0, 0.6)
    found = process.nelbo_weight(xt.astype(dtypes[0]), x0.astype(dtypes[1]), 0.6)
    assert np.array_equal(found, expected, equal_nan=True)


@pytest.mark.parametrize("t", [0.6, [[0.1], [0.6], [1.0]], np.full((3, 40), 0.6)])
def test_float32_weights_are_rounded_ones(process, t):
    xt, x0 = _pairs(process, (3, 40))
    exact = process.nelbo_weight(xt, x0, t)
    found = process.nelbo_weight(xt, x0, t, dtype=np.float32)
    assert found.dtype == np.float32
    assert np.array_equal(found, exact.astype(np.float32), equal_nan=True)


@pytest.mark.parametrize("protect", [True, np.arange(40) % 3 == 0])
def test_protected_tokens_have_weight_0(process, protect):
    xt, x0 = _pairs(process, (3, 40))
    t = [[0.1], [0.6], [1.0]]
    found = process.nelbo_weight(xt, x0, t, protect=protect)
    fixed = np.broadcast_to(protect, xt.shape)
    assert (found[fixed] == 0.0).all()
    free = process.nelbo_weight(xt, x0, t)[~fixed]
    assert np.array_equal(found[~fixed], free, equal_nan=True)


def test_clean_tokens_may_be_shared_by_rows(process):
    xt, _ = _pairs(process, (6, 40))
    _, x0 = _pairs(process, (40,))
    found = process.nelbo_weight(xt, x0, 0.4)
    rows = [process.nelbo_weight(row, x0, 0.4) for row in xt]
    assert np.array_equal(found, rows, equal_nan=True)


@pytest.mark.parametrize("shape", [(0,), (0, 5), (5, 0)])
def test_no_tokens_have_no_weights(process, shape):
    none = np.empty(shape, int)
    assert process.nelbo_weight(none, none, 0.5).shape == shape


def test_a_vocabulary_of_one_data_token_has_weights():
    graph = {"type": "absorbing", "mask_id": 0}
    spec = {"vocab_size": 2, "schedule": {"type": "loglinear"}, "graph": graph}
    found = build_process(spec).nelbo_weight([0, 1, 1, 0], [1, 1, 1, 1], 0.25)
    assert found.tolist() == [4.0, 0.0, 0.0, 4.0]


@pytest.mark.parametrize("field", ["xt", "x0"])
@pytest.mark.parametrize("wrong", [-1, 99])
def test_ids_out_of_range_are_refused_by_their_place(process, field, wrong):
    tokens = dict(zip(("xt", "x0"), _pairs(process, (3, 40)), strict=True))
    tokens[field][2, 7] = wrong
    with pytest.raises(EngineError) as caught:
        process.nelbo_weight(**tokens, t=0.5)
    assert (caught.value.field, caught.value.code) == (f"{field}[2, 7]", "out_of_range")


@pytest.mark.parametrize("t", [0.5, np.full(40, 0.5)])
def test_a_mask_in_clean_data_is_refused(t):
    graph = {"type": "absorbing", "mask_id": 5}
    process = build_process({"vocab_size": VOCAB, "graph": graph})
    xt, x0 = _pairs(process, (40,))
    x0[3] = 5
    with pytest.raises(EngineError) as caught:
        process.nelbo_weight(xt, x0, t)
    assert (caught.value.field, caught.value.code) == ("x0", "mask_in_data")


@pytest.mark.parametrize("dtype", [np.float16, int, None])
def test_other_types_are_refused(process, dtype):
    with pytest.raises(EngineError) as caught:
        process.nelbo_weight(1, 2, 0.5, dtype=dtype)
    assert (caught.value.field, caught.value.code) == ("dtype", "unknown_dtype")
