"""Sequences over time: a true Markov path through the kernels.

The coupled trajectory needs no module: it is `noise` with one seed at many timesteps.
"""

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np

from noising.engine.arrays import FloatArray, IntArray, TokenArray, quiet
from noising.engine.batch import Batch
from noising.engine.errors import EngineError
from noising.engine.graphs import MatrixGraph
from noising.engine.graphs.base import later_noise
from noising.engine.limits import Limits
from noising.engine.positions import (
    Level,
    Levels,
    Place,
    PositionNoise,
    Source,
    sigma_source,
)
from noising.engine.sampling import Law, event_law, law_of, matrix_law, write_noised
from noising.engine.timeline import When


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


def empty_states(count: int, batch: Batch) -> TokenArray:
    """Return room for `count` states of a batch, (K, B, L), native."""
    dtype = batch.tokens.dtype.newbyteorder("=")
    return np.empty((count, *batch.tokens.shape), dtype)


def write_path(
    levels: Levels,
    batch: Batch,
    steps: IntArray,
    noise: PositionNoise | None,
    out: TokenArray,
) -> None:
    """Fill `out` with the states of a Markov path at each timestep.

    The first state is drawn from the marginal, each further one from the kernel out
    of the state before; step j draws its words at step coordinate j + 1.

    Args:
        levels: schedule and graph.
        batch: clean tokens.
        steps: (K,) rising timesteps.
        noise: noise by position, or None where it depends on time alone.
        out: (K, B, L) result.
    """
    whens = [When(field="timesteps", steps=step, times=None) for step in steps]
    for j, when in enumerate(whens):
        current = dataclasses.replace(batch, step=j + 1)
        law = law_of(levels, current, when, noise)
        if j > 0:
            current = _carried(levels, current, out[j - 1])
            law = _step_law(levels, batch, (whens[j - 1], when), noise)
        write_noised(current, levels.graph, law, out[j], 1)


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
