"""Coupled trajectories and true Markov paths; false-alarm rates are below 1e-10."""

import numpy as np
import pytest
from scipy import stats

from noising.engine import EngineError, build_process, with_hyperschedule
from tests.engine.examples import GRAPHS, example, schedule_for

FALSE_ALARM = 1e-10
STEPS = [0, 4, 9, 15, 19]


def _process(graph):
    return example(schedule_for(graph, "loglinear"), graph)


def _clean(process, count=64, length=100):
    ids = [i for i in range(process.vocab_size) if i != process.mask_id]
    return np.resize(np.array(ids), (count, length))


@pytest.fixture(params=GRAPHS)
def process(request):
    return _process(request.param)


def test_a_trajectory_is_noise_at_each_timestep_with_one_seed(process):
    tokens = _clean(process)
    states = process.trajectory(tokens, STEPS, seed=3, draw=1)
    assert states.shape == (5, 64, 100)
    for step, state in zip(STEPS, states, strict=True):
        assert (state == process.noise(tokens, step, seed=3, draw=1).tokens).all()
    one = process.trajectory(tokens[7], STEPS, seed=3, sequence_ids=7, draw=1)
    assert (one == states[:, 7]).all()


@pytest.mark.parametrize(
    ("kind", "whole"), [("coupled", "trajectory"), ("markov", "sample_path")]
)
def test_a_walk_is_the_path_state_by_state(process, kind, whole):
    tokens = _clean(process, 3, 40).astype(np.uint16)
    expected = getattr(process, whole)(tokens, STEPS, seed=3, draw=1)
    states = process.walk(kind, tokens, STEPS, seed=3, draw=1)
    for state, other in zip(states, expected, strict=True):
        assert state.dtype == np.uint16
        assert (state == other).all()
    [first, *_] = process.walk(kind, tokens[2], STEPS, seed=3, sequence_ids=2, draw=1)
    assert (first == expected[0, 2]).all()


@pytest.mark.parametrize("kind", ["coupled", "markov"])
@pytest.mark.parametrize("arguments", [([1, 99], [0]), ([1], [20]), ([1.5], [0])])
def test_a_walk_is_refused_before_its_first_step(kind, arguments):
    with pytest.raises(EngineError):
        _process("uniform").walk(kind, *arguments, seed=1)


@pytest.mark.parametrize("graph", ["uniform", "absorbing", "marginal", "hdlm_gamma"])
def test_what_is_struck_in_a_trajectory_stays_struck(graph):
    process = _process(graph)
    tokens = _clean(process)
    before = np.zeros(tokens.shape, bool)
    for step in range(20):
        struck = process.noise(tokens, step, seed=3).resampled
        assert (struck >= before).all()
        before = struck


@pytest.mark.parametrize("graph", ["absorbing", "absorbing inside"])
def test_for_absorbing_graphs_path_and_trajectory_are_the_same(graph):
    process = _process(graph)
    tokens = _clean(process)
    path = process.sample_path(tokens, STEPS, seed=3)
    assert (path == process.trajectory(tokens, STEPS, seed=3)).all()


def test_every_state_of_a_path_has_its_marginal(process):
    token = [i for i in range(process.vocab_size) if i != process.mask_id][-1]
    tokens = np.full((200, 100), token)
    path = process.sample_path(tokens, STEPS, seed=11)
    for step, states in zip(STEPS, path, strict=True):
        expected = process.marginal(token, process.time(step)) * tokens.size
        found = np.bincount(states.ravel(), minlength=process.num_states)
        assert (found[expected == 0] == 0).all()
        large = expected > 5
        if np.count_nonzero(large) > 1:
            scaled = expected[large] * found[large].sum() / expected[large].sum()
            assert stats.chisquare(found[large], scaled).pvalue > FALSE_ALARM


def test_steps_of_a_path_follow_the_kernel(process):
    token = [i for i in range(process.vocab_size) if i != process.mask_id][-1]
    tokens = np.full((400, 100), token)
    early, late = process.sample_path(tokens, [8, 13], seed=12)
    s, t = process.time(8), process.time(13)
    for state in np.unique(early):
        arrived = late[early == state]
        expected = process.kernel(int(state), s, t) * arrived.size
        found = np.bincount(arrived, minlength=process.num_states)
        assert (found[expected == 0] == 0).all()
        large = expected > 5
        if np.count_nonzero(large) > 1:
            scaled = expected[large] * found[large].sum() / expected[large].sum()
            assert stats.chisquare(found[large], scaled).pvalue > FALSE_ALARM


def test_a_path_does_not_depend_on_what_it_is_batched_with(process):
    tokens = _clean(process)
    path = process.sample_path(tokens, STEPS, seed=5)
    alone = process.sample_path(tokens[9], STEPS, seed=5, sequence_ids=9)
    assert (alone == path[:, 9]).all()


def test_paths_and_trajectories_follow_a_hyperschedule():
    process = with_hyperschedule(
        _process("uniform"), {"type": "block", "width": 25, "levels": 4}
    )
    tokens = _clean(process)
    for states in (
        process.sample_path(tokens, STEPS, seed=5),
        process.trajectory(tokens, STEPS, seed=5),
    ):
        # After one of twenty timesteps only the last block has any noise.
        assert (states[0][:, :75] == tokens[:, :75]).all()
        assert (states[0] != tokens).any()
        assert (states[-1] != tokens).mean() > 0.5


@pytest.mark.parametrize("name", ["trajectory", "sample_path"])
@pytest.mark.parametrize(
    ("timesteps", "field", "code"),
    [
        (3, "timesteps", "wrong_shape"),
        ([[1, 2]], "timesteps", "wrong_shape"),
        ([1, 20], "timesteps[1]", "out_of_range"),
        ([0.5], "timesteps", "not_an_integer"),
    ],
)
def test_timesteps_that_are_no_list_of_steps_are_refused(name, timesteps, field, code):
    process = _process("uniform")
    with pytest.raises(EngineError) as caught:
        getattr(process, name)([1, 2], timesteps, seed=1)
    assert (caught.value.field, caught.value.code) == (field, code)


@pytest.mark.parametrize("timesteps", [[3, 3], [3, 2]])
def test_a_path_goes_forward_only(timesteps):
    with pytest.raises(EngineError) as caught:
        _process("uniform").sample_path([1, 2], timesteps, seed=1)
    assert (caught.value.field, caught.value.code) == ("timesteps[1]", "out_of_order")


@pytest.mark.parametrize("name", ["trajectory", "sample_path"])
def test_a_falling_table_has_no_paths(name):
    spec = {"num_timesteps": 2, "schedule": {"type": "custom", "sigmas": [2.0, 1.0]}}
    with pytest.raises(EngineError) as caught:
        getattr(build_process(spec), name)([1, 2], [0, 1], seed=1)
    assert caught.value.code == "sigma_decreases"


@pytest.mark.parametrize("name", ["trajectory", "sample_path"])
def test_without_timesteps_there_are_no_states(name):
    states = getattr(_process("uniform"), name)([1, 2], [], seed=1)
    assert states.shape == (0, 2)


def test_matrix_graphs_are_noised_beyond_one_tile():
    process = _process("rate_matrix")
    tokens = _clean(process, 400, 100)
    whole = process.noise(tokens, 9, seed=1)
    part = process.noise(tokens[390:], 9, seed=1, sequence_ids=np.arange(390, 400))
    assert (whole.tokens[390:] == part.tokens).all()
    assert (whole.resampled == whole.changed).all()


def test_matrix_graphs_refuse_ids_that_have_no_row():
    with pytest.raises(EngineError) as caught:
        _process("rate_matrix").noise([1, 5, 2], 9, seed=1)
    assert (caught.value.field, caught.value.code) == ("tokens[1]", "out_of_range")
