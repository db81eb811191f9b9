"""noising.torch.Noiser: tokens of ForwardProcess.noise, and inputs of a loss."""

import json
import pickle
import warnings

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from noising.engine import EngineError, build_process
from noising.torch import Noiser
from tests.engine.examples import GRAPHS, example, schedule_for

SEED = 2**63 + 11
EVENT_KERNELS = ["engine", "torch"]
DTYPES = ["int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"]
LOGLINEAR = {"vocab_size": 100, "schedule": {"type": "loglinear"}}
ABSORBING = {**LOGLINEAR, "graph": {"type": "absorbing"}}
UNIFORM = {**LOGLINEAR, "graph": {"type": "uniform"}}
IDS = [2**62 + 5, 3, 7, 900, 12, 0, 1]


def make_tokens(process, rows=7, length=37, seed=0):
    ids = [i for i in range(process.vocab_size) if i != process.mask_id]
    return np.random.default_rng(seed).choice(ids, size=(rows, length))


def check(n, noised, clean):
    """The result is the engine's, on the clean tokens' device and in their dtype."""
    assert n.xt.dtype == clean.dtype
    assert (n.xt.numpy() == noised.tokens).all()
    assert n.moved.dtype == torch.bool
    assert (n.moved.numpy() == noised.resampled).all()


@pytest.mark.parametrize("kernel", EVENT_KERNELS)
@pytest.mark.parametrize("graph", GRAPHS)
def test_every_graph_gives_the_engines_tokens(graph, kernel):
    process = example(schedule_for(graph, "cosine"), graph)
    tokens = make_tokens(process)
    times = np.linspace(0.0, 1.0, len(tokens))
    noiser = Noiser(process, seed=SEED, kernel=kernel)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", ".* are computed on the CPU")
        n = noiser(torch.from_numpy(tokens), ids=IDS, draw=9, t=times)
    noised = process.noise(tokens, t=times, seed=SEED, sequence_ids=IDS, draw=9)
    check(n, noised, torch.from_numpy(tokens))


@pytest.mark.parametrize("kernel", EVENT_KERNELS)
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("graph", ["uniform", "hdlm_gamma"])
def test_every_dtype_is_kept(dtype, graph, kernel):
    process = build_process({**LOGLINEAR, "graph": {"type": graph}})
    tokens = make_tokens(process, rows=3).astype(dtype)
    clean = torch.from_numpy(tokens)
    n = Noiser(process, seed=1, kernel=kernel)(clean, ids=[4, 5, 6], t=0.5)
    noised = process.noise(tokens, t=0.5, seed=1, sequence_ids=[4, 5, 6])
    check(n, noised, clean)
    assert (n.xt.numpy() != tokens).any()


@pytest.mark.parametrize("kernel", EVENT_KERNELS)
@pytest.mark.parametrize("shape", [(1, 1), (1, 7), (3, 8), (5, 9), (2, 4097)])
def test_every_shape(shape, kernel):
    process = build_process(UNIFORM)
    tokens = make_tokens(process, *shape)
    clean = torch.from_numpy(tokens)
    n = Noiser(process, seed=1, kernel=kernel)(clean, t=0.7)
    check(n, process.noise(tokens, t=0.7, seed=1), clean)


@pytest.mark.parametrize("kernel", EVENT_KERNELS)
@pytest.mark.parametrize(
    "time",
    [
        {"t": 0.3},
        {"t": np.linspace(0, 1, 3)},
        {"t": np.linspace(0, 1, 60).reshape(3, 20)},
        {"timestep": 7},
        {"timestep": np.array([0, 7, 19])},
        {"timestep": np.arange(60).reshape(3, 20) % 20},
    ],
    ids=lambda time: f"{next(iter(time))} {np.shape(next(iter(time.values())))}",
)
@pytest.mark.parametrize("graph", ["marginal", "gidd"])
def test_every_form_of_a_time(graph, time, kernel):
    process = example(schedule_for(graph, "cosine"), graph)
    tokens = make_tokens(process, 3, 20)
    clean = torch.from_numpy(tokens)
    [(name, value)] = time.items()
    given = torch.from_numpy(value) if np.ndim(value) else value
    n = Noiser(process, seed=1, kernel=kernel)(clean, **{name: given})
    noised = process.noise(tokens, **time, seed=1)
    check(n, noised, clean)
    shape = (3, 20) if np.ndim(value) == 2 else (3,)
    times = process.time(value) if name == "timestep" else value
    for got, expected in ((n.t, times), (n.alpha, noised.alpha)):
        assert got.dtype == torch.float32
        assert got.shape == shape
        assert (got.numpy() == np.asarray(expected, np.float32)).all()


@pytest.mark.parametrize("kernel", EVENT_KERNELS)
@pytest.mark.parametrize("graph", ["absorbing", "uniform", "hdlm_epsilon", "gidd"])
@pytest.mark.parametrize(
    "options",
    [
        {"protect": True},
        {"lengths": True},
        {"protect": True, "lengths": True},
        {"labels": True},
        {"labels": True, "protect": True, "lengths": True},
    ],
    ids="+".join,
)
def test_protected_tokens_and_padding_never_change(graph, options, kernel):
    process = example(schedule_for(graph, "cosine"), graph)
    tokens = make_tokens(process)
    random = np.random.default_rng(3)
    protect, ignored = random.random((2, *tokens.shape)) < 0.3
    lengths = random.integers(0, tokens.shape[1] + 1, len(tokens))
    given, fixed = {}, np.zeros(tokens.shape, bool)
    if "protect" in options:
        given["protect"], fixed = torch.from_numpy(protect), fixed | protect
    if "labels" in options:
        given["labels"] = torch.from_numpy(np.where(ignored, -1, tokens))
        given["ignore_index"], fixed = -1, fixed | ignored
    own = {}
    if "lengths" in options:
        own["lengths"] = lengths
        given["lengths"] = torch.from_numpy(lengths)
    clean = torch.from_numpy(tokens)
    n = Noiser(process, seed=1, kernel=kernel)(clean, t=0.8, **given)
    check(n, process.noise(tokens, t=0.8, seed=1, protect=fixed, **own), clean)


@pytest.mark.parametrize("kernel", EVENT_KERNELS)
def test_protection_of_one_row_is_that_of_all(kernel):
    tokens = make_tokens(build_process(UNIFORM))
    protect = np.arange(tokens.shape[1]) < 20
    n = Noiser(UNIFORM, seed=1, kernel=kernel)(
        torch.from_numpy(tokens), t=1.0, protect=protect
    )
    assert (n.moved.numpy() == ~protect).all()


@pytest.mark.parametrize("kernel", EVENT_KERNELS)
@pytest.mark.parametrize(
    "hyperschedule",
    [
        {"type": "block", "width": 8},
        {"type": "token_types", "classes": {"critical": [1, 2], "variable": [3]}},
        {"type": "autoregressive"},
    ],
    ids=lambda hyperschedule: hyperschedule["type"],
)
def test_noise_by_position(hyperschedule, kernel):
    process = build_process({**UNIFORM, "hyperschedule": hyperschedule})
    tokens = make_tokens(process, 5, 40)
    clean, lengths = torch.from_numpy(tokens), [40, 3, 17, 0, 24]
    times = np.linspace(0.2, 0.9, 5)
    n = Noiser(process, seed=1, kernel=kernel)(clean, t=times, lengths=lengths)
    check(n, process.noise(tokens, t=times, seed=1, lengths=lengths), clean)


@pytest.mark.parametrize("kernel", EVENT_KERNELS)
def test_tokens_in_other_memory_orders(kernel):
    process = build_process(UNIFORM)
    tokens = make_tokens(process, 20, 9)
    clean = torch.from_numpy(tokens).T
    n = Noiser(process, seed=1, kernel=kernel)(clean, t=0.6)
    check(n, process.noise(tokens.T, t=0.6, seed=1), clean)


def test_matrix_graphs_are_said_once_to_use_the_cpu():
    process = example("cosine", "banded")
    noiser = Noiser(process, seed=1, kernel="torch")
    clean = torch.from_numpy(make_tokens(process))
    with pytest.warns(
        UserWarning, match="^noise on matrix graphs, .* computed on the CPU"
    ):
        noiser(clean, t=0.5)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        noiser(clean, t=0.5)


@pytest.mark.parametrize("kernel", EVENT_KERNELS)
@pytest.mark.parametrize(
    ("options", "method"),
    [
        ({}, "uniform"),
        ({"total": 1000}, "stratified"),
        ({"total": 1000, "method": "antithetic"}, "antithetic"),
        ({"method": "sobol", "low": 0.3, "high": 0.8}, "sobol"),
    ],
)
def test_times_are_drawn_by_id_and_draw(options, method, kernel):
    process = build_process(ABSORBING)
    tokens, ids = make_tokens(process, 4), [999, 0, 512, 7]
    noiser = Noiser(process, seed=7, kernel=kernel, **options)
    n = noiser(torch.from_numpy(tokens), ids=torch.tensor(ids), draw=3)
    ends = {key: options[key] for key in ("low", "high") if key in options}
    whole, _ = process.sample_times(
        1000, seed=7, method=method, draw=3, total=1000, **ends
    )
    assert (n.t.numpy() == whole[ids].astype(np.float32)).all()
    assert (noiser.sample_times(ids, 3) == whole[ids]).all()
    assert (n.weight.numpy() == process.loss_weight(whole[ids])).all()
    noised = process.noise(tokens, t=whole[ids], seed=7, sequence_ids=ids, draw=3)
    check(n, noised, torch.from_numpy(tokens))


def test_a_call_may_have_a_range_of_times_of_its_own():
    noiser = Noiser(ABSORBING, seed=7)
    n = noiser(torch.zeros(50, 2, dtype=torch.int64), low=0.3, high=0.4)
    assert (n.t > 0.3).all()
    assert (n.t <= 0.4).all()


def test_weights_make_up_for_times_that_are_not_uniform():
    process = build_process({**ABSORBING, "schedule": {"type": "cosine"}})
    noiser = Noiser(process, seed=7, method="importance", low=0.1, high=0.9)
    ids = np.arange(50)
    n = noiser(torch.zeros(50, 2, dtype=torch.int64), ids=ids)
    times, weights = process.sample_times(
        ids=ids, seed=7, method="importance", low=0.1, high=0.9
    )
    expected = process.loss_weight(times, dtype=np.float64) * weights / 0.8
    np.testing.assert_allclose(n.weight.numpy(), expected, rtol=1e-6)
    # The density is the weight up to a factor: the product is constant.
    assert np.ptp(expected) < 1e-9 * expected[0]


@pytest.mark.parametrize("kernel", EVENT_KERNELS)
def test_forms_of_the_weight(kernel):
    process = build_process(ABSORBING)
    tokens = torch.from_numpy(make_tokens(process, 4, 30))
    lengths = np.array([30, 7, 12, 0])
    noiser = Noiser(process, seed=7, kernel=kernel, form="realised")
    n = noiser(tokens, t=0.5, lengths=lengths)
    moved = n.moved.sum(dim=1).numpy()[:3]
    assert (n.weight.numpy()[:3] == (lengths[:3] / moved).astype(np.float32)).all()
    assert n.weight[3] == 0.0  # nothing could move
    assert n.weight.dtype == torch.float32
    flat = noiser(tokens, t=0.5, form="flat").weight
    assert flat.tolist() == [1.0] * 4
    assert Noiser(UNIFORM, seed=1)(tokens, t=0.5).weight.tolist() == [1.0] * 4
    blockwise = {**ABSORBING, "hyperschedule": {"type": "block"}}
    assert Noiser(blockwise, seed=1)(tokens, t=0.5).weight.tolist() == [1.0] * 4


@pytest.mark.parametrize("kernel", EVENT_KERNELS)
def test_weights_of_tokens_are_0_where_none_can_move(kernel):
    spec = {**ABSORBING, "schedule": {"type": "loglinear", "epsilon": 0}}
    times = torch.zeros(2, 6)
    times[:, 3:] = 0.25
    clean = torch.zeros(2, 6, dtype=torch.int64)
    protect = torch.arange(6) < 3
    n = Noiser(spec, seed=1, kernel=kernel)(
        clean, t=times, protect=protect, lengths=[6, 5]
    )
    assert n.weight.tolist() == [[0, 0, 0, 4, 4, 4], [0, 0, 0, 4, 4, 0]]


@pytest.mark.parametrize("kernel", EVENT_KERNELS)
def test_results_can_be_pickled(kernel):
    clean = torch.from_numpy(make_tokens(build_process(UNIFORM)))
    noiser = pickle.loads(pickle.dumps(Noiser(UNIFORM, seed=7, kernel=kernel)))  # noqa: S301
    n = noiser(clean, ids=range(len(clean)))
    copy = pickle.loads(pickle.dumps(n))  # noqa: S301
    assert list(n.as_dict()) == ["xt", "moved", "t", "alpha", "weight"]
    for name, tensor in n.as_dict().items():
        assert (getattr(copy, name) == tensor).all()
    assert list(copy.ids) == list(n.ids)


@pytest.mark.parametrize("kernel", EVENT_KERNELS)
def test_a_specification_may_be_a_process_or_a_file(tmp_path, kernel):
    path = tmp_path / "spec.json"
    path.write_text(json.dumps(UNIFORM))
    specs = [UNIFORM, build_process(UNIFORM), path, str(path)]
    assert len({Noiser(spec, seed=1).process.fingerprint for spec in specs}) == 1
    path.write_text("{")
    with pytest.raises(EngineError, match="`spec` must be a file with JSON"):
        Noiser(path, seed=1)


TOKENS = torch.zeros(2, 3, dtype=torch.int64)


@pytest.mark.parametrize(
    ("arguments", "field", "code"),
    [
        ({"seed": -1}, "seed", "out_of_range"),
        ({"kernel": "cuda"}, "kernel", "unknown_name"),
        ({"kernel": "engine", "compile": True}, "kernel", "not_together"),
        ({"method": "even"}, "method", "unknown_method"),
        ({"method": "stratified"}, "total", "missing"),
        ({"total": -1}, "total", "out_of_range"),
        ({"low": 0.5, "high": 0.5}, "low", "out_of_order"),
        ({"form": "nelbo"}, "form", "unknown_form"),
        ({"spec": UNIFORM, "form": "elbo"}, "form", "not_a_cross_entropy"),
        (
            {"spec": {**ABSORBING, "hyperschedule": {"type": "block"}}, "form": "elbo"},
            "form",
            "noise_by_position",
        ),
        ({"rank": 1}, "world", "missing"),
        ({"world": 2}, "rank", "missing"),
        ({"rank": 2, "world": 2}, "rank", "out_of_range"),
        ({"rank": True, "world": 2}, "rank", "not_an_integer"),
    ],
)
def test_wrong_arguments_of_a_noiser(arguments, field, code):
    with pytest.raises(EngineError) as caught:
        Noiser(**({"spec": ABSORBING, "seed": 1} | arguments))
    assert (caught.value.field, caught.value.code) == (field, code)


@pytest.mark.parametrize("kernel", EVENT_KERNELS)
@pytest.mark.parametrize(
    ("x0", "arguments", "field", "code"),
    [
        (np.zeros((2, 3), int), {}, "x0", "not_a_tensor"),
        (torch.zeros(2, 3), {}, "x0", "not_an_integer"),
        (torch.zeros(2, 3, dtype=torch.bool), {}, "x0", "not_an_integer"),
        (TOKENS[0], {}, "x0", "wrong_shape"),
        (TOKENS[:0], {}, "x0", "wrong_shape"),
        (TOKENS + 100, {}, "tokens[0, 0]", "out_of_range"),
        (TOKENS - 1, {}, "tokens[0, 0]", "out_of_range"),
        (TOKENS, {"ids": [1]}, "sequence_ids", "wrong_length"),
        (TOKENS, {"ids": [1, -1]}, "ids[1]", "out_of_range"),
        (TOKENS, {"draw": -1}, "draw", "out_of_range"),
        (TOKENS, {"t": 0.5, "timestep": 3}, "timestep", "one_of"),
        (TOKENS, {"t": 1.5}, "t", "out_of_range"),
        (TOKENS, {"t": 0.5, "low": 0.1}, "low", "not_together"),
        (TOKENS, {"timestep": 5, "high": 0.1}, "high", "not_together"),
        (TOKENS, {"low": 0.9, "high": 0.1}, "low", "out_of_order"),
        (TOKENS, {"protect": [1, 0, 1]}, "protect", "not_a_mask"),
        (TOKENS, {"protect": [True]}, "protect", "wrong_shape"),
        (TOKENS, {"labels": [1, 0, 1]}, "labels", "wrong_shape"),
        (TOKENS, {"lengths": [1]}, "lengths", "wrong_length"),
        (TOKENS, {"form": "nelbo"}, "form", "unknown_form"),
    ],
)
def test_wrong_arguments_of_a_call(x0, arguments, field, code, kernel):
    noiser = Noiser(ABSORBING, seed=1, kernel=kernel)
    with pytest.raises(EngineError) as caught:
        noiser(x0, **arguments)
    assert (caught.value.field, caught.value.code) == (field, code)
    assert noiser.state_dict()["rows"] == 0  # a failed call counts no rows


def test_the_check_of_ids_can_be_left_out():
    noiser = Noiser(ABSORBING, seed=1, kernel="torch", check_ids=False)
    n = noiser(TOKENS + 150, t=0.5)
    assert set(n.xt.unique().tolist()) == {100, 150}


def test_times_of_bfloat16():
    n = Noiser(ABSORBING, seed=1)(TOKENS, t=torch.full((2,), 0.5, dtype=torch.bfloat16))
    assert n.t.tolist() == [0.5, 0.5]


@pytest.mark.parametrize("kernel", EVENT_KERNELS)
@pytest.mark.parametrize("graph", ["uniform", "absorbing", "marginal", "gidd"])
@pytest.mark.parametrize("by_token", [False, True], ids=["ids by row", "ids by token"])
@pytest.mark.parametrize("kind", ["shard", "packed", "far"])
def test_tokens_at_positions_of_their_own(graph, by_token, kind, kernel):
    process = example(schedule_for(graph, "cosine"), graph)
    tokens = make_tokens(process, 3, 21)
    random = np.random.default_rng(2)
    positions = {
        "shard": np.arange(13, 34),
        "packed": np.array([[0, 1, 2, 3, 4, 5, 6] * 3] * 3),
        "far": random.integers(0, 1 << 60, tokens.shape),
    }[kind]
    ids = random.integers(0, 1 << 62, tokens.shape if by_token else 3)
    clean, times = torch.from_numpy(tokens), np.array([0.3, 0.6, 0.9])
    n = Noiser(process, seed=1, kernel=kernel)(
        clean, ids=ids, positions=torch.from_numpy(positions), t=times
    )
    noised = process.noise(
        tokens, t=times, seed=1, sequence_ids=ids, positions=positions
    )
    check(n, noised, clean)


@pytest.mark.parametrize("kernel", EVENT_KERNELS)
def test_a_packed_row_has_the_noise_and_times_that_its_documents_have_alone(kernel):
    noiser = Noiser(UNIFORM, seed=1, kernel=kernel, total=100)
    lengths, ids = [5, 11, 8], [31, 4, 15]
    documents = [torch.arange(n)[None] * 3 for n in lengths]
    alone = [
        noiser(tokens, ids=[i], draw=2)
        for i, tokens in zip(ids, documents, strict=True)
    ]
    packed = noiser(
        torch.cat(documents, dim=1),
        ids=torch.tensor(ids).repeat_interleave(torch.tensor(lengths))[None],
        positions=torch.cat([torch.arange(n) for n in lengths]),
        draw=2,
    )
    for name in ("xt", "moved"):
        parts = [getattr(n, name) for n in alone]
        assert (getattr(packed, name) == torch.cat(parts, dim=1)).all()
    for name in ("t", "alpha", "weight"):
        parts = [getattr(n, name)[:, None].expand(n.xt.shape) for n in alone]
        assert (getattr(packed, name) == torch.cat(parts, dim=1)).all()


QUOTAS = [
    {"count": 5},
    {"count": np.array([0, 1, 30, 50])},
    {"count": 3, "block": 8},
    {"at_least": 20},
    {"at_least": np.array([1, 2, 9, 0])},
    {"at_least": 2, "block": 8},
]


@pytest.mark.parametrize("kernel", EVENT_KERNELS)
@pytest.mark.parametrize("graph", ["uniform", "absorbing", "marginal"])
@pytest.mark.parametrize("quota", QUOTAS, ids=str)
@pytest.mark.parametrize("has_fixed", [False, True], ids=["all eligible", "some fixed"])
def test_how_many_tokens_move(graph, quota, has_fixed, kernel):
    process = example("cosine", graph)
    tokens = make_tokens(process, 4, 45)
    clean, times = torch.from_numpy(tokens), np.array([0.01, 0.1, 0.4, 0.9])
    options, given = {}, {}
    if has_fixed:
        random = np.random.default_rng(4)
        options = {
            "protect": random.random(tokens.shape) < 0.4,
            "lengths": np.array([45, 40, 9, 0]),
        }
        given = {name: torch.from_numpy(value) for name, value in options.items()}
    n = Noiser(process, seed=1, kernel=kernel)(clean, t=times, **quota, **given)
    noised = process.noise(tokens, t=times, seed=1, **quota, **options)
    check(n, noised, clean)
    complement, expected = n.complement(), noised.complement()
    check(complement, expected, clean)
    check(complement.complement(), noised, clean)


@pytest.mark.parametrize("kernel", EVENT_KERNELS)
def test_the_weight_of_a_count_is_that_of_its_inclusion(kernel):
    noiser = Noiser(ABSORBING, seed=1, kernel=kernel)
    tokens = torch.zeros(3, 10, dtype=torch.int64)
    n = noiser(tokens, count=[2, 5, 10])
    assert n.weight.tolist() == [5.0, 2.0, 1.0]
    by_block = noiser(tokens, count=2, block=4, lengths=[10, 7, 4])
    assert by_block.weight.tolist() == [
        [2.0] * 8 + [1.0] * 2,
        [2.0] * 4 + [1.5] * 3 + [0.0] * 3,
        [2.0] * 4 + [0.0] * 6,
    ]
    in_blocks = noiser(tokens, count=2, block=5, t=torch.full((3, 10), 0.5))
    assert in_blocks.weight.tolist() == [[2.5] * 10] * 3
    in_row = noiser(tokens, count=2, t=torch.full((3, 10), 0.5))
    assert in_row.weight.tolist() == [[5.0] * 10] * 3


@pytest.mark.parametrize("kernel", EVENT_KERNELS)
@pytest.mark.parametrize("schedule", ["loglinear", "cosine", "mdlm_cosine"])
def test_a_complement_is_a_draw_at_the_time_of_the_other_alpha(schedule, kernel):
    spec = {**ABSORBING, "schedule": {"type": schedule}}
    tokens = torch.zeros(5, 10, dtype=torch.int64)
    times = np.linspace(0.1, 0.95, 5)
    n = Noiser(spec, seed=1, kernel=kernel)(tokens, t=times)
    other = n.complement()
    assert (n.moved != other.moved).all()
    process = build_process(spec)
    alpha = process.move_chance(times)
    assert (other.alpha.numpy() == alpha.astype(np.float32)).all()
    np.testing.assert_allclose(process.alpha(other.t.numpy()), alpha, atol=1e-6)
    weights = process.loss_weight(other.t.numpy())
    np.testing.assert_allclose(other.weight.numpy(), weights, rtol=1e-5)
    assert (other.complement().t == n.t).all()


def test_a_schedule_that_leaves_a_rest_has_no_time_for_every_alpha():
    spec = {**ABSORBING, "num_timesteps": 2,
            "schedule": {"type": "custom", "alphas": [0.7, 0.2]}}  # fmt: skip
    n = Noiser(spec, seed=1)(torch.zeros(1, 3, dtype=torch.int64), t=0.1)
    other = n.complement()
    assert other.alpha.item() == pytest.approx(1 - 0.7**0.2)
    with pytest.raises(EngineError, match="must take alpha = 1 - alpha"):
        other.t  # noqa: B018


@pytest.mark.parametrize("kernel", EVENT_KERNELS)
def test_wrong_quotas_and_complements_are_the_engines_errors(kernel):
    noiser = Noiser(ABSORBING, seed=1, kernel=kernel)
    for arguments, field in (
        ({"count": 1, "at_least": 1}, "count"),
        ({"block": 4}, "block"),
        ({"count": [1, 2, 3]}, "count"),
        ({"count": 1, "t": [[0.1, 0.2, 0.3]] * 2}, "count"),
        ({"positions": [0, -1, 2]}, "positions[1]"),
    ):
        with pytest.raises(EngineError) as caught:
            noiser(TOKENS, **arguments)
        assert caught.value.field == field
    gidd = example("gidd", "gidd")
    with pytest.raises(EngineError, match="`complement` needs a `graph` with one"):
        Noiser(gidd, seed=1, kernel=kernel)(TOKENS, t=0.5).complement()


def test_a_count_with_noise_by_position_is_computed_on_the_cpu():
    process = build_process(
        {**UNIFORM, "hyperschedule": {"type": "weights", "weights": [1, 2, 3, 4]}}
    )
    tokens = torch.ones(3, 4, dtype=torch.int64)
    noiser = Noiser(process, seed=1, kernel="torch")
    with pytest.warns(UserWarning, match="numbers of tokens to move with a hypersch"):
        n = noiser(tokens, t=0.5, count=2)
    check(n, process.noise(tokens.numpy(), t=0.5, seed=1, count=2), tokens)
