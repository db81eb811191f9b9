"""Makes rows of a training run again: the tokens, noise, times and weights."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from noising.corpus.data import DataFile
from noising.corpus.forms import DataFileError, Ids
from noising.engine import EngineError
from noising.engine.arrays import (
    AnyIntArray,
    BoolArray,
    FloatArray,
    IntArray,
    bounded_integers,
)
from noising.engine.sampler.batch import find_real_positions
from noising.replay.manifest import Manifest
from noising.replay.order import check_count
from noising.replay.weights import BY_COUNTS, choose_form, weigh_by_counts

MAX_TOKENS: Final = 1 << 28
"""Tokens that one replay returns at most, with padding."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Replayed:
    """Rows as a training run saw them.

    Attributes:
        ids: (B,) numbers of the rows in all data files.
        draw: the draw, such as the epoch.
        lengths: (B,) numbers of tokens of the rows.
        x0: (B, L) int64 clean tokens; 0 at padding.
        xt: (B, L) int64 noised tokens.
        moved: (B, L) where a token was resampled; for matrix graphs, where it changed.
        t: (B,) or (B, L) float32 times.
        weight: (B,) or (B, L) float32 weights of the losses of tokens that moved.
    """

    ids: IntArray
    draw: int
    lengths: IntArray
    x0: IntArray
    xt: AnyIntArray
    moved: BoolArray
    t: NDArray[np.float32]
    weight: NDArray[np.float32]

    def as_arrays(self) -> dict[str, NDArray[Any]]:
        """Return the arrays by name."""
        names = ("ids", "lengths", "x0", "xt", "moved", "t", "weight")
        return {name: getattr(self, name) for name in names}


def find_step_ids(manifest: Manifest, step: int, rank: int | None = None) -> IntArray:
    """Return the ids of the rows of a step, ascending.

    Args:
        manifest: the manifest.
        step: number of the step in its epoch, from 0.
        rank: number of a process, or None for the rows of all.

    Raises:
        EngineError: the manifest has no order, or the step or rank does not exist.
    """
    if manifest.order is None:
        raise EngineError(
            "order",
            "missing",
            "must be given to find the rows of a step",
            None,
            "name the rows by ids, as for every run that shuffles; for a run in the "
            "order of the files pass `order` to Noiser.manifest",
        )
    return manifest.order.find_rows(step, rank, _count_rows(manifest))


def find_files(manifest: Manifest, ids: Any) -> list[DataFile]:
    """Return the data files that hold the rows with some ids.

    Raises:
        EngineError: an id is no row of the data files.
    """
    places = _place_rows(manifest, _check_ids(manifest, ids))
    return [manifest.data[place] for place in sorted({place for place, _ in places})]


def replay(
    manifest: Manifest, ids: Any, *, draw: int = 0, folder: Path | None = None
) -> Replayed:
    """Return rows as the run saw them.

    It does not compare digests of the files with the manifest's, which
    `DataFile.find_changes` does.

    Args:
        manifest: the manifest.
        ids: (B,) numbers of rows in all data files.
        draw: which of several independent draws, such as the epoch.
        folder: the folder of relative paths; by default the current one.

    Raises:
        EngineError: an argument is invalid, or the manifest does not fit the rows.
        DataFileError: a data file is not as the manifest says.
    """
    checked = _check_ids(manifest, ids)
    rows = _read_rows(manifest, checked, folder or Path())
    x0, lengths = _pad(rows)
    options: dict[str, Any] = {"lengths": lengths} if manifest.call.lengths else {}
    if not options and (lengths != lengths[0]).any():
        rule = "must be true for rows of different lengths"
        way_out = "pass `lengths` in the run, and lengths=True in the manifest's `call`"
        raise EngineError("call.lengths", "wrong_length", rule, False, way_out)
    call, process = manifest.call, manifest.process
    for name in ("count", "at_least", "block"):
        if getattr(call, name) is not None:
            options[name] = getattr(call, name)
    times, density = manifest.times.draw(
        process,
        checked,
        seed=manifest.seed,
        draw=draw,
        length=x0.shape[1],
        low=call.low,
        high=call.high,
    )
    noised = process.noise(
        x0, t=times, seed=manifest.seed, sequence_ids=checked, draw=draw, **options
    )
    factors = manifest.times.find_factors(density, call.low, call.high)
    real = find_real_positions(lengths, x0.shape[1])
    weight = _weigh(manifest, times, factors, noised.resampled, real)
    return Replayed(
        ids=checked,
        draw=draw,
        lengths=lengths,
        x0=x0,
        xt=noised.tokens,
        moved=noised.resampled,
        t=times.astype(np.float32),
        weight=weight,
    )


def _count_rows(manifest: Manifest) -> int:
    if not manifest.data:
        rule = "must describe the data files"
        way_out = "write the manifest with Noiser.manifest(data=[paths])"
        raise EngineError("data", "missing", rule, [], way_out)
    return manifest.rows


def _check_ids(manifest: Manifest, ids: Any) -> IntArray:
    total = _count_rows(manifest)
    way_out = "ids are the numbers of rows in all data files, from 0"
    array = bounded_integers(ids, "ids", low=0, high=total - 1, way_out=way_out)
    if array.ndim != 1 or not array.size:
        rule = "must be a list of at least one id"
        raise EngineError("ids", "wrong_shape", rule, list(array.shape))
    check_count(array.size)
    return array.astype(np.int64)


def _place_rows(manifest: Manifest, ids: IntArray) -> list[tuple[int, int]]:
    """Return the file and the number of the row in it, for each id."""
    ends = np.cumsum([each.rows for each in manifest.data])
    files = np.searchsorted(ends, ids, side="right")
    starts = ends - [each.rows for each in manifest.data]
    return list(zip(files.tolist(), (ids - starts[files]).tolist(), strict=True))


def _read_rows(manifest: Manifest, ids: IntArray, folder: Path) -> list[Ids]:
    """Return the rows, each checked to lie in the vocabulary."""
    highest = manifest.process.vocab_size - 1
    rows: list[Ids] = [np.empty(0, np.int64)] * ids.size
    wanted: dict[int, list[tuple[int, int]]] = {}
    for place, (file, number) in enumerate(_place_rows(manifest, ids)):
        wanted.setdefault(file, []).append((place, number))
    for file, pairs in wanted.items():
        described = manifest.data[file]
        numbers = [number for _, number in pairs]
        read = described.open_in(folder).read(numbers)
        for (place, number), (row, _) in zip(pairs, read, strict=True):
            if row.size and not 0 <= int(row.min()) <= int(row.max()) <= highest:
                wrong = int(row[(row < 0) | (row > highest)][0])
                rule = f"token ids must lie in 0..{highest}, got {wrong}"
                raise DataFileError(folder / described.path, f"row {number}: {rule}")
            rows[place] = row
    return rows


def _pad(rows: Sequence[Ids]) -> tuple[IntArray, IntArray]:
    """Return rows as one array, with 0 behind the shorter ones, and their lengths."""
    lengths = np.array([row.size for row in rows], np.int64)
    longest = max(1, int(lengths.max()))
    if longest * len(rows) > MAX_TOKENS:
        rule = f"must select at most {MAX_TOKENS} tokens, with padding"
        way_out = "select fewer rows by `rank` or `ids`"
        raise EngineError("rows", "too_many", rule, longest * len(rows), way_out)
    tokens = np.zeros((len(rows), longest), np.int64)
    for place, row in enumerate(rows):
        tokens[place, : row.size] = row
    return tokens, lengths


def _weigh(
    manifest: Manifest,
    times: FloatArray,
    factors: FloatArray | None,
    moved: BoolArray,
    real: BoolArray,
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
            _count_by_block(real, width),
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
    if weight.ndim == 2 and call.lengths:
        whole[~real] = 0.0
    return whole


def _count_by_block(flags: BoolArray, width: int) -> IntArray:
    """Return the number of flags in each block of `width` columns, (B, K)."""
    whole = np.pad(flags, ((0, 0), (0, -flags.shape[1] % width)))
    counts: IntArray = whole.reshape(flags.shape[0], -1, width).sum(axis=2)
    return counts
