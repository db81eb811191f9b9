"""The noise of some rows of a run: tokens, times and weights, as the run saw them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import DTypeLike, NDArray

from noising.corpus.forms import Block
from noising.engine import EngineError, ForwardProcess
from noising.engine.arrays import AnyIntArray, BoolArray, FloatArray, IntArray
from noising.engine.sampler.batch import find_real_positions
from noising.replay.call import CallOptions
from noising.replay.manifest import Manifest
from noising.replay.weights import BY_COUNTS, choose_form, weigh_by_counts

MAX_TOKENS: Final = 1 << 28
"""Tokens that are noised at once at most, with padding."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Replayed:
    """Rows as a training run saw them.

    Attributes:
        ids: (B,) numbers of the rows in all data files.
        draw: the draw, such as the epoch.
        lengths: (B,) numbers of tokens of the rows.
        x0: (B, L) clean tokens, int64 by default; 0 at padding.
        xt: (B, L) noised tokens, of the same dtype.
        moved: (B, L) where a token was resampled; for matrix graphs, where it changed.
        t: (B,) or (B, L) float32 times.
        alpha: (B,) or (B, L) float32 alpha of the schedule at `t`.
        weight: (B,) or (B, L) float32 weights of the losses of tokens that moved.
    """

    ids: IntArray
    draw: int
    lengths: IntArray
    x0: AnyIntArray
    xt: AnyIntArray
    moved: BoolArray
    t: NDArray[np.float32]
    alpha: NDArray[np.float32]
    weight: NDArray[np.float32]

    def as_arrays(self) -> dict[str, NDArray[Any]]:
        """Return the arrays by name."""
        names = ("ids", "lengths", "x0", "xt", "moved", "t", "weight")
        return {name: getattr(self, name) for name in names}


def find_problem(tokens: AnyIntArray, process: ForwardProcess) -> str | None:
    """Return what is wrong with the ids of rows, or None."""
    highest = process.vocab_size - 1
    if not tokens.size or 0 <= int(tokens.min()) <= int(tokens.max()) <= highest:
        return None
    wrong = int(tokens[(tokens < 0) | (tokens > highest)][0])
    return f"token ids must lie in 0..{highest}, got {wrong}"


def noise_rows(
    manifest: Manifest,
    rows: Block,
    ids: IntArray,
    draw: int,
    *,
    dtype: DTypeLike = np.int64,
) -> Replayed:
    """Return rows as the run saw them.

    The result for a row does not depend on the other rows, except for the padding.

    Args:
        manifest: the manifest.
        rows: B rows, whose ids lie in the vocabulary.
        ids: (B,) numbers of the rows in all data files.
        draw: which of several independent draws.
        dtype: dtype of `x0` and `xt`, which holds all ids of the graph.

    Raises:
        EngineError: the manifest does not fit the rows.
    """
    call, process = manifest.call, manifest.process
    x0, lengths = _pad(rows, dtype), rows.lengths
    options: dict[str, Any] = {"lengths": lengths} if call.lengths else {}
    if not options and (lengths != lengths[0]).any():
        rule = "must be true for rows of different lengths"
        way_out = "pass `lengths` in the run, and lengths=True in the manifest's `call`"
        raise EngineError("call.lengths", "wrong_length", rule, False, way_out)
    fixed = find_fixed(call, rows, x0)
    if fixed is not None:
        options["protect"] = fixed
    for name in ("count", "at_least", "block"):
        if getattr(call, name) is not None:
            options[name] = getattr(call, name)
    given, times, factors = _find_times(manifest, ids, draw, x0.shape[1])
    noised = process.noise(
        x0, **given, seed=manifest.seed, sequence_ids=ids, draw=draw, **options
    )

    def find_eligible() -> BoolArray:
        real = find_real_positions(lengths, x0.shape[1])
        return real if fixed is None else real & ~fixed

    weight = _weigh(manifest, times, factors, noised.resampled, find_eligible)
    alpha = np.asarray(noised.alpha, np.float32)
    shape = x0.shape if times.ndim == 2 else x0.shape[:1]
    return Replayed(
        ids=ids,
        draw=draw,
        lengths=lengths,
        x0=x0,
        xt=noised.tokens,
        moved=noised.resampled,
        t=times.astype(np.float32),
        alpha=np.broadcast_to(alpha, shape),
        weight=weight,
    )


def find_fixed(call: CallOptions, rows: Block, x0: AnyIntArray) -> BoolArray | None:
    """Return where tokens never change, (B, L), or None; `x0` has the padded rows."""
    if not call.protect and not call.special:
        return None
    fixed: BoolArray = np.isin(x0, call.protect or ())
    if call.special and rows.special is not None:
        fixed[find_real_positions(rows.lengths, x0.shape[1])] |= rows.special
    return fixed


def _find_times(
    manifest: Manifest, ids: IntArray, draw: int, length: int
) -> tuple[dict[str, Any], FloatArray, FloatArray | None]:
    """Return the time for the engine, the times by row, and factors of weights."""
    call, process = manifest.call, manifest.process
    if call.t is not None or call.timestep is not None:
        time = process.timeline.check_time(call.timestep, call.t)
        name = "timestep" if time.is_timestep else "t"
        return {name: time.given}, np.full(ids.size, time.t), None
    ends = {"low": call.low, "high": call.high}
    times, density = manifest.times.draw(
        process, ids, seed=manifest.seed, draw=draw, length=length, **ends
    )
    return {"t": times}, times, manifest.times.find_factors(density, **ends)


def _pad(rows: Block, dtype: DTypeLike) -> AnyIntArray:
    """Return rows as one array, with 0 behind the shorter ones."""
    count, longest = rows.lengths.size, max(1, int(rows.lengths.max()))
    if longest * count > MAX_TOKENS:
        rule = f"must select at most {MAX_TOKENS} tokens, with padding"
        way_out = "select fewer rows by `rank` or `ids`"
        raise EngineError("rows", "too_many", rule, longest * count, way_out)
    if rows.tokens.size == count * longest:
        return rows.tokens.reshape(count, longest).astype(dtype)
    tokens = np.zeros((count, longest), dtype)
    tokens[find_real_positions(rows.lengths, longest)] = rows.tokens
    return tokens


def _weigh(
    manifest: Manifest,
    times: FloatArray,
    factors: FloatArray | None,
    moved: BoolArray,
    find_eligible: Callable[[], BoolArray],
) -> NDArray[np.float32]:
    """Return the weights that `NoisedTensors.weight` has, (B,) or (B, L)."""
    process, call = manifest.process, manifest.call
    rows, length = moved.shape
    form = call.form or choose_form(process, has_count=call.count is not None)
    if form in BY_COUNTS:
        width = length if call.block is None else min(call.block, length)
        weight = weigh_by_counts(
            process,
            form,
            _count_by_block(moved, width),
            _count_by_block(find_eligible(), width),
            block=call.block,
            length=length,
            by_token=times.ndim == 2,
        )
    else:
        weight = np.asarray(process.loss_weight(times, form))
    if factors is not None:
        weight = weight * factors
    shape = (rows,) if weight.ndim < 2 else (rows, length)
    whole = np.broadcast_to(np.asarray(weight, np.float32), shape).copy()
    if weight.ndim == 2 and (call.lengths or call.protect or call.special):
        whole[~find_eligible()] = 0.0
    return whole


def _count_by_block(flags: BoolArray, width: int) -> IntArray:
    """Return the number of flags in each block of `width` columns, (B, K)."""
    whole = np.pad(flags, ((0, 0), (0, -flags.shape[1] % width)))
    counts: IntArray = whole.reshape(flags.shape[0], -1, width).sum(axis=2)
    return counts
