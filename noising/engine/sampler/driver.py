"""The steps of a call of `noise`, from its arguments to its result.

1. `check_batch` turns the tokens into rows with random coordinates: a `Batch`.
2. `plan_noise` adds the noise of every position (a `LevelSource`) and a kernel: a
   `SamplingPlan`.
   Where the call fixes how many positions move, `choose_moving` chooses them, and the
   plan resamples these and no others.
3. `write_noised` cuts the batch into blocks (`TokenBlock`), each with the `Thresholds`
   of its positions, which a kernel noises one after the other.
4. `Noised` holds the result. It computes further quantities from the plan on demand.

A kernel compares each position's random word with its threshold; `recipe.py` specifies
in plain Python what it computes. `small_batches.py` is a fast path without a plan for
small batches without options. `trajectories.py` noises a batch at several times.
"""

import dataclasses
import functools
import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import Any, Final, Generic, Protocol, TypeVar

import numpy as np

from noising.engine.arrays import BoolArray, FloatArray, TokenArray
from noising.engine.errors import EngineError
from noising.engine.graphs import Graph, MatrixGraph
from noising.engine.hyperschedules import Hyperschedule
from noising.engine.noise_time import NoiseTime
from noising.engine.randomness import sequence_keys
from noising.engine.sampler.backends import find_kernel
from noising.engine.sampler.batch import Batch, KeyMaker, check_batch, check_ids
from noising.engine.sampler.blocks import (
    TILE,
    Cut,
    TokenBlock,
    can_hold,
    iterate_cuts,
    round_to_eights,
)
from noising.engine.sampler.kernel_matrix import MatrixKernel
from noising.engine.sampler.kernel_numpy import NumpyKernel
from noising.engine.sampler.noise_levels import (
    LevelSource,
    NoiseLevels,
    PositionNoise,
    find_position_noise,
    find_sigma_source,
    move_everything,
)
from noising.engine.sampler.quotas import (
    check_order,
    check_quota,
    choose_moving,
    require_one_event,
)
from noising.engine.sampler.thresholds import Thresholds

Level = TypeVar("Level")

MAX_THREADS: Final = 256
THREADS_FROM: Final = 1 << 20
"""Number of tokens from which several threads are faster than one."""
_MOST_WORKERS: Final = 8  # more would make blocks, which share the memory, too small
_LEAST_BLOCK: Final = 1 << 12
_MOST_ROWS: Final = 1 << 12  # per block, which bounds the memory of their keys


class Kernel(Protocol[Level]):
    """Noises blocks one after the other, in its own memory."""

    def noise(self, block: TokenBlock[Level], out: TokenArray) -> int:
        """Write the noised tokens to `out`, (R, C), and return the largest clean one.

        A negative token counts as a very large one.
        """

    def mark_resampled(self, block: TokenBlock[Level], out: BoolArray) -> None:
        """Write to `out`, (R, C), which tokens are resampled."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SamplingPlan(Generic[Level]):
    """How a batch is noised.

    Attributes:
        batch: the tokens.
        graph: the graph.
        source: the noise of every position.
        make_kernel: makes a kernel for blocks of at most a number of tokens.
        block_tokens: largest number of tokens of a block.
        make_keys: returns keys and gammas for seed, sequence ids, draw and step.
        is_parallel: whether kernels in several threads are faster than one.
    """

    batch: Batch
    graph: Graph
    source: LevelSource[Level]
    make_kernel: Callable[[int], Kernel[Level]]
    block_tokens: int
    make_keys: KeyMaker = sequence_keys
    is_parallel: bool = True

    def cut(self, rows: slice, columns: slice) -> TokenBlock[Level]:
        """Return a block of the batch."""
        batch = self.batch
        return TokenBlock(
            tokens=batch.cut_tokens(rows, columns),
            grid=batch.cut_grid(rows, columns, self.make_keys),
            level=self.source.at(rows, columns),
            fixed=batch.find_fixed(rows, columns),
        )


class Noised:
    """The result of `noise`; most properties are computed on first use.

    They are computed from the arguments of the call and from `tokens`, so do not change
    these before.

    Attributes:
        tokens: noised tokens, in the shape and dtype of the input.
        seed: the seed used; the same seed gives the same result.
    """

    __slots__ = (
        "_alpha",
        "_changed",
        "_clean",
        "_find_alpha",
        "_find_complement",
        "_find_resampled",
        "_resampled",
        "seed",
        "tokens",
    )

    def __init__(
        self,
        *,
        tokens: TokenArray,
        seed: int,
        clean: TokenArray,
        find_alpha: Callable[[], Any],
        find_resampled: Callable[[], BoolArray],
        find_complement: Callable[["Noised"], "Noised"],
    ) -> None:
        self.tokens = tokens
        self.seed = seed
        self._clean = clean
        self._find_alpha = find_alpha
        self._find_resampled = find_resampled
        self._find_complement = find_complement
        self._alpha: Any = None
        self._resampled: BoolArray | None = None
        self._changed: BoolArray | None = None

    @property
    def alpha(self) -> Any:
        """Alpha at the requested times, in their shape."""
        if self._alpha is None:
            self._alpha = self._find_alpha()
        return self._alpha

    @property
    def resampled(self) -> BoolArray:
        """True where a token was resampled, even if it got the same id."""
        if self._resampled is None:
            self._resampled = self._find_resampled()
        return self._resampled

    @property
    def changed(self) -> BoolArray:
        """True where the id differs from that of the input."""
        if self._changed is None:
            self._changed = np.asarray(self.tokens != self._clean)
        return self._changed

    def complement(self) -> "Noised":
        """Return the same tokens with noise at the other positions.

        The positions that were not resampled are, except protected ones and padding,
        and those that were resampled have their clean tokens. Both results have the
        same replacements v, so that the complement of the complement has the tokens of
        the first. Each position is noised in exactly one of the two. The complement is
        a draw from q(x_t | x_0) at the time where alpha is 1 - alpha(t), its `alpha`.
        Source: LLaDA2's complementary masks.

        Raises:
            EngineError: the graph has other events than one move.
        """
        return self._find_complement(self)


def noise(
    levels: NoiseLevels,
    hyperschedule: Hyperschedule | None,
    tokens: Any,
    *,
    timestep: Any,
    t: Any,
    seed: int,
    sequence_ids: Any,
    draw: int,
    positions: Any,
    weights: Any,
    protect: Any,
    lengths: Any,
    count: Any,
    at_least: Any,
    block: Any,
    threads: int,
    out: Any,
) -> Noised:
    """Return x_t of a process; `ForwardProcess.noise` describes the arguments.

    Raises:
        EngineError: an argument out of range or of the wrong shape.
    """
    batch = check_batch(
        tokens,
        levels.graph,
        seed=seed,
        sequence_ids=sequence_ids,
        draw=draw,
        positions=positions,
        protect=protect,
        lengths=lengths,
    )
    time = levels.timeline.check_time(timestep, t)
    position_noise = find_position_noise(levels.timeline, batch, hyperschedule, weights)
    quota = check_quota(count, at_least, block, batch)
    if quota is not None:
        check_order(quota, levels, batch, time, position_noise)
    plan = plan_noise(levels, batch, time, position_noise)
    target = check_out(out, batch)
    workers = check_threads(threads)
    if quota is not None:
        moved = None
        if not quota.is_exact:
            moved = find_resampled(plan, workers).reshape(batch.tokens.shape)
        moving = choose_moving(quota, batch, position_noise, moved, plan.make_keys)
        plan = plan_moving(levels, batch, moving)
    write_noised(plan, target, workers)
    return _describe(
        levels, batch, plan, target, workers, lambda: levels.timeline.alpha_at(time)
    )


def _describe(
    levels: NoiseLevels,
    batch: Batch,
    plan: SamplingPlan[Any],
    target: TokenArray,
    workers: int,
    find_alpha: Callable[[], Any],
) -> Noised:
    """Return the result for the tokens of a batch that a plan has noised."""
    graph = levels.graph

    def find_moved() -> BoolArray:
        # Clean tokens are never a mask that lies outside the vocabulary.
        if graph.ONLY_MASKS and not graph.mask_inside and not batch.states:
            return np.asarray(target == graph.mask_id).reshape(batch.shape)
        return find_resampled(plan, workers)

    return Noised(
        tokens=target.reshape(batch.shape),
        seed=batch.seed,
        clean=batch.tokens.reshape(batch.shape),
        find_alpha=find_alpha,
        find_resampled=find_moved,
        find_complement=lambda first: noise_others(levels, batch, first, workers),
    )


def noise_others(
    levels: NoiseLevels, batch: Batch, first: Noised, workers: int = 1
) -> Noised:
    """Return a batch with noise at the positions that did not move at first.

    Raises:
        EngineError: the graph has other events than one move.
    """
    require_one_event(levels, "complement")
    fixed = batch.find_fixed(slice(0, batch.rows), slice(0, batch.length))
    moving = ~first.resampled.reshape(batch.tokens.shape)
    if fixed is not None:
        np.greater(moving, fixed, out=moving)
    plan = plan_moving(levels, batch, moving)
    target = check_out(None, batch)
    write_noised(plan, target, workers)
    return _describe(levels, batch, plan, target, workers, lambda: 1.0 - first.alpha)


def plan_noise(
    levels: NoiseLevels, batch: Batch, time: NoiseTime, noise: PositionNoise | None
) -> SamplingPlan[Any]:
    """Return how to noise a batch.

    Args:
        levels: schedule and graph.
        batch: the tokens.
        time: the time of the call.
        noise: noise by position, or None if noise depends on time only.

    Raises:
        EngineError: the shape of the time does not fit.
    """
    if levels.matrix is not None:
        sigma = find_sigma_source(levels.timeline, batch, time, noise)
        return plan_matrix(levels.matrix, batch, sigma)
    return plan_events(levels, batch, levels.find_source(batch, time, noise))


def plan_moving(
    levels: NoiseLevels, batch: Batch, moving: BoolArray
) -> SamplingPlan[Thresholds]:
    """Return how to resample a batch at given positions, (B, L), and nowhere else."""
    chosen = dataclasses.replace(batch, protect=~moving, lengths=None)
    return plan_events(levels, chosen, move_everything())


def plan_events(
    levels: NoiseLevels, batch: Batch, source: LevelSource[Thresholds]
) -> SamplingPlan[Thresholds]:
    """Return how the kernel in use noises a batch on a graph with events."""
    kernel = find_kernel(batch.tokens.size)
    outcome = levels.outcome
    block_tokens, is_parallel = kernel.BLOCK_TOKENS, kernel.PARALLEL
    if batch.positions is not None:  # the NumPy kernel noises such a batch
        block_tokens, is_parallel = NumpyKernel.BLOCK_TOKENS, NumpyKernel.PARALLEL
    return SamplingPlan(
        batch=batch,
        graph=levels.graph,
        source=source,
        make_kernel=lambda capacity: kernel(capacity, outcome),
        block_tokens=min(source.block_tokens, block_tokens),
        make_keys=kernel.make_keys,
        is_parallel=is_parallel,
    )


def plan_matrix(
    graph: MatrixGraph, batch: Batch, sigma: LevelSource[FloatArray]
) -> SamplingPlan[FloatArray]:
    """Return how to noise a batch on a matrix graph."""
    return SamplingPlan(
        batch=batch,
        graph=graph,
        source=sigma,
        make_kernel=lambda capacity: MatrixKernel(capacity, graph),
        block_tokens=min(sigma.block_tokens, TILE),
    )


def check_out(out: Any, batch: Batch) -> TokenArray:
    """Return the array to write to, (B, L): the caller's or a new one.

    Raises:
        EngineError: `out` has another shape or dtype, is not C-contiguous and
            writable, or overlaps the tokens.
    """
    tokens, shape = batch.tokens, batch.shape
    dtype = tokens.dtype.newbyteorder("=")
    if out is None:
        return np.empty(tokens.shape, dtype)
    if not can_hold(out, shape, dtype):
        rule = f"must be a writable C-contiguous {dtype.name} array of {shape}"
        raise EngineError("out", "wrong_array", rule, type(out).__name__)
    if np.may_share_memory(out, tokens):
        raise EngineError(
            "out", "overlap", "must not overlap the tokens", "the same memory"
        )
    return np.asarray(out.reshape(tokens.shape))


def check_threads(threads: int) -> int:
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


def write_noised(plan: SamplingPlan[Any], out: TokenArray, threads: int = 1) -> None:
    """Fill `out` with the noised tokens.

    The result does not depend on `threads`.

    Args:
        plan: how to noise the tokens, whose ids are checked here, block by block.
        out: (B, L) result.
        threads: number of blocks to process at once, if that is faster.

    Raises:
        EngineError: an id outside the vocabulary; `out` may be partly filled then.
    """
    batch, graph = plan.batch, plan.graph
    known = graph.num_states if batch.states else graph.vocab_size

    def noise_part(kernel: Kernel[Any], part: Cut) -> None:
        if kernel.noise(plan.cut(*part), out[part]) >= known:
            check_ids(batch.tokens.reshape(batch.shape), graph)

    _run_by_block(plan, threads, noise_part)


def find_resampled(plan: SamplingPlan[Any], threads: int = 1) -> BoolArray:
    """Return which tokens are resampled, in the caller's shape."""
    resampled = np.empty(plan.batch.tokens.shape, np.bool_)

    def mark_part(kernel: Kernel[Any], part: Cut) -> None:
        kernel.mark_resampled(plan.cut(*part), resampled[part])

    _run_by_block(plan, threads, mark_part)
    return resampled.reshape(plan.batch.shape)


def _run_by_block(
    plan: SamplingPlan[Any], threads: int, work: Callable[[Kernel[Any], Cut], None]
) -> None:
    """Call `work` for every block, with one kernel per thread."""
    rows, columns = plan.batch.tokens.shape
    size = rows * round_to_eights(columns)
    if size <= plan.block_tokens and rows <= _MOST_ROWS:
        work(plan.make_kernel(size), (slice(0, rows), slice(0, columns)))
        return
    is_worth_it = plan.is_parallel and plan.batch.tokens.size >= THREADS_FROM
    workers = min(threads, _MOST_WORKERS) if is_worth_it else 1
    most = max(plan.block_tokens // workers, _LEAST_BLOCK)
    capacity = min(round_to_eights(most), size)
    parts = iterate_cuts((rows, columns), capacity, _MOST_ROWS)
    lock = threading.Lock()

    def drain() -> None:
        kernel = plan.make_kernel(capacity)
        while True:
            with lock:
                part = next(parts, None)
            if part is None:
                return
            work(kernel, part)

    others = [_start_threads().submit(drain) for _ in range(workers - 1)]
    try:
        drain()
    finally:
        started = [other for other in others if not other.cancel()]
        wait(started)
    for other in started:
        other.result()


@functools.cache
def _start_threads() -> ThreadPoolExecutor:
    """Return the thread pool of this process, which is started on first use.

    It is kept, since starting it takes a third of the time to noise a million tokens.
    """
    return ThreadPoolExecutor(_MOST_WORKERS - 1, thread_name_prefix="noise")


if hasattr(os, "register_at_fork"):  # pragma: no branch - Windows does not fork
    # A forked process does not have its parent's threads.
    os.register_at_fork(after_in_child=_start_threads.cache_clear)
