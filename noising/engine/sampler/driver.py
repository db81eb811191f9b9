"""From checked tokens to noised tokens: blocks, threads, the result object."""

import functools
import os
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import Any, Final, Generic, Protocol, TypeAlias, TypeVar

import numpy as np

from noising.engine.arrays import BoolArray, FloatArray, TokenArray
from noising.engine.errors import EngineError
from noising.engine.graphs import Graph, MatrixGraph
from noising.engine.sampler.backends import worker_class
from noising.engine.sampler.batch import Batch, check_ids
from noising.engine.sampler.blocks import TILE, Block, Grid, eights, largest, tiles
from noising.engine.sampler.kernel_numpy import Hasher
from noising.engine.sampler.noise_levels import (
    Levels,
    Place,
    PositionNoise,
    Source,
    sigma_source,
)
from noising.engine.sampler.thresholds import Limits
from noising.engine.timeline import When

Level = TypeVar("Level")
Location: TypeAlias = tuple[slice, slice]

MAX_THREADS: Final = 256
ROWS_AT_ONCE: Final = 1 << 12
"""Rows whose keys are made in one go."""
THREADS_FROM: Final = 1 << 20
"""Tokens from which more than one thread is worth its start."""
_MOST_WORKERS: Final = 8  # so that blocks, which share the memory, stay large
_LEAST_BLOCK: Final = 1 << 12


class BlockWorker(Protocol[Level]):
    """Noises blocks one after the other, in memory of its own."""

    def noise(self, block: Block[Level], out: TokenArray) -> int:
        """Write the noised tokens to `out`, (R, C), and return the largest clean one.

        A negative token counts as a huge one.
        """

    def struck(self, block: Block[Level], out: BoolArray) -> None:
        """Write where noise strikes to `out`, (R, C)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Law(Generic[Level]):
    """How a batch is noised.

    Attributes:
        source: how much noise there is where.
        worker: most tokens of a block to a new worker.
        parallel: whether workers in several threads are faster than one.
    """

    source: Source[Level]
    worker: Callable[[int], BlockWorker[Level]]
    parallel: bool = True


class MatrixWorker:
    """Noises blocks by the rows of a matrix graph; resampled is changed.

    Args:
        capacity: most tokens of a block.
        graph: draws the tokens.
    """

    def __init__(self, capacity: int, graph: MatrixGraph) -> None:
        self._hasher = Hasher(capacity)
        self._graph = graph

    def noise(self, block: Block[FloatArray], out: TokenArray) -> int:
        """Write the noised tokens to `out`, (R, C), and return the largest clean one.

        Nothing is written if that has no row in the matrix.
        """
        top = largest(block.tokens)
        if top >= self._graph.vocab_size:
            return top
        sigma = np.broadcast_to(block.level, out.shape)
        drawn = self._graph.draw(
            block.tokens.reshape(-1),
            sigma.reshape(-1),
            self._hasher.uniforms(block.grid).reshape(-1),
        ).reshape(out.shape)
        fixed = block.fixed
        np.copyto(out, drawn if fixed is None else np.where(fixed, block.tokens, drawn))
        return top

    def struck(self, block: Block[FloatArray], out: BoolArray) -> None:
        """Write where tokens change to `out`, (R, C)."""
        noised = np.empty_like(block.tokens)
        self.noise(block, noised)
        np.not_equal(noised, block.tokens, out=out)


class Noised:
    """The result of `noise`; what is only sometimes wanted is made on first use.

    It is made from the arguments of the call, which must not have been altered.

    Attributes:
        tokens: noised tokens, the input's shape and dtype.
        seed: the seed used; give it again for the same result.
    """

    __slots__ = (
        "_alpha",
        "_changed",
        "_clean",
        "_draw",
        "_resampled",
        "_scheduled",
        "seed",
        "tokens",
    )

    def __init__(
        self,
        *,
        tokens: TokenArray,
        seed: int,
        clean: TokenArray,
        alpha: Callable[[], Any],
        resampled: Callable[[], BoolArray],
    ) -> None:
        self.tokens = tokens
        self.seed = seed
        self._clean = clean
        self._scheduled = alpha
        self._draw = resampled
        self._alpha: Any = None
        self._resampled: BoolArray | None = None
        self._changed: BoolArray | None = None

    @property
    def alpha(self) -> Any:
        """Alpha at the requested times, in their shape."""
        if self._alpha is None:
            self._alpha = self._scheduled()
        return self._alpha

    @property
    def resampled(self) -> BoolArray:
        """True where noise struck, even if it left the same id; drawn again."""
        if self._resampled is None:
            self._resampled = self._draw()
        return self._resampled

    @property
    def changed(self) -> BoolArray:
        """True where the id differs from the input's."""
        if self._changed is None:
            self._changed = np.asarray(self.tokens != self._clean)
        return self._changed


def law_of(
    levels: Levels, batch: Batch, when: When, noise: PositionNoise | None
) -> Law[Any]:
    """Return how a batch is noised at a time.

    Args:
        levels: schedule and graph.
        batch: the tokens.
        when: the time.
        noise: noise by position, or None where it depends on time alone.

    Raises:
        EngineError: the time has a shape that does not fit.
    """
    graph = levels.graph
    if isinstance(graph, MatrixGraph):
        return matrix_law(graph, sigma_source(levels.timeline, batch, when, noise))
    return event_law(levels, batch, levels.source(batch, when, noise))


def event_law(levels: Levels, batch: Batch, source: Source[Limits]) -> Law[Limits]:
    """Return how a batch is noised by events, by the kernel in use."""
    worker = worker_class(batch.tokens.size, batch.tokens.itemsize)
    outcome = levels.outcome
    most = min(source.block_tokens, worker.BLOCK_TOKENS)
    source = Source(part=source.part, block_tokens=most)
    return Law(
        source=source,
        worker=lambda size: worker(size, outcome),
        parallel=worker.PARALLEL,
    )


def matrix_law(graph: MatrixGraph, sigma: Source[FloatArray]) -> Law[FloatArray]:
    """Return the law of a matrix graph under the given noise, tile by tile."""
    most = min(sigma.block_tokens, TILE)
    return Law(
        source=Source(part=sigma.part, block_tokens=most),
        worker=lambda size: MatrixWorker(size, graph),
    )


def checked_out(out: Any, tokens: TokenArray, shape: tuple[int, ...]) -> TokenArray:
    """Return the array to write to, (B, L): the caller's or a new one.

    Raises:
        EngineError: `out` has another shape or dtype, is not C-contiguous and
            writable, or overlaps the tokens.
    """
    dtype = tokens.dtype.newbyteorder("=")
    if out is None:
        return np.empty(tokens.shape, dtype)
    fits = (
        isinstance(out, np.ndarray)
        and out.shape == shape
        and out.dtype == dtype
        and out.flags.c_contiguous
        and out.flags.behaved  # aligned and writeable
    )
    if not fits:
        rule = f"must be a writable C-contiguous {dtype.name} array of {shape}"
        raise EngineError("out", "wrong_array", rule, type(out).__name__)
    if np.may_share_memory(out, tokens):
        raise EngineError(
            "out", "overlap", "must not overlap the tokens", "the same memory"
        )
    return np.asarray(out.reshape(tokens.shape))


def checked_threads(threads: int) -> int:
    """Return the number of threads.

    Raises:
        EngineError: it is not an integer in 1..256.
    """
    if isinstance(threads, bool) or not isinstance(threads, (int, np.integer)):
        raise EngineError("threads", "not_an_integer", "must be an integer", threads)
    if not 1 <= threads <= MAX_THREADS:
        rule = f"must lie in 1..{MAX_THREADS}"
        raise EngineError("threads", "out_of_range", rule, threads)
    return int(threads)


def write_noised(
    batch: Batch, graph: Graph, law: Law[Any], out: TokenArray, threads: int
) -> None:
    """Fill `out` with the noised tokens; the same bytes for any `threads`.

    Args:
        batch: tokens whose ids are checked here, block by block.
        graph: knows which ids there are.
        law: how they are noised.
        out: (B, L) result.
        threads: blocks worked on at once, if there are many and it is faster so.

    Raises:
        EngineError: an id outside the vocabulary; `out` may hold part of a result.
    """
    known = graph.num_states if batch.states else graph.vocab_size

    def work(worker: BlockWorker[Any], block: Block[Any], place: Location) -> None:
        if worker.noise(block, out[place]) >= known:
            check_ids(batch.tokens.reshape(batch.shape), graph)

    _for_each_block(batch, law, threads, work)


def draw_struck(batch: Batch, law: Law[Any], threads: int = 1) -> BoolArray:
    """Return where noise strikes, in the caller's shape."""
    struck = np.empty(batch.tokens.shape, np.bool_)

    def work(worker: BlockWorker[Any], block: Block[Any], place: Location) -> None:
        worker.struck(block, struck[place])

    _for_each_block(batch, law, threads, work)
    return struck.reshape(batch.shape)


def _for_each_block(
    batch: Batch,
    law: Law[Any],
    threads: int,
    work: Callable[[BlockWorker[Any], Block[Any], Location], None],
) -> None:
    is_worth_it = law.parallel and batch.tokens.size >= THREADS_FROM
    workers = min(threads, _MOST_WORKERS) if is_worth_it else 1
    most = max(law.source.block_tokens // workers, _LEAST_BLOCK)
    capacity = min(eights(most), batch.rows * eights(batch.length))
    blocks = _blocks(batch, law, capacity)
    turn = threading.Lock()

    def drain() -> None:
        worker = law.worker(capacity)
        while True:
            with turn:
                found = next(blocks, None)
            if found is None:
                return
            block, place = found
            work(worker, block(), place)

    if workers == 1:
        drain()
        return
    others = [_pool().submit(drain) for _ in range(workers - 1)]
    try:
        drain()
    finally:
        begun = [other for other in others if not other.cancel()]
        wait(begun)
    for other in begun:
        other.result()


@functools.cache
def _pool() -> ThreadPoolExecutor:
    """Return the threads of this process, which are started when first needed.

    Starting them takes a third of the time in which one noises a million tokens.
    """
    return ThreadPoolExecutor(_MOST_WORKERS - 1, thread_name_prefix="noise")


if hasattr(os, "register_at_fork"):  # pragma: no branch - Windows forks nothing
    # A process that is forked off has none of its parent's threads.
    os.register_at_fork(after_in_child=_pool.cache_clear)


def _blocks(
    batch: Batch, law: Law[Level], capacity: int
) -> Iterator[tuple[Callable[[], Block[Level]], Location]]:
    """Yield makers of blocks of at most `capacity` tokens, and where these are.

    Columns start at multiples of 8, since eight positions share a word.
    """
    for top in range(0, batch.rows, ROWS_AT_ONCE):
        part = batch.part(slice(top, min(top + ROWS_AT_ONCE, batch.rows)))
        levels = law.source.part(slice(top, top + part.rows))
        for rows, columns in tiles(part.tokens.shape, capacity):
            yield (
                functools.partial(_block, part, levels, rows, columns),
                (slice(top + rows.start, top + rows.stop), columns),
            )


def _block(
    part: Batch, levels: Place[Level], rows: slice, columns: slice
) -> Block[Level]:
    keys, gammas = part.keys
    return Block(
        tokens=part.native(rows, columns),
        grid=Grid(
            keys=keys[rows],
            gammas=gammas[rows],
            first=columns.start,
            columns=columns.stop - columns.start,
        ),
        level=levels(rows, columns),
        fixed=part.fixed(rows, columns),
    )
