"""Numbers of noised positions against brute force; false-alarm rates below 1e-9."""

import itertools

import numpy as np
import pytest

from noising.engine import (
    EngineError,
    build_process,
    use_kernel,
    with_hyperschedule,
)
from noising.engine.exact_tests import binomial_p_value, bins_p_value
from noising.engine.randomness import sequence_key, uniform
from noising.engine.sampler.words import Hasher

FALSE_ALARM = 1e-10
ROWS = 20_000
GRAPHS = [
    {"type": "uniform"},
    {"type": "absorbing"},
    {"type": "absorbing", "mask_id": 7},
    {"type": "marginal", "counts": list(range(1, 41))},
]


@pytest.fixture(scope="module", params=["numpy", "numba"])
def kernel(request):
    use_kernel(request.param)
    yield request.param
    use_kernel(None)


def _process(graph=GRAPHS[0], hyperschedule=None):
    schedule = {"type": "loglinear", "epsilon": 0.0}  # so that all move at t = 1
    process = build_process({"vocab_size": 40, "schedule": schedule, "graph": graph})
    return with_hyperschedule(process, hyperschedule) if hyperschedule else process


def _uniforms(seed, rows, length):
    """Return u of every position by the recipe."""
    keys = [sequence_key(seed, row) for row in range(rows)]
    return np.array([[uniform(*key, i) for i in range(length)] for key in keys])


def _choose(u, eligible, by_chance, number, width, *, exact):
    """Return which positions of a row move, by brute force."""
    moves = np.zeros_like(eligible) if exact else by_chance.copy()
    for start in range(0, u.size, width):
        block = slice(start, start + width)
        free = np.flatnonzero(eligible[block]) + start
        if exact or by_chance[block].sum() < number:
            moves[free[np.argsort(u[free], kind="stable")[:number]]] = True
    return moves


@pytest.mark.parametrize("length", [61, 300])
@pytest.mark.parametrize("block", [None, 1, 8, 150, 1000])
@pytest.mark.parametrize("protects", [False, True])
@pytest.mark.usefixtures("kernel")
def test_the_smallest_uniforms_move(length, block, protects):
    process, rows = _process(), 7
    draw = np.random.default_rng(length)
    tokens = draw.integers(0, 40, (rows, length))
    options = {"lengths": draw.integers(0, length + 1, rows)}
    eligible = np.arange(length) < options["lengths"][:, None]
    if protects:
        options["protect"] = draw.random((rows, length)) < 0.4
        eligible &= ~options["protect"]
    else:
        options, eligible = {}, np.ones_like(eligible)
    u, full = _uniforms(3, rows, length), process.noise(tokens, t=1.0, seed=3).tokens
    plain = process.noise(tokens, 500, seed=3, **options)
    for number in (0, 5, 61, 1 << 50, draw.integers(0, 70, rows)):
        for field in ("count", "at_least"):
            noised = process.noise(
                tokens, 500, seed=3, block=block, **options, **{field: number}
            )
            expected = [
                _choose(
                    u[row],
                    eligible[row],
                    plain.resampled[row],
                    int(np.broadcast_to(number, rows)[row]),
                    block or length,
                    exact=field == "count",
                )
                for row in range(rows)
            ]
            assert (noised.resampled == expected).all()
            assert (noised.tokens == np.where(expected, full, tokens)).all()
            assert noised.alpha == plain.alpha


def test_every_set_of_k_positions_is_equally_likely_at_any_time():
    tokens = np.zeros((ROWS, 6), int)
    sets = list(itertools.combinations(range(6), 2))
    for t in (0.01, 0.9):
        noised = _process().noise(tokens, t=t, seed=5, count=2)
        places = noised.resampled.nonzero()[1].reshape(ROWS, 2).tolist()
        observed = np.array([places.count(list(pair)) for pair in sets])
        assert observed.sum() == ROWS
        assert bins_p_value(observed, np.ones(len(sets))) > FALSE_ALARM


def test_the_law_of_at_least_is_chance_and_the_first_where_nothing_moved():
    tokens, t = np.zeros((ROWS, 3), int), 0.3
    noised = _process().noise(tokens, t=t, seed=5, at_least=1)
    observed = np.bincount(noised.resampled @ [1, 2, 4], minlength=8)
    chance = float(1.0 - noised.alpha)
    sizes = np.array([bin(moved).count("1") for moved in range(8)])
    law = chance**sizes * (1.0 - chance) ** (3 - sizes)
    law += np.where(sizes == 1, law[0] / 3.0, 0.0)
    assert observed[0] == 0
    assert bins_p_value(observed[1:], law[1:]) > FALSE_ALARM


def test_replacements_stay_uniform_under_a_count():
    noised = _process().noise(np.zeros((2000, 64), int), 500, seed=1, count=32)
    drawn = np.bincount(noised.tokens[noised.resampled], minlength=40)
    assert bins_p_value(drawn, np.ones(40)) > FALSE_ALARM


WEIGHTS = [1.0, 2.0, 4.0, 0.5]


def test_weights_decide_which_position_moves_first():
    # -log(1 - u)·w is exponential with rate 1/w, so i is the least of all with
    # probability (1/w_i)/(sum of 1/w).
    tokens = np.zeros((ROWS, 4), int)
    first = _process().noise(tokens, 500, seed=2, count=1, weights=WEIGHTS).resampled
    observed = first.sum(axis=0)
    assert bins_p_value(observed, 1.0 / np.array(WEIGHTS)) > FALSE_ALARM


def test_exponents_decide_which_token_moves_first():
    # -log(u)/w is exponential with rate w, and the largest moves first.
    process = _process(
        hyperschedule={"type": "token_exponents", "exponents": {"1": 3.0}}
    )
    tokens = np.tile([1, 2], (ROWS, 1))
    first = process.noise(tokens, 500, seed=2, count=1).resampled[:, 0]
    assert binomial_p_value(int(first.sum()), ROWS, 1.0 / 4.0) > FALSE_ALARM


MANY = np.random.default_rng(2).uniform(0.5, 3.0, 200)
ORDERED = {
    "flat": ({"type": "flat"}, {}),
    "none": (None, {}),
    "times": (None, {"t": None}),
    "weights": ({"type": "weights", "weights": MANY.tolist()}, {}),
    "plain weights": (
        {"type": "weights", "weights": MANY.tolist(), "calibrate": False},
        {"positions": np.arange(200)[::-1]},
    ),
    "types": ({"type": "token_types", "classes": {"critical": [1, 2, 3, 4]}}, {}),
    "exponents": ({"type": "token_exponents", "exponents": {"1": 2, "5": 0.5}}, {}),
    "call": (None, {"weights": MANY}),
    "call by position": (None, {"weights": MANY, "positions": np.arange(200)[::-1]}),
    "call by token": (None, {"weights": MANY[None].repeat(3, 0)}),
}


@pytest.mark.parametrize("name", ORDERED)
@pytest.mark.parametrize("graph", GRAPHS, ids=str)
def test_a_count_moves_those_that_move_by_chance_as_t_rises(name, graph):
    hyperschedule, options = ORDERED[name]
    process = _process(graph, hyperschedule)
    tokens = np.random.default_rng(4).integers(0, 40, (3, 200))
    options = dict(options, seed=6)
    options.pop("t", None)
    for t in (0.05, 0.3, 0.7):
        given = np.full((3, 200), t) if name == "times" else t
        plain = process.noise(tokens, t=given, **options)
        counts = plain.resampled.sum(axis=1)
        exact = process.noise(tokens, t=given, count=counts, **options)
        assert (exact.tokens == plain.tokens).all()
        more = process.noise(tokens, t=given, at_least=counts + 3, **options)
        assert (more.resampled.sum(axis=1) == counts + 3).all()
        assert (more.resampled >= plain.resampled).all()


def test_protected_positions_do_not_count_under_weights():
    protect = np.arange(200) % 3 == 0
    tokens = np.zeros((3, 200), int)
    options = {"seed": 6, "weights": MANY, "protect": protect}
    plain = _process().noise(tokens, t=0.3, **options)
    counts = plain.resampled.sum(axis=1)
    exact = _process().noise(tokens, t=0.9, count=counts, **options)
    assert (exact.tokens == plain.tokens).all()


def test_a_row_does_not_depend_on_its_batch():
    process = _process()
    draw = np.random.default_rng(1)
    tokens = draw.integers(0, 40, (400, 1000), dtype=np.int16)
    whole = process.noise(tokens, 500, seed=1, count=333, threads=2)
    for row in (0, 261, 262, 399):
        alone = process.noise(tokens[row], 500, seed=1, count=333, sequence_ids=row)
        assert (alone.tokens == whole.tokens[row]).all()
    order = draw.permutation(1000)
    mixed = process.noise(tokens[:, order], 500, seed=1, count=333, positions=order)
    assert (mixed.tokens == whole.tokens[:, order]).all()
    assert (whole.resampled.sum(axis=1) == 333).all()


def test_a_row_may_be_longer_than_the_buffers():
    process, length = _process(), (1 << 18) + 17
    tokens = np.random.default_rng(1).integers(0, 40, length)
    plain = process.noise(tokens, 9, seed=1).resampled
    noised = process.noise(tokens, 9, seed=1, count=length // 3).resampled
    assert noised.sum() == length // 3
    assert (noised >= plain).all()
    noised = process.noise(tokens, 9, seed=1, count=17, block=64).resampled
    counts = np.add.reduceat(noised, np.arange(0, length, 64), dtype=int)
    assert (counts == 17).all()


@pytest.mark.parametrize("width", [6, 200])
def test_ties_move_in_the_order_of_positions(width, monkeypatch):
    def draw(self, grid, *_):
        shape = grid.shape_words(_[-1])
        self.words[: shape[0] * shape[1]] = 0
        return self.words[: shape[0] * shape[1]].reshape(shape)

    def draw_at(self, grid, places, stream):
        self.words[: places.flat.size] = 0
        return self.words[: places.flat.size]

    monkeypatch.setattr(Hasher, "draw", draw)
    monkeypatch.setattr(Hasher, "draw_at", draw_at)
    tokens = np.zeros((2, width), int)
    order = np.random.default_rng(1).permutation(width)
    for options in ({}, {"weights": np.ones(width)}):
        plain = _process().noise(tokens, 9, seed=1, count=4, **options)
        assert plain.resampled.nonzero()[1].tolist() == [0, 1, 2, 3] * 2
        mixed = _process().noise(tokens, 9, seed=1, count=4, positions=order, **options)
        assert (mixed.resampled == (order < 4)).all()


def test_times_by_block_need_the_width_of_the_block():
    process = _process()
    tokens = np.random.default_rng(4).integers(0, 40, (2, 10))
    times = np.repeat([[0.2, 0.9, 0.4], [0.3, 0.3, 0.8]], 4, axis=1)[:, :10]
    noised = process.noise(tokens, t=times, seed=1, count=2, block=4)
    counts = np.add.reduceat(noised.resampled, [0, 4, 8], axis=1, dtype=int)
    assert counts.tolist() == [[2, 2, 2]] * 2
    assert (noised.alpha == process.alpha(times)).all()
    with pytest.raises(EngineError) as caught:
        process.noise(tokens, t=times, seed=1, at_least=2)
    assert (caught.value.field, caught.value.code) == ("at_least", "not_together")
    assert "`t`" in str(caught.value)
    assert "`block_times`" in str(caught.value)


@pytest.mark.parametrize(
    ("call", "field", "code"),
    [
        ({"block": 2}, "block", "not_alone"),
        ({"count": 1, "at_least": 1}, "count", "not_together"),
        ({"count": -1}, "count", "out_of_range"),
        ({"count": 0.5}, "count", "not_an_integer"),
        ({"count": [1, 2, 3]}, "count", "wrong_shape"),
        ({"at_least": [[1]]}, "at_least", "wrong_shape"),
        ({"count": 1, "block": 0}, "block", "out_of_range"),
        ({"count": 1, "block": [2, 2]}, "block", "wrong_shape"),
        ({"count": 1, "timestep": [[1, 2, 3]] * 2}, "count", "not_together"),
    ],
)
def test_quotas_that_do_not_fit_are_refused(call, field, code):
    with pytest.raises(EngineError) as caught:
        _process().noise([[1, 2, 3]] * 2, seed=1, **{"timestep": 5, **call})
    assert (caught.value.field, caught.value.code) == (field, code)


@pytest.mark.parametrize(
    "graph", [{"type": "hdlm_gamma"}, {"type": "gidd"}, {"type": "banded"}], ids=str
)
def test_graphs_with_other_events_are_refused(graph):
    schedule = {"type": "gidd" if graph["type"] == "gidd" else "cosine"}
    process = build_process({"vocab_size": 40, "schedule": schedule, "graph": graph})
    with pytest.raises(EngineError) as caught:
        process.noise([1, 2], 5, seed=1, count=1)
    assert (caught.value.field, caught.value.code) == ("count", "not_one_event")
    with pytest.raises(EngineError) as caught:
        process.noise([1, 2], 5, seed=1).complement()
    assert (caught.value.field, caught.value.code) == ("complement", "not_one_event")


def test_a_hyperschedule_without_a_closed_form_is_refused():
    process = _process(hyperschedule={"type": "sliding"})
    with pytest.raises(EngineError) as caught:
        process.noise([1, 2], 5, seed=1, count=1)
    assert (caught.value.field, caught.value.code) == ("count", "not_together")
    assert "`hyperschedule`" in str(caught.value)
    assert "`weights`" in str(caught.value)
