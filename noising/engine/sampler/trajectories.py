"""Sequences over time: coupled states, or a true Markov path through the kernels."""

import dataclasses
from collections.abc import Callable, Iterator
from typing import Any, Literal, TypeAlias

import numpy as np

from noising.engine.arrays import FloatArray, IntArray, TokenArray, quiet
from noising.engine.errors import EngineError
from noising.engine.graphs import MatrixGraph
from noising.engine.graphs.base import later_noise
from noising.engine.hyperschedules import Hyperschedule
from noising.engine.sampler.batch import Batch
from noising.engine.sampler.driver import (
    Law,
    event_law,
    law_of,
    matrix_law,
    write_noised,
)
from noising.engine.sampler.noise_levels import (
    Level,
    Levels,
    Place,
    PositionNoise,
    Source,
    by_hyperschedule,
    sigma_source,
)
from noising.engine.sampler.thresholds import Limits
from noising.engine.timeline import When

Kind: TypeAlias = Literal["coupled", "markov"]


def check_path(steps: IntArray, *, rising: bool) -> None:
    """Check that timesteps are a list, rising if they must.

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
            "sort the timesteps and leave out repeated ones",
        )


def walk_of(
    kind: Kind,
    levels: Levels,
    batch: Batch,
    steps: IntArray,
    hyperschedule: Hyperschedule | None,
) -> Iterator[TokenArray]:
    """Yield the states of a batch at each timestep, (B, L), each a new array.

    Args:
        kind: "coupled", what `noise` gives with one seed at each timestep; "markov",
            each state drawn from the kernel out of the state before.
        levels: schedule and graph.
        batch: clean tokens.
        steps: (K,) checked timesteps.
        hyperschedule: noise by position, or None where it depends on time alone.
    """
    noise = None
    if hyperschedule is not None:
        noise = by_hyperschedule(levels.timeline, hyperschedule)
    whens = [When(field="timesteps", steps=step, times=None) for step in steps]
    if kind == "coupled" or levels.graph.COUPLED_IS_MARKOV:
        return _coupled(levels, batch, whens, noise)
    return _markov(levels, batch, whens, noise)


def collected(batch: Batch, count: int, states: Iterator[TokenArray]) -> TokenArray:
    """Return `count` states of a batch as one array, (K, L) or (K, B, L)."""
    dtype = batch.tokens.dtype.newbyteorder("=")
    whole = np.empty((count, *batch.tokens.shape), dtype)
    for place, state in enumerate(states):
        whole[place] = state
    return whole.reshape(count, *batch.shape)


def _coupled(
    levels: Levels, batch: Batch, whens: list[When], noise: PositionNoise | None
) -> Iterator[TokenArray]:
    for when in whens:
        yield _noised(levels, batch, law_of(levels, batch, when, noise))


def _markov(
    levels: Levels, batch: Batch, whens: list[When], noise: PositionNoise | None
) -> Iterator[TokenArray]:
    """Yield the first state from the marginal, each further one from the kernel.

    Step j draws its words at step coordinate j + 1.
    """
    state = batch.tokens
    for j, when in enumerate(whens):
        current = dataclasses.replace(batch, step=j + 1)
        law = law_of(levels, current, when, noise)
        if j > 0:
            current = _carried(levels, current, state)
            law = _step_law(levels, batch, (whens[j - 1], when), noise)
        state = _noised(levels, current, law)
        yield state


def _noised(levels: Levels, batch: Batch, law: Law[Any]) -> TokenArray:
    dtype = batch.tokens.dtype.newbyteorder("=")
    state = np.empty(batch.tokens.shape, dtype)
    write_noised(batch, levels.graph, law, state, 1)
    return state


def _carried(levels: Levels, batch: Batch, states: TokenArray) -> Batch:
    """Return the batch in its present states; masked tokens stay where they must."""
    graph = levels.graph
    protect = None
    if graph.mask_id is not None and graph.MASK_STAYS:
        protect = np.equal(states, graph.mask_id)
    return dataclasses.replace(batch, tokens=states, protect=protect, states=True)


def _step_law(
    levels: Levels, batch: Batch, whens: tuple[When, When], noise: PositionNoise | None
) -> Law[Any]:
    """Return the law of one step between two timesteps of a batch of clean tokens."""
    graph = levels.graph
    before, after = (
        sigma_source(levels.timeline, batch, when, noise) for when in whens
    )
    if isinstance(graph, MatrixGraph):
        return matrix_law(graph, _between(before, after, later_noise))
    source = _between(
        before, after, lambda start, end: Limits.of(graph.step_events(start, end))
    )
    return event_law(levels, batch, source)


def _between(
    before: Source[FloatArray],
    after: Source[FloatArray],
    function: Callable[[FloatArray, FloatArray], Level],
) -> Source[Level]:
    """Return a function of the total noise at both ends of a step, by block."""

    def part(rows: slice) -> Place[Level]:
        start, end = before.part(rows), after.part(rows)

        @quiet
        def place(rows: slice, columns: slice) -> Level:
            ends = np.broadcast_arrays(start(rows, columns), end(rows, columns))
            return function(*ends)

        return place

    return Source(part=part, block_tokens=after.block_tokens)
