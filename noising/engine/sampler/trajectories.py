"""Sequences at several times: coupled states or a Markov path."""

import dataclasses
from collections.abc import Callable, Iterator
from typing import Any, Literal, TypeAlias

import numpy as np

from noising.engine.arrays import FloatArray, IntArray, TokenArray, quiet
from noising.engine.errors import EngineError
from noising.engine.graphs import MatrixGraph
from noising.engine.graphs.step import later_noise
from noising.engine.hyperschedules import Hyperschedule
from noising.engine.noise_time import NoiseTime
from noising.engine.sampler.batch import Batch
from noising.engine.sampler.driver import (
    SamplingPlan,
    plan_events,
    plan_matrix,
    plan_noise,
    write_noised,
)
from noising.engine.sampler.noise_levels import (
    Level,
    LevelSource,
    NoiseLevels,
    PositionNoise,
    find_position_noise,
    find_sigma_source,
)
from noising.engine.sampler.thresholds import Thresholds

Kind: TypeAlias = Literal["coupled", "markov"]


def check_path(steps: IntArray, *, rising: bool) -> None:
    """Check the shape of timesteps and, if `rising`, that they increase.

    Raises:
        EngineError: another shape, or a timestep that is not above the one before.
    """
    if steps.ndim != 1:
        rule = "must be a list of timesteps"
        raise EngineError("timesteps", "wrong_shape", rule, list(steps.shape))
    falls = np.flatnonzero(steps[1:] <= steps[:-1])
    if rising and falls.size:
        place = int(falls[0]) + 1
        raise EngineError(
            f"timesteps[{place}]",
            "out_of_order",
            f"must be above the timestep before it, {int(steps[place - 1])}",
            int(steps[place]),
            "sort the timesteps and remove duplicates",
        )


def walk(
    kind: Kind,
    levels: NoiseLevels,
    batch: Batch,
    steps: IntArray,
    hyperschedule: Hyperschedule | None,
) -> Iterator[TokenArray]:
    """Yield the states of a batch at each timestep, (B, L), each a new array.

    Args:
        kind: "coupled" for the results of `noise` with one seed at each timestep;
            "markov" for states that are each drawn from the kernel, given the one
            before.
        levels: schedule and graph.
        batch: clean tokens.
        steps: (K,) valid timesteps.
        hyperschedule: noise by position, or None if noise depends on time only.

    Raises:
        EngineError: a Markov path to noise beyond which the graph has no kernel, or a
            hyperschedule that does not fit.
    """
    noise = find_position_noise(levels.timeline, batch, hyperschedule)
    times = levels.timeline.make_times(steps, "timesteps")
    if kind == "markov" and times and levels.graph.largest_noise < np.inf:
        last = find_sigma_source(levels.timeline, batch, times[-1], noise)
        everything = slice(0, batch.rows), slice(0, batch.length)
        levels.graph.require_kernel(last.at(*everything))
    if kind == "coupled" or levels.graph.COUPLED_IS_MARKOV:
        return _walk_coupled(levels, batch, times, noise)
    return _walk_markov(levels, batch, times, noise)


def collect_states(
    batch: Batch, count: int, states: Iterator[TokenArray]
) -> TokenArray:
    """Return `count` states of a batch as one array, (K, L) or (K, B, L)."""
    dtype = batch.tokens.dtype.newbyteorder("=")
    whole = np.empty((count, *batch.tokens.shape), dtype)
    for place, state in enumerate(states):
        whole[place] = state
    return whole.reshape(count, *batch.shape)


def _walk_coupled(
    levels: NoiseLevels,
    batch: Batch,
    times: list[NoiseTime],
    noise: PositionNoise | None,
) -> Iterator[TokenArray]:
    for time in times:
        yield _noise(plan_noise(levels, batch, time, noise))


def _walk_markov(
    levels: NoiseLevels,
    batch: Batch,
    times: list[NoiseTime],
    noise: PositionNoise | None,
) -> Iterator[TokenArray]:
    """Draw the first state from the marginal and each further one from the kernel.

    Step j draws its random words at step coordinate j + 1.
    """
    state = batch.tokens
    for j, time in enumerate(times):
        current = dataclasses.replace(batch, step=j + 1)
        if j == 0:
            plan = plan_noise(levels, current, time, noise)
        else:
            current = _carry(levels, current, state)
            ends = (times[j - 1], time)
            plan = _plan_step(levels, batch, current, ends, noise)
        state = _noise(plan)
        yield state


def _noise(plan: SamplingPlan[Any]) -> TokenArray:
    tokens = plan.batch.tokens
    state = np.empty(tokens.shape, tokens.dtype.newbyteorder("="))
    write_noised(plan, state)
    return state


def _carry(levels: NoiseLevels, batch: Batch, states: TokenArray) -> Batch:
    """Return the batch in its current states, with masks protected if they stay."""
    graph = levels.graph
    protect = None
    if graph.mask_id is not None and graph.MASK_STAYS:
        protect = np.equal(states, graph.mask_id)
    return dataclasses.replace(batch, tokens=states, protect=protect, states=True)


def _plan_step(
    levels: NoiseLevels,
    clean: Batch,
    current: Batch,
    ends: tuple[NoiseTime, NoiseTime],
    noise: PositionNoise | None,
) -> SamplingPlan[Any]:
    """Return how to noise states by one step between two times.

    Args:
        levels: schedule and graph.
        clean: the clean tokens, which noise by position may depend on.
        current: their current states.
        ends: the times before and after the step.
        noise: noise by position, or None if noise depends on time only.
    """
    graph = levels.graph
    before, after = (
        find_sigma_source(levels.timeline, clean, end, noise) for end in ends
    )
    if isinstance(graph, MatrixGraph):
        return plan_matrix(graph, current, _join(before, after, later_noise))
    source = _join(
        before, after, lambda start, end: Thresholds.of(graph.step_events(start, end))
    )
    return plan_events(levels, current, source)


def _join(
    before: LevelSource[FloatArray],
    after: LevelSource[FloatArray],
    function: Callable[[FloatArray, FloatArray], Level],
) -> LevelSource[Level]:
    """Apply a function to the total noise at both ends of a step, block by block."""

    @quiet
    def at(rows: slice, columns: slice) -> Level:
        return function(
            *np.broadcast_arrays(before.at(rows, columns), after.at(rows, columns))
        )

    return LevelSource(at=at, block_tokens=after.block_tokens)
