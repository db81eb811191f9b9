"""Splitting the same work in any way gives the same bytes."""

import itertools
import pickle
import threading
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import numpy as np
import pytest

from noising.engine import (
    EngineError,
    build_process,
    use_kernel,
    with_hyperschedule,
)
from noising.engine.sampler.driver import THREADS_FROM

SPEC = {"vocab_size": 300, "schedule": {"type": "loglinear"}}
ROWS, LENGTH = 24, 333


@pytest.fixture(scope="module")
def tokens():
    return np.random.default_rng(3).integers(0, 300, (ROWS, LENGTH))


@pytest.fixture
def parallel():
    """A kernel that works in several threads: NumPy's does not, whatever is asked."""
    use_kernel("numba")
    yield
    use_kernel(None)


def _process(graph="uniform", **spec):
    return build_process({**SPEC, "graph": {"type": graph}, **spec})


def _noise_rows(spec, tokens, ids, seed):
    return build_process(spec).noise(tokens, 700, seed=seed, sequence_ids=ids).tokens


@pytest.mark.parametrize("graph", ["uniform", "absorbing"])
@pytest.mark.parametrize("parts", [1, 2, 5, ROWS])
def test_any_partition_of_the_rows_gives_the_same_tokens(tokens, graph, parts):
    process = _process(graph)
    steps = np.arange(ROWS) * 40
    whole = process.noise(tokens, steps, seed=9)
    for rows in np.array_split(np.arange(ROWS), parts):
        part = process.noise(tokens[rows], steps[rows], seed=9, sequence_ids=rows)
        assert (part.tokens == whole.tokens[rows]).all()
        assert (part.resampled == whole.resampled[rows]).all()


def test_a_longer_row_begins_like_a_shorter_one(tokens):
    process = _process()
    whole = process.noise(tokens, 500, seed=9).tokens
    for length in (1, 7, 8, 9, 64, 200):
        part = process.noise(tokens[:, :length], 500, seed=9).tokens
        assert (part == whole[:, :length]).all()


def test_other_processes_give_the_same_tokens(tokens):
    spec = {**SPEC, "graph": {"type": "uniform"}}
    whole = _noise_rows(spec, tokens, np.arange(ROWS), 4)
    halves = np.array_split(np.arange(ROWS), 2)
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        parts = pool.map(
            _noise_rows,
            itertools.repeat(spec),
            [tokens[half] for half in halves],
            halves,
            itertools.repeat(4),
        )
        assert (np.concatenate(list(parts)) == whole).all()


@pytest.mark.parametrize("threads", [2, 3, 256])
@pytest.mark.parametrize("shape", [(1100, 1000), (1, THREADS_FROM + 5)])
@pytest.mark.usefixtures("parallel")
def test_threads_change_no_byte(threads, shape):
    many = np.random.default_rng(3).integers(0, 300, shape, dtype=np.int32)
    lengths = np.random.default_rng(5).integers(0, shape[1], shape[0])
    times = np.random.default_rng(6).random(shape[0])
    process = _process("hdlm_gamma")
    one = process.noise(many, t=times, seed=2, lengths=lengths)
    other = process.noise(many, t=times, seed=2, lengths=lengths, threads=threads)
    assert (one.tokens == other.tokens).all()
    assert (one.resampled == other.resampled).all()


def _noise_many(spec, tokens):
    """Return noised tokens and the names of this process's threads."""
    noised = build_process(spec).noise(tokens, 700, seed=5, threads=2).tokens
    return noised, {thread.name for thread in threading.enumerate()}


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
@pytest.mark.usefixtures("parallel")
def test_threads_work_in_a_process_that_is_forked_off():
    many = np.random.default_rng(3).integers(0, 300, (1100, 1000))
    whole, names = _noise_many(SPEC, many)
    with ProcessPoolExecutor(1, mp_context=get_context("fork")) as pool:
        forked, others = pool.submit(_noise_many, SPEC, many).result(60)
    assert (forked == whole).all()
    assert "noise_0" in names
    assert "noise_0" in others


@pytest.mark.usefixtures("parallel")
def test_an_id_out_of_range_is_found_in_any_thread():
    many = np.zeros((1100, 1000), np.int32)
    many[1050, 7] = -1
    for threads in (1, 4):
        with pytest.raises(EngineError) as caught:
            _process().noise(many, 500, seed=1, threads=threads)
        assert caught.value.field == "tokens[1050, 7]"


@pytest.mark.parametrize("shape", [(300, 700), (2, 40_000)])
def test_a_hyperschedule_is_worked_out_block_by_block(shape):
    many = np.random.default_rng(3).integers(0, 300, shape)
    protect = np.random.default_rng(4).random(shape) < 0.1
    lengths = np.random.default_rng(5).integers(1, shape[1], shape[0])
    process = with_hyperschedule(_process(), {"type": "sliding"})
    whole = process.noise(many, 600, seed=2, protect=protect, lengths=lengths)
    for row in (0, shape[0] - 1):
        alone = process.noise(
            many[row],
            600,
            seed=2,
            sequence_ids=row,
            protect=protect[row],
            lengths=int(lengths[row]),
        )
        assert (alone.tokens == whole.tokens[row]).all()
    unpadded = process.noise(many, 600, seed=2)
    alone = process.noise(many[-1], 600, seed=2, sequence_ids=shape[0] - 1)
    assert (alone.tokens == unpadded.tokens[-1]).all()


@pytest.mark.parametrize(
    "schedule",
    [
        {"type": "loglinear", "epsilon": 0.0},
        {"type": "cosine"},
        {"type": "sedd_entropy"},
        {"type": "geometric"},
        {"type": "custom", "alphas": [0.9, 0.5, 0.7]},
        {"type": "custom", "alphas": [1.0, 1.0, 0.5, 0.5, 0.0]},
    ],
    ids=str,
)
@pytest.mark.parametrize("graph", ["uniform", "absorbing", "hdlm_gamma"])
def test_real_times_by_position_equal_single_times(schedule, graph):
    spec = {"vocab_size": 300, "schedule": schedule, "graph": {"type": graph}}
    if "alphas" in schedule:
        spec["num_timesteps"] = len(schedule["alphas"])
    process = build_process(spec)
    draw = np.random.default_rng(9)
    tokens = draw.integers(0, 300, (5, 203))
    grid = np.arange(process.num_timesteps + 1) / process.num_timesteps
    edges = np.concatenate([grid, np.nextafter(grid, 0), np.nextafter(grid, 1)])
    times = np.where(
        draw.random((5, 203)) < 0.5, draw.choice(edges, (5, 203)), draw.random((5, 203))
    )
    protect = draw.random((5, 203)) < 0.2
    placed = process.noise(tokens, t=times, seed=3, protect=protect)
    for place in draw.integers(0, 203, 40):
        single = process.noise(tokens, t=times[:, place], seed=3, protect=protect)
        assert (placed.tokens[:, place] == single.tokens[:, place]).all()
        assert (placed.resampled[:, place] == single.resampled[:, place]).all()
    line = process.noise(tokens[2], t=times[2], seed=3, sequence_ids=2)
    free = process.noise(tokens, t=times, seed=3)
    assert (line.tokens == free.tokens[2]).all()


def test_protection_and_padding_hold_together(tokens):
    process = _process()
    protect = np.random.default_rng(4).random(tokens.shape) < 0.3
    lengths = np.random.default_rng(5).integers(0, LENGTH + 1, ROWS)
    free = process.noise(tokens, 900, seed=2)
    noised = process.noise(tokens, 900, seed=2, protect=protect, lengths=lengths)
    fixed = protect | (np.arange(LENGTH) >= lengths[:, None])
    assert (noised.tokens == np.where(fixed, tokens, free.tokens)).all()
    assert (noised.resampled == (free.resampled & ~fixed)).all()
    assert (noised.changed == (noised.tokens != tokens)).all()


def test_strided_and_foreign_input_equals_its_copy(tokens):
    process = _process()
    wide = np.repeat(tokens, 2, axis=1)
    for view in (tokens[::2, ::3], wide[:, ::2], tokens.T, tokens[::-1]):
        copy = np.ascontiguousarray(view)
        expected = process.noise(copy, 500, seed=1).tokens
        assert (process.noise(view, 500, seed=1).tokens == expected).all()
    expected = process.noise(tokens, 500, seed=1).tokens
    assert (process.noise(tokens.tolist(), 500, seed=1).tokens == expected).all()
    assert (process.noise(tokens.astype(">i8"), 500, seed=1).tokens == expected).all()


def test_the_input_is_never_written(tokens):
    before = tokens.copy()
    tokens.setflags(write=False)
    _process().noise(tokens, 900, seed=1)
    assert (tokens == before).all()


@pytest.mark.parametrize("shape", [(LENGTH,), (ROWS, LENGTH)])
def test_a_given_output_holds_the_same_tokens(shape, tokens):
    process = _process()
    given = tokens[0] if len(shape) == 1 else tokens
    out = np.zeros(shape, np.int64)
    noised = process.noise(given, 500, seed=1, out=out)
    assert noised.tokens.shape == shape
    assert (out == process.noise(given, 500, seed=1).tokens).all()


@pytest.mark.parametrize(
    ("out", "code"),
    [
        (np.zeros((4, 10), np.int32), "wrong_array"),
        (np.zeros((4, 9), np.int64), "wrong_array"),
        (np.zeros((10, 4), np.int64).T, "wrong_array"),
        (np.frombuffer(bytes(320), np.int64).reshape(4, 10), "wrong_array"),
        (None, "overlap"),
    ],
)
def test_an_output_that_does_not_fit_is_refused(out, code):
    memory = np.zeros((8, 10), np.int64)
    with pytest.raises(EngineError) as caught:
        _process().noise(
            memory[:4], 500, seed=1, out=memory[3:7] if out is None else out
        )
    assert (caught.value.field, caught.value.code) == ("out", code)


def test_a_neighbouring_output_is_no_overlap():
    memory = np.ones((8, 10), np.int64)
    noised = _process("absorbing").noise(memory[:4], 999, seed=1, out=memory[4:])
    assert (noised.tokens == memory[4:]).all()
    assert (memory[:4] == 1).all()


def test_an_error_survives_the_way_out_of_a_process(tokens):
    with pytest.raises(EngineError) as caught:
        _process().noise(tokens, 500, seed=1, lengths=np.full(ROWS, LENGTH + 1))
    again = pickle.loads(pickle.dumps(caught.value))  # noqa: S301 - our own bytes
    assert str(again) == str(caught.value)
    assert again.field == "lengths[0]"


@pytest.mark.parametrize("options", [{}, {"lengths": [70, 0, 3]}, {"at_least": 2}])
def test_masks_tell_which_tokens_moved_as_the_sampler_does(options):
    # The mask id does not change which tokens move; inside the vocabulary it may also
    # be a clean token, so that there the sampler has to be repeated.
    tokens = np.random.default_rng(1).integers(0, 8, (3, 70))
    inside, outside = (
        build_process(
            {
                "vocab_size": 9,
                "schedule": {"type": "linear"},
                "graph": {"type": "absorbing", "mask_id": mask_id},
            }
        ).noise(tokens, 600, seed=4, **options)
        for mask_id in (8, None)
    )
    assert outside.resampled.any()
    assert np.array_equal(outside.resampled, inside.resampled)
