"""The vectorised kernel against the recipe, one position at a time."""

import numpy as np
import pytest

from noising.engine import build_process
from noising.engine.kernels import BLOCK_TOKENS, Block, scaled, thresholds
from noising.engine.randomness import (
    Stream,
    sequence_key,
    sequence_keys,
    uniform,
    word,
)
from noising.engine.sampling import checked_batch, draw_moved, write_noised

CERTAIN = 1 << 53
SEED = 77


def _graph(name="uniform", vocab_size=1000):
    spec = {"vocab_size": vocab_size, "graph": {"type": name}}
    return build_process(spec).graph


def _noised(tokens, limits, graph, sequence_ids=None, threads=1):
    """Return what the kernel makes of thresholds of any broadcastable shape."""
    tokens = np.atleast_2d(tokens)
    batch = checked_batch(
        tokens,
        graph,
        seed=SEED,
        sequence_ids=sequence_ids,
        draw=0,
        protect=None,
        lengths=None,
    )
    limits = np.atleast_2d(np.asarray(limits, np.uint64))

    def of(rows, columns):
        of_rows = limits[rows] if limits.shape[0] > 1 else limits
        return of_rows[:, columns] if limits.shape[1] > 1 else of_rows

    out = np.empty_like(tokens)
    write_noised(batch, graph, of, out, threads)
    return out, draw_moved(batch, of)


def _expected(tokens, limits, vocab_size, mask_id=None):
    """Return the recipe's result in plain Python."""
    tokens = np.atleast_2d(tokens)
    limits = np.broadcast_to(np.asarray(limits, np.uint64), tokens.shape)
    out = tokens.copy()
    for row in range(tokens.shape[0]):
        key, gamma = sequence_key(SEED, row)
        for i in range(tokens.shape[1]):
            if uniform(key, gamma, i) >= int(limits[row, i]):
                continue
            drawn = ((word(key, gamma, i, Stream.REPLACE) >> 24) * vocab_size) >> 40
            out[row, i] = drawn if mask_id is None else mask_id
    return out


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


@pytest.mark.parametrize("chance", [0.0, 1e-9, 0.003, 0.25, 0.5, 0.6, 0.997, 1.0])
@pytest.mark.parametrize("shape", [(1, 1), (1, 7), (3, 8), (5, 61), (40, 16)])
def test_every_position_follows_the_recipe(shape, chance):
    tokens = _tokens(shape)
    limit = thresholds(np.array([[chance]]))
    out, moved = _noised(tokens, limit, _graph())
    assert (out == _expected(tokens, limit, 1000)).all()
    assert (moved == (_uniforms(*shape) < limit)).all()


@pytest.mark.parametrize("chance", [0.0, 0.2, 0.8, 1.0])
def test_an_absorbing_graph_masks_the_same_positions(chance):
    tokens = _tokens((3, 45))
    limit = thresholds(np.array([[chance]]))
    out, _ = _noised(tokens, limit, _graph("absorbing"))
    assert (out == _expected(tokens, limit, 1000, mask_id=1000)).all()


@pytest.mark.parametrize("below", [0, 1])
def test_ties_are_decided_by_the_last_bit(below):
    shape = (6, 83)
    limits = _uniforms(*shape) + np.uint64(below)
    tokens = _tokens(shape)
    out, moved = _noised(tokens, limits, _graph())
    assert moved.all() if below else not moved.any()
    assert (out == _expected(tokens, limits, 1000)).all()


def test_ties_of_the_leading_byte_are_decided_by_the_rest():
    shape = (9, 50)
    leading = _uniforms(*shape) >> np.uint64(45) << np.uint64(45)
    rest = np.random.default_rng(1).integers(0, 1 << 45, shape, dtype=np.uint64)
    limits = leading + rest
    tokens = _tokens(shape)
    out, moved = _noised(tokens, limits, _graph())
    assert 0.3 < moved.mean() < 0.7
    assert (moved == (_uniforms(*shape) < limits)).all()
    assert (out == _expected(tokens, limits, 1000)).all()


@pytest.mark.parametrize("shape", [(12, 1), (1, 40), (12, 40)])
def test_thresholds_by_row_by_column_and_by_position(shape):
    limits = np.random.default_rng(2).integers(0, CERTAIN, shape, dtype=np.uint64)
    limits.flat[:3] = (0, CERTAIN, CERTAIN - 1)
    tokens = _tokens((12, 40))
    out, moved = _noised(tokens, limits, _graph())
    assert (moved == (_uniforms(12, 40) < limits)).all()
    assert (out == _expected(tokens, limits, 1000)).all()


@pytest.mark.parametrize(
    "dtype", ["uint8", "int8", "uint16", "int16", "uint32", "int32", "uint64", "int64"]
)
@pytest.mark.parametrize("chance", [0.1, 0.9])
@pytest.mark.parametrize("graph", ["uniform", "absorbing"])
def test_every_integer_dtype_is_kept(dtype, chance, graph):
    tokens = _tokens((4, 30), top=120, dtype=dtype)
    limit = thresholds(np.array([[chance]]))
    mask_id = 120 if graph == "absorbing" else None
    out, _ = _noised(tokens, limit, _graph(graph, 120))
    assert out.dtype == dtype
    assert (out == _expected(tokens, limit, 120, mask_id)).all()


@pytest.mark.parametrize("vocab_size", [2, 3, 50257, 1 << 24])
def test_replacements_scale_to_any_vocabulary(vocab_size):
    tokens = _tokens((2, 200), top=2)
    out, _ = _noised(tokens, CERTAIN, _graph("uniform", vocab_size))
    assert (out == _expected(tokens, CERTAIN, vocab_size)).all()


@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize("chance", [0.02, 0.9])
def test_block_borders_leave_no_trace(threads, chance):
    length = 2 * BLOCK_TOKENS + 13
    tokens = _tokens((2, length))
    limit = thresholds(np.array([[chance]]))
    out, moved = _noised(tokens, limit, _graph(), threads=threads)
    places = [0, 7, 8, BLOCK_TOKENS - 1, BLOCK_TOKENS, BLOCK_TOKENS + 1, length - 1]
    places += np.random.default_rng(3).integers(0, length, 500).tolist()
    for row in range(2):
        key, gamma = sequence_key(SEED, row)
        for i in places:
            strikes = uniform(key, gamma, i) < int(limit[0, 0])
            drawn = ((word(key, gamma, i, Stream.REPLACE) >> 24) * 1000) >> 40
            assert moved[row, i] == strikes
            assert out[row, i] == (drawn if strikes else tokens[row, i])


def test_many_short_rows_equal_single_rows():
    tokens = _tokens((30_000, 5))
    limit = thresholds(np.array([[0.3]]))
    out, _ = _noised(tokens, limit, _graph())
    for row in (0, 1, 13_107, 13_108, 29_999):
        alone, _ = _noised(tokens[row], limit, _graph(), sequence_ids=[row])
        assert (alone[0] == out[row]).all()


def test_thresholds_are_the_ceiling_of_53_bits():
    chances = np.array([0.0, 5e-324, 2.0**-53, 0.5, 1.0 - 2.0**-53, 1.0])
    assert thresholds(chances).tolist() == [
        0,
        1,
        1,
        1 << 52,
        CERTAIN - 1,
        CERTAIN,
    ]


@pytest.mark.parametrize("first", [0, 64])
def test_words_of_a_block_are_the_recipes(first):
    keys, gammas = sequence_keys(SEED, np.arange(3))
    block = Block(keys=keys[:, None], gammas=gammas[:, None], first=first, columns=21)
    for row in range(3):
        key, gamma = sequence_key(SEED, row)
        for stream in (Stream.REFINE, Stream.REPLACE, Stream.SECOND):
            expected = [word(key, gamma, first + i, stream) for i in range(21)]
            assert block.words(stream)[row].tolist() == expected
        groups = [word(key, gamma, first // 8 + i, Stream.KEEP) for i in range(3)]
        assert block.words(Stream.KEEP)[row].tolist() == groups
        second = [w >> 11 for w in block.words(Stream.SECOND)[row].tolist()]
        assert block.uniforms(Stream.SECOND)[row].tolist() == second


def test_scaled_words_reach_both_ends():
    words = np.array([0, (1 << 64) - 1, 1 << 63], np.uint64)
    assert scaled(words, 50257).tolist() == [0, 50256, 25128]
