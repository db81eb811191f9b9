"""The vectorised kernel against the recipe, position by position."""

import importlib.util

import numba
import numpy as np
import pytest

from noising.engine.arrays import quiet
from noising.engine.graphs import GRAPH_TYPES, Events
from noising.engine.randomness import (
    MAX_DRAW,
    Stream,
    sequence_key,
    sequence_keys,
    uniform,
    word,
)
from noising.engine.replacements import Constant, Even, Table
from noising.engine.sampler import kernel_numpy
from noising.engine.sampler.batch import Batch
from noising.engine.sampler.blocks import TILE, Outcome
from noising.engine.sampler.driver import SamplingPlan, find_resampled, write_noised
from noising.engine.sampler.grids import Grid
from noising.engine.sampler.kernel_numba import compiled
from noising.engine.sampler.kernel_numba import kernel as numba_kernel
from noising.engine.sampler.kernel_numpy import NumpyKernel
from noising.engine.sampler.noise_levels import LevelSource
from noising.engine.sampler.thresholds import Thresholds, scale_chances
from noising.engine.sampler.words import Hasher

BLOCK = NumpyKernel.BLOCK_TOKENS
CERTAIN = 1 << 53
SEED = 77
UNIFORM = GRAPH_TYPES["uniform"](vocab_size=1 << 24)
THOUSAND = Outcome(replacement=Even(size=1000))


def _uncompiled():
    """Return numba's kernel as the Python that it is compiled from."""
    path = compiled.__file__
    spec = importlib.util.spec_from_file_location("uncompiled_kernels", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(params=["small blocks", "blocks", "compiled", "uncompiled"])
def kernel(request, monkeypatch):
    """Each implementation of the kernel, for tests of a few thousand tokens."""
    if request.param == "blocks":
        monkeypatch.setattr(kernel_numpy, "MOST_TOKENS", 0)
    if request.param == "uncompiled":
        monkeypatch.setattr(numba.config, "DISABLE_JIT", True)
        module = _uncompiled()
        monkeypatch.setattr(
            numba_kernel, "noise_kernel", lambda _: quiet(module.noise_rows)
        )
    if request.param in ("compiled", "uncompiled"):
        return numba_kernel.NumbaKernel
    return NumpyKernel


@pytest.fixture(params=[NumpyKernel, numba_kernel.NumbaKernel])
def fast_kernel(request):
    """Each implementation of the kernel that large tests can wait for."""
    return request.param


def _noised(kernel, tokens, limits, outcome=THOUSAND, sequence_ids=None, protect=None):
    """Return what the kernel makes of thresholds of any broadcastable shape."""
    tokens = np.atleast_2d(tokens)
    if not isinstance(limits, Thresholds):
        limits = _limits(limits)
    batch = Batch(
        tokens=tokens,
        shape=tokens.shape,
        seed=SEED,
        draw=0,
        sequence_ids=np.arange(len(tokens)) if sequence_ids is None else sequence_ids,
        protect=protect,
        lengths=None,
    )
    plan = SamplingPlan(
        batch=batch,
        graph=UNIFORM,
        source=LevelSource(at=limits.cut, block_tokens=BLOCK),
        make_kernel=lambda capacity: kernel(capacity, outcome),
        block_tokens=BLOCK,
        make_keys=kernel.make_keys,
    )
    out = np.empty_like(tokens)
    write_noised(plan, out)
    return out, find_resampled(plan)


def _limits(move, mask=None, *, needs_move=False):
    """Return thresholds from integers, which float64 holds exactly."""

    def chances(values):
        values = np.atleast_2d(np.asarray(values, np.uint64))
        return np.ldexp(values.astype(np.float64), -53)

    events = Events(
        move=chances(move),
        mask=None if mask is None else chances(mask),
        mask_needs_move=needs_move,
    )
    return Thresholds.of(events)


def _even(size):
    return lambda v: ((v >> 24) * size) >> 40


def _expected(tokens, move, draw=None, *, mask=None, needs_move=False, mask_id=None):
    """Return the recipe's result, and where it moves, in plain Python."""
    draw = draw or _even(1000)
    tokens = np.atleast_2d(tokens)
    move = np.broadcast_to(np.asarray(move, np.uint64), tokens.shape)
    mask = 0 if mask is None else mask
    mask = np.broadcast_to(np.asarray(mask, np.uint64), tokens.shape)
    out = tokens.copy()
    resampled = np.zeros(tokens.shape, bool)
    for row in range(tokens.shape[0]):
        key, gamma = sequence_key(SEED, row)
        for i in range(tokens.shape[1]):
            moves = uniform(key, gamma, i) < int(move[row, i])
            masks = word(key, gamma, i, Stream.SECOND) >> 11 < int(mask[row, i])
            if masks and (moves or not needs_move):
                out[row, i] = mask_id
            elif moves:
                out[row, i] = draw(word(key, gamma, i, Stream.REPLACE))
            resampled[row, i] = moves or (masks and not needs_move)
    return out, resampled


def _uniforms(rows, length):
    return np.array(
        [
            [uniform(*sequence_key(SEED, row), i) for i in range(length)]
            for row in range(rows)
        ],
        np.uint64,
    )


def _tokens(shape, top=1000, dtype=np.int64):
    return np.random.default_rng(5).integers(0, top, shape).astype(dtype)


def _check(kernel, tokens, limits, outcome=THOUSAND, draw=None, **second):
    out, resampled = _noised(kernel, tokens, _limits(limits, **second), outcome)
    expected = _expected(tokens, limits, draw, **second, mask_id=outcome.mask_id)
    assert (out == expected[0]).all()
    assert (resampled == expected[1]).all()
    assert out.dtype == tokens.dtype
    return resampled


@pytest.mark.parametrize("chance", [0.0, 1e-9, 0.003, 0.25, 0.5, 0.65, 0.997, 1.0])
@pytest.mark.parametrize("shape", [(1, 1), (1, 7), (3, 8), (5, 61), (40, 16)])
def test_every_position_follows_the_recipe(kernel, shape, chance):
    _check(kernel, _tokens(shape), scale_chances(np.array([[chance]])))


@pytest.mark.parametrize("chance", [0.0, 0.02, 0.2, 0.8, 1.0])
def test_a_constant_replacement_moves_the_same_positions(kernel, chance):
    limit = scale_chances(np.array([[chance]]))
    outcome = Outcome(replacement=Constant(token=7))
    _check(kernel, _tokens((3, 45)), limit, outcome, lambda v: 7)


@pytest.mark.parametrize("below", [0, 1])
def test_ties_are_decided_by_the_last_bit(kernel, below):
    shape = (6, 83)
    limits = _uniforms(*shape) + np.uint64(below)
    resampled = _check(kernel, _tokens(shape), limits)
    assert resampled.all() if below else not resampled.any()


def test_ties_of_the_leading_byte_are_decided_by_the_rest(kernel):
    shape = (9, 50)
    leading = _uniforms(*shape) >> np.uint64(45) << np.uint64(45)
    rest = np.random.default_rng(1).integers(0, 1 << 45, shape, dtype=np.uint64)
    resampled = _check(kernel, _tokens(shape), leading + rest)
    assert 0.3 < resampled.mean() < 0.7


@pytest.mark.parametrize("shape", [(12, 1), (1, 40), (12, 40)])
@pytest.mark.parametrize("needs_move", [None, False, True])
def test_thresholds_by_row_by_column_and_by_position(kernel, shape, needs_move):
    draw = np.random.default_rng(2)
    limits = draw.integers(0, CERTAIN, shape, dtype=np.uint64)
    limits.flat[:3] = (0, CERTAIN, CERTAIN - 1)
    second = {}
    if needs_move is not None:
        mask = draw.integers(0, CERTAIN, shape, dtype=np.uint64)
        second = {"mask": mask, "needs_move": needs_move}
    outcome = Outcome(replacement=Even(size=1000), mask_id=1000)
    _check(kernel, _tokens((12, 40)), limits, outcome, **second)


@pytest.mark.parametrize("shape", [(1, 2), (2, 1), (2, 3), (3, 17)])
def test_ties_of_thresholds_by_row_by_column_and_by_position(kernel, shape):
    uniforms = _uniforms(*shape)
    for limits in (uniforms, uniforms + np.uint64(1)):
        _check(kernel, _tokens(shape), limits)
        _check(kernel, _tokens(shape), limits[:1])
        _check(kernel, _tokens(shape), limits[:, :1])


@pytest.mark.parametrize("needs_move", [False, True])
@pytest.mark.parametrize("move", [0, 1 << 50, 1 << 52, CERTAIN])
@pytest.mark.parametrize("mask", [0, 1 << 51, CERTAIN - (1 << 45), CERTAIN])
def test_a_second_event_masks_alone_or_where_the_token_moves(
    kernel, move, mask, needs_move
):
    outcome = Outcome(replacement=Even(size=1000), mask_id=1000)
    second = {"mask": mask, "needs_move": needs_move}
    _check(kernel, _tokens((7, 50)), move, outcome, **second)


@pytest.mark.parametrize("second", [{}, {"mask": 1 << 52}])
@pytest.mark.parametrize("rows", [1, 2])
def test_fixed_positions_are_never_moved_in_rows_of_any_length(kernel, rows, second):
    tokens = _tokens((2, 530))
    protect = np.random.default_rng(8).random((rows, 530)) < 0.4
    outcome = Outcome(replacement=Even(size=1000), mask_id=1000)
    limits = _limits(1 << 52, **second)
    out, resampled = _noised(kernel, tokens, limits, outcome, protect=protect)
    expected = _expected(tokens, 1 << 52, **second, mask_id=1000)
    assert (out == np.where(protect, tokens, expected[0])).all()
    assert (resampled == (expected[1] & ~protect)).all()


@pytest.mark.parametrize("needs_move", [None, False, True])
@pytest.mark.parametrize("index_dtype", ["uint8", "int32", "int64", "uint64"])
def test_tables_of_levels_are_spread_by_an_index(kernel, needs_move, index_dtype):
    draw = np.random.default_rng(2)
    move, mask = draw.integers(0, CERTAIN, (2, 20), dtype=np.uint64)
    move[:2], mask[:2] = (0, CERTAIN), (CERTAIN, 0)
    index = draw.integers(0, 20, (12, 40))
    outcome = Outcome(replacement=Even(size=1000), mask_id=1000)
    second = {}
    if needs_move is not None:
        second = {"mask": mask[index], "needs_move": needs_move}
    table = Thresholds.of(
        Events(
            move=np.ldexp(move.astype(np.float64), -53),
            mask=np.ldexp(mask.astype(np.float64), -53) if second else None,
            mask_needs_move=bool(needs_move),
        )
    )
    tokens = _tokens((12, 40))
    spread = table.spread(index.astype(index_dtype))
    out, resampled = _noised(kernel, tokens, spread, outcome)
    expected = _expected(tokens, move[index], **second, mask_id=1000)
    assert (out == expected[0]).all()
    assert (resampled == expected[1]).all()


@pytest.mark.parametrize(
    "dtype", ["uint8", "int8", "uint16", "int16", "uint32", "int32", "uint64", "int64"]
)
@pytest.mark.parametrize("chance", [0.1, 0.9])
@pytest.mark.parametrize("replacement", [Even(size=120), Constant(token=120)])
def test_every_integer_dtype_is_kept(kernel, dtype, chance, replacement):
    limit = scale_chances(np.array([[chance]]))
    constant = isinstance(replacement, Constant)
    draw = (lambda v: 120) if constant else _even(120)
    outcome = Outcome(replacement=replacement)
    _check(kernel, _tokens((4, 30), top=120, dtype=dtype), limit, outcome, draw)


@pytest.mark.parametrize("vocab_size", [2, 3, 50257, 1 << 24])
def test_replacements_scale_to_any_vocabulary(kernel, vocab_size):
    outcome = Outcome(replacement=Even(size=vocab_size))
    _check(kernel, _tokens((2, 200), top=2), CERTAIN, outcome, _even(vocab_size))


@pytest.mark.parametrize("move", [1 << 51, CERTAIN])
def test_replacements_come_from_a_table(kernel, move):
    weights = np.random.default_rng(6).random(300) ** 20
    weights[::3] = 0.0
    table = Table.of(weights)

    def draw(v):
        return int(table.present[sum(int(e) <= v for e in table.edges[:-1])])

    outcome = Outcome(replacement=table)
    _check(kernel, _tokens((4, 60)), move, outcome, draw)


@pytest.mark.parametrize("chance", [0.0005, 0.02, 0.5, 0.9])
@pytest.mark.parametrize("rows", [1, 3])
def test_borders_of_blocks_and_tiles_leave_no_trace(fast_kernel, rows, chance):
    length = BLOCK + TILE + 13
    tokens = _tokens((rows, length))
    limit = scale_chances(np.array([[chance]]))
    out, resampled = _noised(fast_kernel, tokens, limit)
    borders = np.array([0, 8, TILE, 2 * TILE, BLOCK, length - 1])
    places = np.concatenate([borders, borders - 1, borders[:-1] + 1])
    others = np.random.default_rng(3).integers(0, length, 300)
    for row in range(rows):
        key, gamma = sequence_key(SEED, row)
        for i in [*places[places >= 0].tolist(), *others.tolist()]:
            moves = uniform(key, gamma, i) < int(limit[0, 0])
            drawn = _even(1000)(word(key, gamma, i, Stream.REPLACE))
            assert resampled[row, i] == moves
            assert out[row, i] == (drawn if moves else tokens[row, i])


@pytest.mark.parametrize("beyond", [5, 100])
def test_the_short_end_of_a_long_row_has_its_own_positions(fast_kernel, beyond):
    length = BLOCK + beyond
    tokens = _tokens((2, length))
    limit = scale_chances(np.array([[0.5]]))
    out, resampled = _noised(fast_kernel, tokens, limit)
    for row in range(2):
        key, gamma = sequence_key(SEED, row)
        for i in range(BLOCK, length):
            moves = uniform(key, gamma, i) < int(limit[0, 0])
            drawn = _even(1000)(word(key, gamma, i, Stream.REPLACE))
            assert resampled[row, i] == moves
            assert out[row, i] == (drawn if moves else tokens[row, i])


@pytest.mark.parametrize("second", [None, False, True])
@pytest.mark.parametrize("replacement", [Even(size=1000), Constant(token=1)])
@pytest.mark.parametrize("chance", [0.1, 0.9])
def test_large_blocks_equal_single_rows(fast_kernel, second, replacement, chance):
    rows = BLOCK // 1001 + 20
    tokens = _tokens((rows, 1001))
    mask = None if second is None else 1 << 52
    move = scale_chances(np.array([[chance]]))
    limits = _limits(move, mask, needs_move=bool(second))
    outcome = Outcome(replacement=replacement, mask_id=1000)
    out, resampled = _noised(fast_kernel, tokens, limits, outcome)
    for row in (0, 31, 32, 97, rows - 20, rows - 1):
        alone = _noised(fast_kernel, tokens[row], limits, outcome, np.array([row]))
        assert (alone[0][0] == out[row]).all()
        assert (alone[1][0] == resampled[row]).all()


@pytest.mark.parametrize("length", [1, 5, 9, 57, 65, 100])
def test_many_short_rows_equal_single_rows(fast_kernel, length):
    """More rows than make a block, of eights that are not full."""
    tokens = _tokens((30_000, length))
    limit = scale_chances(np.array([[0.3]]))
    out, _ = _noised(fast_kernel, tokens, limit)
    for row in (0, 1, 4095, 4096, 13_107, 29_999):
        alone, _ = _noised(
            fast_kernel, tokens[row], limit, sequence_ids=np.array([row])
        )
        assert (alone[0] == out[row]).all()


@pytest.mark.parametrize("count", [1, 500])
@pytest.mark.parametrize("last", [(0, 0), (3, 4), (MAX_DRAW, MAX_DRAW)])
@pytest.mark.parametrize("is_compiled", [True, False])
def test_compiled_keys_are_the_recipes(count, last, is_compiled, monkeypatch):
    """Of 500 gammas some ten alternate too little and are repaired."""
    if not is_compiled:
        monkeypatch.setattr(numba.config, "DISABLE_JIT", True)
        filler = quiet(_uncompiled().fill_keys)
        monkeypatch.setattr(numba_kernel, "keys_kernel", lambda: filler)
    ids = np.arange(count) + (1 << 62)
    keys, gammas = numba_kernel.NumbaKernel.make_keys(SEED, ids, *last)
    expected = [sequence_key(SEED, i, *last) for i in ids.tolist()]
    assert list(zip(keys.tolist(), gammas.tolist(), strict=True)) == expected


@pytest.mark.parametrize("first", [0, 64])
def test_words_of_a_grid_are_the_recipes(first):
    keys, gammas = sequence_keys(SEED, np.arange(3))
    grid = Grid(keys=keys[:, None], gammas=gammas[:, None], first=first, columns=21)
    hasher = Hasher(64)
    for row in range(3):
        key, gamma = sequence_key(SEED, row)
        for stream in (Stream.REFINE, Stream.REPLACE, Stream.SECOND):
            expected = [word(key, gamma, first + i, stream) for i in range(21)]
            assert hasher.draw(grid, stream)[row].tolist() == expected
        groups = [word(key, gamma, first // 8 + i, Stream.KEEP) for i in range(3)]
        assert hasher.draw(grid, Stream.KEEP)[row].tolist() == groups
        moves = [uniform(key, gamma, first + i) for i in range(21)]
        assert hasher.draw_uniforms(grid)[row].tolist() == moves
