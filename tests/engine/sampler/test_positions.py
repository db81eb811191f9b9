"""Tokens at given positions get the noise that they get alone."""

import numpy as np
import pytest

from noising.engine import (
    EngineError,
    build_process,
    use_kernel,
    with_hyperschedule,
)
from noising.engine.hyperschedules import GroupedSigma
from noising.engine.randomness import MAX_POSITION
from noising.engine.sampler import recipe

MARGINAL = {"type": "marginal", "counts": list(range(1, 41))}
GRAPHS = [
    {"type": "uniform"},
    {"type": "absorbing"},
    {"type": "absorbing", "mask_id": 7},
    MARGINAL,
    {"type": "hdlm_gamma"},
    {"type": "hdlm_epsilon"},
    {"type": "gidd"},
    {"type": "banded", "beta": 2.0},
]
WEIGHTS = np.random.default_rng(8).uniform(0.5, 3.0, 1500)
BY_POSITION = [
    {"type": "flat"},
    {"type": "weights", "weights": WEIGHTS.tolist()},
    {"type": "weights", "weights": WEIGHTS.tolist(), "calibrate": False},
    {"type": "diffusion_forcing", "scheme": "independent", "seed": 3},
    {
        "type": "matrix",
        "levels": 3,
        "rows": [[min(3, max(0, r - i % 7)) for i in range(1500)] for r in range(11)],
    },
    {"type": "token_exponents", "exponents": {"1": 2.0, "5": 0.5}},
    {"type": "token_types", "classes": {"critical": [1, 2]}, "calibrate": False},
]


@pytest.fixture(scope="module", params=["numpy", "numba"])
def kernel(request):
    use_kernel(request.param)
    yield request.param
    use_kernel(None)


def _process(graph, vocab_size=40):
    schedule = {"type": "gidd" if graph["type"] == "gidd" else "loglinear"}
    return build_process(
        {"vocab_size": vocab_size, "schedule": schedule, "graph": graph}
    )


class Packing:
    """Documents that are cut at random and packed into rows in any order."""

    def __init__(self, seed, lengths, vocab_size=39):
        self.draw = np.random.default_rng(seed)
        self.ids = self.draw.integers(0, 1 << 62, len(lengths))
        self.documents = [self.draw.integers(0, vocab_size, n) for n in lengths]
        whole = np.concatenate([np.arange(n) for n in lengths])
        cuts = np.sort(self.draw.integers(0, whole.size, 9))
        pieces = np.split(np.arange(whole.size), cuts)
        order = np.concatenate([pieces[i] for i in self.draw.permutation(10)])
        self.order = self.draw.permutation(order) if seed % 3 == 0 else order
        self.rows = int(self.draw.integers(1, 6))
        self.tokens = self.spread(self.documents)
        self.sequence_ids = self.spread(
            [np.full(n, i) for n, i in zip(lengths, self.ids, strict=True)]
        )
        self.positions = self.spread([np.arange(n) for n in lengths])
        last = whole.size - (self.rows - 1) * self.tokens.shape[1]
        self.lengths = np.full(self.rows, self.tokens.shape[1])
        self.lengths[-1] = last

    def spread(self, by_document):
        """Return values of the documents in the packed order, (B, L), 0 at the end."""
        flat = np.concatenate(by_document)[self.order]
        room = np.zeros((self.rows, -(-flat.size // self.rows)), flat.dtype)
        room.reshape(-1)[: flat.size] = flat
        return room

    def noise(self, process, **options):
        return process.noise(
            self.tokens,
            sequence_ids=self.sequence_ids,
            positions=self.positions,
            lengths=self.lengths,
            **options,
        )


@pytest.mark.parametrize("graph", GRAPHS, ids=str)
@pytest.mark.parametrize("seed", range(3))
@pytest.mark.usefixtures("kernel")
def test_packed_documents_have_the_bytes_that_they_have_alone(graph, seed):
    process = _process(graph)
    packing = Packing(seed, [300, 1, 8, 77, 500, 9, 16])
    packed = packing.noise(process, timestep=600, seed=5)
    alone = [
        process.noise(tokens, 600, seed=5, sequence_ids=int(i))
        for tokens, i in zip(packing.documents, packing.ids, strict=True)
    ]
    expected = packing.spread([one.tokens for one in alone])
    assert (packed.tokens == expected).all()
    expected = packing.spread([one.resampled for one in alone])
    assert (packed.resampled == expected).all()


@pytest.mark.parametrize("hyperschedule", BY_POSITION, ids=lambda h: h["type"])
@pytest.mark.parametrize("graph", [GRAPHS[0], GRAPHS[4]], ids=str)
@pytest.mark.parametrize("by_row", [False, True])
def test_a_hyperschedule_is_read_by_position(hyperschedule, graph, by_row):
    process = with_hyperschedule(_process(graph), hyperschedule)
    packing = Packing(1, [1500, 1500])
    t = np.linspace(0.2, 0.8, packing.rows) if by_row else 0.6
    packed = packing.noise(process, t=t, seed=5)
    spread = np.broadcast_to(np.reshape(t, (-1, 1)), packing.tokens.shape)
    for row, column in packing.draw.integers(0, packing.tokens.shape, (9, 2)):
        if column >= packing.lengths[row]:
            continue
        document = list(packing.ids).index(packing.sequence_ids[row, column])
        alone = process.noise(
            packing.documents[document],
            t=spread[row, column],
            seed=5,
            sequence_ids=packing.ids[document],
        )
        position = packing.positions[row, column]
        assert packed.tokens[row, column] == alone.tokens[position]


def test_weights_are_read_by_position_or_by_token():
    process = _process(GRAPHS[0])
    packing = Packing(2, [1500, 1500])
    packed = packing.noise(process, t=0.6, seed=5, weights=WEIGHTS)
    alone = [
        process.noise(x0, t=0.6, seed=5, sequence_ids=int(i), weights=WEIGHTS).tokens
        for x0, i in zip(packing.documents, packing.ids, strict=True)
    ]
    assert (packed.tokens == packing.spread(alone)).all()

    by_token = packing.spread([WEIGHTS, WEIGHTS])
    by_token[by_token == 0.0] = 1.0
    plain = {"type": "weights", "weights": WEIGHTS.tolist(), "calibrate": False}
    expected = packing.noise(with_hyperschedule(process, plain), t=0.6, seed=5)
    packed = packing.noise(process, t=0.6, seed=5, weights=by_token)
    assert (packed.tokens == expected.tokens).all()


@pytest.mark.parametrize("dtype", ["uint8", ">i4", "int64", "uint64"])
def test_a_part_of_a_row_has_its_bytes_and_positions_any_dtype(dtype):
    process = _process(GRAPHS[0])
    row = np.random.default_rng(1).integers(0, 40, (3, 256), dtype=np.int32)
    whole = process.noise(row, 500, seed=1)
    for start, stop in [(0, 256), (0, 7), (8, 20), (13, 200), (255, 256)]:
        positions = np.arange(start, stop, dtype=dtype)
        part = process.noise(row[:, start:stop], 500, seed=1, positions=positions)
        assert (part.tokens == whole.tokens[:, start:stop]).all()
        assert (part.resampled == whole.resampled[:, start:stop]).all()
    around = np.array([254, 255, 0, 1], dtype)  # uint8 overflows from 255 to 0
    part = process.noise(row[:, around.astype(int)], 500, seed=1, positions=around)
    assert (part.tokens == whole.tokens[:, around.astype(int)]).all()


def test_positions_reach_as_far_as_the_recipe_says():
    process = _process(GRAPHS[0], vocab_size=50257)
    positions = MAX_POSITION - np.array([0, 3, 8, 4000])
    noised = process.noise(np.zeros(4, int), t=0.999, seed=9, positions=positions)
    word = recipe.words(9)
    for token, position in zip(noised.tokens, positions.tolist(), strict=True):
        assert token == (word(4 * position + 2) >> 24) * 50257 >> 40


def test_times_by_token_combine_with_positions():
    process = _process(GRAPHS[0])
    packing = Packing(4, [400, 90])
    steps = np.random.default_rng(2).integers(0, 1000, packing.tokens.shape)
    packed = packing.noise(process, timestep=steps, seed=5)
    times = packing.noise(process, t=process.time(steps), seed=5)
    assert (times.tokens == packed.tokens).all()
    for row, column in packing.draw.integers(0, packing.tokens.shape, (9, 2)):
        document = list(packing.ids).index(packing.sequence_ids[row, column])
        position = packing.positions[row, column]
        alone = process.noise(
            packing.documents[document],
            steps[row, column],
            seed=5,
            sequence_ids=packing.ids[document],
        )
        assert packed.tokens[row, column] == alone.tokens[position]


@pytest.mark.parametrize("runs", ["long", "short"])
@pytest.mark.usefixtures("kernel")
def test_large_batches_are_noised_block_by_block(runs):
    process = _process(GRAPHS[0])
    draw = np.random.default_rng(1)
    shape = (3, 200_000)
    tokens = draw.integers(0, 40, shape)
    whole = process.noise(tokens, 900, seed=1, threads=2)
    order = np.roll(np.arange(shape[1]), 12_345)
    if runs == "short":
        order = draw.permutation(shape[1])
    packed = process.noise(tokens[:, order], 900, seed=1, positions=order, threads=2)
    assert (packed.tokens == whole.tokens[:, order]).all()
    assert (packed.resampled == whole.resampled[:, order]).all()


@pytest.mark.parametrize("graph", [GRAPHS[0], GRAPHS[1], GRAPHS[4]], ids=str)
def test_paths_take_positions_too(graph):
    process = _process(graph)
    tokens = np.random.default_rng(1).integers(0, 40, (2, 100))
    order = np.random.default_rng(2).permutation(100)
    ids = np.array([[3], [8]]) * np.ones_like(tokens)
    for method in (process.trajectory, process.sample_path):
        whole = method(tokens, [100, 500, 900], seed=1, sequence_ids=[3, 8])
        parts = method(
            tokens[:, order],
            [100, 500, 900],
            seed=1,
            sequence_ids=ids,
            positions=order,
        )
        assert (parts == whole[:, :, order]).all()
    states = process.walk("coupled", tokens[:, order], [100], seed=1, positions=order)
    whole = process.noise(tokens, 100, seed=1)
    assert (next(states) == whole.tokens[:, order]).all()


def test_a_packed_row_may_be_the_only_one():
    process = _process(GRAPHS[0])
    tokens = np.arange(20)
    ids = np.repeat([4, 9], [12, 8])
    packed = process.noise(tokens, 500, seed=1, sequence_ids=ids)
    for i in (4, 9):
        alone = process.noise(tokens, 500, seed=1, sequence_ids=i)
        assert (packed.tokens[ids == i] == alone.tokens[ids == i]).all()


def test_padding_may_have_any_position():
    process = _process(GRAPHS[0])
    positions = [[0, 1, 1 << 50]]
    noised = process.noise(
        [[1, 2, 3]],
        999,
        seed=1,
        positions=positions,
        lengths=[2],
        weights=[1.0, 2.0],
    )
    assert noised.tokens[0, 2] == 3
    with pytest.raises(EngineError) as caught:
        process.noise([[1, 2, 3]], 9, seed=1, positions=positions, weights=[1.0, 2.0])
    assert (caught.value.field, caught.value.code) == ("positions[2]", "out_of_range")
    assert "position 1" in str(caught.value)


ONE_BY_ONE = {"type": "autoregressive"}
CALIBRATED = {"type": "token_types", "classes": {"critical": [1]}}


@pytest.mark.parametrize("hyperschedule", [ONE_BY_ONE, CALIBRATED])
@pytest.mark.parametrize("call", [{"positions": [0, 1]}, {"sequence_ids": [[1, 2]]}])
def test_noise_that_depends_on_the_whole_row_is_refused(hyperschedule, call):
    process = with_hyperschedule(_process(GRAPHS[0]), hyperschedule)
    with pytest.raises(EngineError) as caught:
        process.noise([[1, 2]], 9, seed=1, **call)
    assert (caught.value.field, caught.value.code) == ("positions", "not_together")
    for part in ("`positions`", "`sequence_ids`", "`hyperschedule`", "`weights`"):
        assert part in str(caught.value)


@pytest.mark.parametrize(
    ("call", "field", "code"),
    [
        ({"positions": [0, 1]}, "positions", "wrong_shape"),
        ({"positions": [[0, 1, 2]] * 3}, "positions", "wrong_shape"),
        ({"positions": 0}, "positions", "wrong_shape"),
        ({"positions": [0, 1, -1]}, "positions[2]", "out_of_range"),
        ({"positions": [0, 1, 1 << 60]}, "positions[2]", "out_of_range"),
        ({"positions": [0, 1, 0.5]}, "positions", "not_an_integer"),
        ({"sequence_ids": [[0, 1, 2]]}, "sequence_ids", "wrong_length"),
        (
            {"sequence_ids": [[0, 1, 2], [0, 1, -2]]},
            "sequence_ids[1, 2]",
            "out_of_range",
        ),
        ({"positions": [0, 1, 2], "weights": [1, 2]}, "positions[2]", "out_of_range"),
        ({"positions": [0, 1, 2], "weights": [[1, 2]]}, "weights", "wrong_length"),
    ],
)
def test_positions_and_ids_that_do_not_fit_are_refused(call, field, code):
    with pytest.raises(EngineError) as caught:
        _process(GRAPHS[0]).noise([[1, 2, 3], [4, 5, 6]], 5, seed=1, **call)
    assert (caught.value.field, caught.value.code) == (field, code)


def test_grouped_noise_is_selected_with_and_without_groups():
    sigma = np.array([[1.0, 2.0, 3.0]])
    places = np.array([[2, 0], [1, 1]], np.uint64)
    plain = GroupedSigma(sigma=sigma, group=None).select(places)
    assert plain.spread().tolist() == [[3.0, 1.0], [2.0, 2.0]]
    grouped = GroupedSigma(sigma=sigma, group=np.array([[2, 1, 0]])).select(places)
    assert grouped.spread().tolist() == [[1.0, 3.0], [2.0, 2.0]]
